#include "ilnp/base/sender_shares.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "support/seed.hpp"

namespace ilnp::test::sender_shares_test {

BOOST_AUTO_TEST_SUITE(sender_shares)

BOOST_AUTO_TEST_CASE(the_largest_sender_gives_up_its_oldest_place_and_those_in_turn_first) {
  SenderShares shares;
  BOOST_TEST(shares.of(7) == 0U);
  BOOST_TEST(shares.largest() == 0U);
  shares.add(0, 7, false);
  shares.add(1, 8, true);
  shares.add(2, 7, true);
  shares.add(3, 7, true);
  BOOST_TEST(shares.of(7) == 3U);
  BOOST_TEST(shares.of(8) == 1U);
  BOOST_TEST(shares.largest() == 3U);
  BOOST_TEST(shares.first_to_go() == 2U);
  shares.remove(2);
  BOOST_TEST(shares.first_to_go() == 3U);
  shares.remove(3);
  shares.add(3, 8, true);
  BOOST_TEST(shares.first_to_go() == 1U);
  shares.remove(1);
  shares.remove(3);
  BOOST_TEST(shares.first_to_go() == 0U);
  shares.remove(0);
  BOOST_TEST(shares.size() == 0U);
  BOOST_TEST(shares.largest() == 0U);
}

BOOST_AUTO_TEST_CASE(it_agrees_with_a_count) {
  Random random(seed("sender shares"));
  Context<> cx(TimePoint{}, random);
  SenderShares shares;
  std::map<std::uint32_t, std::uint64_t> places;
  for (int i = 0; i < 20'000; ++i) {
    const auto place = static_cast<std::uint32_t>(random.below(300));
    if (i == 5000) shares.rekey(HashKey(cx));
    if (const auto at = places.find(place); at != places.end()) {
      shares.remove(place);
      places.erase(at);
    } else {
      places[place] = random.below(1 + random.below(200));
      shares.add(place, places[place], random.below(2) != 0);
    }
    std::map<std::uint64_t, std::size_t> counts;
    std::size_t most = 0;
    for (const auto& [each, sender] : places) most = std::max(most, ++counts[sender]);
    BOOST_REQUIRE(shares.size() == places.size());
    BOOST_REQUIRE(shares.largest() == most);
    if (most > 0) BOOST_REQUIRE(counts[places.at(shares.first_to_go())] == most);
    const std::uint64_t any = random.below(200);
    BOOST_REQUIRE(shares.of(any) == counts[any]);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::sender_shares_test
