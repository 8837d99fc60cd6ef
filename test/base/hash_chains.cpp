#include "ilnp/base/hash_chains.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

namespace ilnp::test::hash_chains_test {

/// The places of keys with that hash, ascending.
std::vector<std::uint32_t> places(const HashChains& chains, std::uint64_t hash) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t place = chains.first(hash); place != HashChains::none; place = chains.next(place))
    found.push_back(place);
  std::sort(found.begin(), found.end());
  return found;
}

BOOST_AUTO_TEST_SUITE(chains)

BOOST_AUTO_TEST_CASE(each_place_is_found_by_its_hash) {
  HashChains chains;
  BOOST_TEST(chains.first(7) == HashChains::none);
  for (std::uint64_t hash = 0; hash < 1024; ++hash) chains.enter(chains.add_place(), hash << 40 | hash);
  BOOST_TEST(chains.places() == 1024u);
  BOOST_TEST(chains.taken() == 1024u);
  for (std::uint32_t hash = 0; hash < 1024; ++hash)
    BOOST_TEST((places(chains, hash) == std::vector<std::uint32_t>{hash}));
}

BOOST_AUTO_TEST_CASE(places_with_one_hash_share_a_chain) {
  HashChains chains;
  for (int i = 0; i < 3; ++i) chains.enter(chains.add_place(), 5);
  chains.leave(1);
  BOOST_TEST((places(chains, 5) == std::vector<std::uint32_t>{0, 2}));
  BOOST_TEST(!chains.taken(1));
  BOOST_TEST(chains.any_free());
  BOOST_TEST(chains.take_free() == 1u);
  BOOST_TEST(!chains.any_free());
  chains.enter(1, 5);
  BOOST_TEST((places(chains, 5) == std::vector<std::uint32_t>{0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(hashes_can_change) {
  HashChains chains;
  for (std::uint64_t hash = 0; hash < 8; ++hash) chains.enter(chains.add_place(), hash);
  chains.rehash([](std::size_t place) { return 7 - place; });
  for (std::uint32_t hash = 0; hash < 8; ++hash)
    BOOST_TEST((places(chains, hash) == std::vector<std::uint32_t>{7 - hash}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::hash_chains_test
