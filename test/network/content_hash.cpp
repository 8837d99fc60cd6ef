#include "ilnp/network/content_hash.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/octets.hpp"

namespace ilnp::test::content_hash_test {

BOOST_AUTO_TEST_SUITE(content_hashes)

BOOST_AUTO_TEST_CASE(equal_octets_have_equal_hashes) {
  Random random(1);
  for (std::size_t size = 0; size < 40; ++size) {
    const auto one = test::random_octets(random, size);
    auto shifted = test::joined(test::octets("x"), one);  // at another alignment
    BOOST_TEST(content_hash(one) == content_hash(Bytes(shifted).subspan(1)));
  }
}

BOOST_AUTO_TEST_CASE(every_octet_and_the_length_and_the_seed_count) {
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t size = 0; size < 40; ++size) {
    test::Octets octets(size);
    ++made, seen.insert(content_hash(octets));
    ++made, seen.insert(content_hash(octets, mix64(1)));
    for (std::size_t at = 0; at < size; ++at) {
      octets[at] = std::byte{1};
      ++made, seen.insert(content_hash(octets));
      octets[at] = std::byte{0};
    }
  }
  BOOST_TEST(seen.size() == made);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::content_hash_test
