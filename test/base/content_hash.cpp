#include "ilnp/base/content_hash.hpp"

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
    BOOST_TEST(content_hash(one, HashKey()) == content_hash(Bytes(shifted).subspan(1), HashKey()));
  }
}

BOOST_AUTO_TEST_CASE(every_octet_the_length_and_the_seed_change_the_hash) {
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t size = 0; size < 40; ++size) {
    test::Octets octets(size);
    ++made, seen.insert(content_hash(octets, HashKey()));
    ++made, seen.insert(content_hash(octets, HashKey(), mix64(1)));
    for (std::size_t at = 0; at < size; ++at) {
      octets[at] = std::byte{1};
      ++made, seen.insert(content_hash(octets, HashKey()));
      octets[at] = std::byte{0};
    }
  }
  BOOST_TEST(seen.size() == made);
}

/// Words that make a factor zero, or octets that compensate for a length or a seed, if the constants are known.
BOOST_AUTO_TEST_CASE(without_the_key_nobody_finds_collisions) {
  Random random(7);
  Context<> cx(TimePoint{}, random);
  const HashKey key(cx), other(cx), known;
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  const auto make = [&](const test::Octets& octets) { ++made, seen.insert(content_hash(octets, key)); };
  for (const std::size_t size : {16U, 24U, 40U, 48U, 80U})
    for (std::size_t at = 0; at + 8 <= size; at += 8)
      for (std::size_t word = 0; word < HashKey::words; ++word)
        for (std::uint64_t filling = 0; filling < 4; ++filling) {
          test::Octets octets(size, static_cast<std::byte>(filling));
          const std::uint64_t value = known.word(word);
          std::memcpy(octets.data() + at, &value, 8);
          make(octets);
        }
  for (std::size_t size = 33; size < 64; ++size) make(test::Octets(size, std::byte{9}));
  BOOST_TEST(seen.size() == made);
  BOOST_TEST(content_hash(test::octets("x"), key) != content_hash(test::octets("x"), other));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::content_hash_test
