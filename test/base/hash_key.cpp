#include "ilnp/base/hash_key.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <vector>

namespace ilnp::test::hash_key_test {

struct Fixture {
  HashKey draw() { return HashKey(cx); }
  Random random{1};
  Context<> cx{TimePoint{}, random};
};

/// What one can choose who knows all but the secret: values side by side, far apart, and those of the key that is none.
std::vector<std::uint64_t> chosen() {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 256; ++i) {
    for (const int shift : {0, 12, 24, 36, 48, 56}) values.push_back(i << shift | 1);
    values.push_back(HashKey().word(i % HashKey::words) + i / HashKey::words);
  }
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

/// The most of `hashes` that fall into one of 4096 buckets.
std::size_t longest_chain(const std::vector<std::uint64_t>& hashes) {
  std::vector<std::size_t> buckets(4096);
  std::size_t longest = 0;
  for (const std::uint64_t hash : hashes) longest = std::max(longest, ++buckets[hash % buckets.size()]);
  return longest;
}

BOOST_FIXTURE_TEST_SUITE(hash_keys, Fixture)

BOOST_AUTO_TEST_CASE(keys_differ_and_so_do_their_hashes) {
  const HashKey one = draw(), other = draw(), none;
  BOOST_TEST(one(7) != other(7));
  BOOST_TEST(one(7) != none(7));
  BOOST_TEST(one(7) == HashKey(one)(7));
  const Ilv a{Locator(1), Nid(2)}, b{Locator(2), Nid(1)};
  BOOST_TEST(one(a) != one(b));
  BOOST_TEST(one(a, b) != one(b, a));
  BOOST_TEST(one(a, b, 1, 2) != one(a, b, 2, 1));
  BOOST_TEST(one(a, b) != other(a, b));
}

BOOST_AUTO_TEST_CASE(nobody_who_does_not_know_the_key_can_fill_one_bucket) {
  for (int round = 0; round < 20; ++round) {
    const HashKey key = draw();
    std::vector<std::uint64_t> ones, pairs, flows;
    for (const std::uint64_t value : chosen()) {
      ones.push_back(key(value));
      pairs.push_back(key(0x9e3779b97f4a7c15, value));
      flows.push_back(key({Locator(value), Nid(value)}, {Locator(1), Nid(0xe7037ed1a0b428db)}));
    }
    BOOST_TEST(longest_chain(ones) < 10U);  // of about 1700
    BOOST_TEST(longest_chain(pairs) < 10U);
    BOOST_TEST(longest_chain(flows) < 10U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::hash_key_test
