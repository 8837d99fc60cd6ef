#include "ilnp/base/search.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <vector>

namespace ilnp::test::search_test {

struct Item {
  int key;
  bool marked;
  int twice() const { return 2 * key; }
};

const std::vector<Item> items{{3, false}, {1, true}, {2, false}, {1, false}};
const std::vector<Item> nothing;

BOOST_AUTO_TEST_SUITE(search)

BOOST_AUTO_TEST_CASE(the_first_with_a_value_is_found) {
  BOOST_TEST((find_by(items, &Item::key, 1) == items.begin() + 1));
  BOOST_TEST((find_by(
                  items, [](const Item& item) { return item.twice(); }, 4) == items.begin() + 2));
  BOOST_TEST((find_by(items, &Item::key, 7) == items.end()));
  BOOST_TEST((find_by(nothing, &Item::key, 7) == nothing.end()));
}

BOOST_AUTO_TEST_CASE(the_first_of_the_least_is_found) {
  BOOST_TEST((least_by(items, &Item::key) == items.begin() + 1));
  BOOST_TEST((least_by(items, [](const Item& item) { return -item.key; }) == items.begin()));
  BOOST_TEST((least_by(nothing, &Item::key) == nothing.end()));
}

BOOST_AUTO_TEST_CASE(a_value_or_a_property_is_there_or_not) {
  const std::array numbers{1, 2, 3};
  BOOST_TEST(contains(numbers, 3));
  BOOST_TEST(!contains(numbers, 4));
  BOOST_TEST(any_of(items, &Item::marked));
  BOOST_TEST(!any_of(nothing, &Item::marked));
  BOOST_TEST(any_of(numbers, [](int number) { return number > 2; }));
  BOOST_TEST(!any_of(numbers, [](int number) { return number > 3; }));
}

BOOST_AUTO_TEST_CASE(what_is_found_can_be_changed) {
  std::vector<Item> mine = items;
  find_by(mine, &Item::key, 2)->marked = true;
  BOOST_TEST(mine[2].marked);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::search_test
