#include "ilnp/transport/datagram_pool.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

namespace ilnp::test::datagram_pool_test {

BOOST_AUTO_TEST_SUITE(datagram_pool)

BOOST_AUTO_TEST_CASE(buffers_lent_in_a_batch_are_not_reused_before_its_end) {
  DatagramPool pool;
  const auto first = pool.take();
  pool.give_back_after_batch(first, 5);
  const auto second = pool.take();
  BOOST_TEST(second != first);
  const MutableBytes lent = pool.octets(first, 5);
  std::ranges::fill(lent, std::byte{1});
  pool.give_back(second);
  BOOST_TEST(pool.take() == second);
  pool.end_batch();
  if (ILNP_POISON) BOOST_TEST((lent[0] == std::byte{0xdd}));
  BOOST_TEST(pool.take() == first);
  BOOST_TEST(pool.size() == 2U);
}

BOOST_AUTO_TEST_CASE(buffers_are_limited_and_reusable_after_the_batch) {
  DatagramPool pool;
  std::set<std::uint16_t> taken;
  for (std::size_t i = 0; i < DatagramPool::max_buffers; ++i) taken.insert(pool.take());
  BOOST_TEST(taken.size() == DatagramPool::max_buffers);
  BOOST_TEST(pool.take() == DatagramPool::none);
  for (const auto index : taken) {
    BOOST_TEST(pool.octets(index, 65'507).size() == 65'507U);
    pool.give_back_after_batch(index, 1);
  }
  BOOST_TEST(pool.take() == DatagramPool::none);
  pool.end_batch();
  BOOST_TEST(pool.take() != DatagramPool::none);
  BOOST_TEST(pool.size() == DatagramPool::max_buffers);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::datagram_pool_test
