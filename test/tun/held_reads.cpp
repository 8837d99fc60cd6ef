#include "ilnp/tun/held_reads.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::tun_held_reads_test {

const TimePoint now{std::chrono::hours(1)};

BOOST_AUTO_TEST_SUITE(tun_held_reads)

BOOST_AUTO_TEST_CASE(so_many_wait_for_one_peer_and_in_all) {
  tun::HeldReads held;
  std::size_t count = 0;
  for (std::uint64_t nid = 1; nid <= 40; ++nid)
    for (int i = 0; i < 5; ++i) count += held.hold(Nid(nid), {}, octets("x"), now);
  BOOST_TEST(count == tun::HeldReads::max_reads);
  BOOST_TEST(held.any_for(Nid(1)));
  std::size_t of_first = 0;
  held.release([&](const auto& read) { return read.to == Nid(1) && ++of_first; });
  BOOST_TEST(of_first == tun::HeldReads::max_of_peer);
  BOOST_TEST(!held.any_for(Nid(1)));
}

BOOST_AUTO_TEST_CASE(what_is_released_stays_until_the_batch_ends) {
  tun::HeldReads held;
  std::vector<tun::HeldReads::Read> released;
  for (const char* text : {"one", "two", "three"}) BOOST_TEST(held.hold(Nid(1), {}, octets(text), now));
  held.release([&](const auto& read) { return released.push_back(read), true; });
  BOOST_TEST(held.empty());
  BOOST_TEST(held.hold(Nid(2), {}, octets("another"), now));  // not in their place
  BOOST_TEST_REQUIRE(released.size() == 3);
  BOOST_TEST(as_text(held.octets(released[0])) == "one");  // the oldest first
  BOOST_TEST(as_text(held.octets(released[2])) == "three");
  held.end_batch();
  for (std::uint64_t nid = 3; nid < 80; ++nid) (void)held.hold(Nid(nid), {}, octets("x"), now);
  std::size_t count = 0;
  held.release([&](const auto&) { return ++count, false; });
  BOOST_TEST(count == tun::HeldReads::max_reads);  // their places are free again
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_held_reads_test
