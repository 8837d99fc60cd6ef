#include "ilnp/network/interfaces.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "interface_at.hpp"
#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::interfaces_test {

BOOST_AUTO_TEST_SUITE(interfaces)

BOOST_AUTO_TEST_CASE(none_before_the_first) {
  Epoch epoch;
  const Interfaces none(epoch);
  BOOST_TEST(none.preferred() == nullptr);
  BOOST_TEST(none.find(a) == nullptr);
  BOOST_TEST(!none.joined(a));
  BOOST_TEST(!none.current(a));
  BOOST_TEST(none.taken_slots() == 0U);
  BOOST_TEST(none.locators().empty());
  BOOST_TEST(none.all().empty());
}

BOOST_AUTO_TEST_CASE(joined_locators_are_found_and_left_ones_are_not) {
  Epoch epoch;
  Interfaces all(epoch);
  const Epoch::Stamp none = epoch.stamp();
  all.add(test::interface_at(a));
  all.add(test::interface_at(b));
  BOOST_TEST(epoch.stamp() > none);
  BOOST_TEST(all.changed() == epoch.stamp());
  epoch.bump();
  BOOST_TEST(all.changed() < epoch.stamp());
  BOOST_TEST((all.locators() == List<Locator>{a, b}));
  BOOST_TEST(all.find(b)->locator == b);
  BOOST_TEST((all.joined(a) && all.current(a)));
  all.find(a)->leaving = true;
  BOOST_TEST((all.joined(a) && !all.current(a)));
  BOOST_TEST(all.preferred()->locator == b);
  const Epoch::Stamp before = epoch.stamp();
  all.remove(a, TimePoint{});
  BOOST_TEST(epoch.stamp() > before);
  BOOST_TEST(all.changed() == epoch.stamp());
  BOOST_TEST(!all.joined(a));
  all.find(b)->leaving = true;
  BOOST_TEST(all.preferred() == nullptr);
}

BOOST_AUTO_TEST_CASE(interfaces_are_in_order_of_preference) {
  Epoch epoch;
  Interfaces all(epoch);
  for (const Locator locator : {a, b, c}) all.add(test::interface_at(locator));
  const Epoch::Stamp before = epoch.stamp();
  all.prefer(std::vector{c, a});
  BOOST_TEST(epoch.stamp() > before);
  BOOST_TEST(all.changed() == epoch.stamp());
  BOOST_TEST((all.locators() == List<Locator>{c, a, b}));
  BOOST_TEST(all.preferred()->locator == c);
  BOOST_TEST(all.all().front().locator == c);
}

BOOST_AUTO_TEST_CASE(slots_are_unique_and_the_longest_free_one_is_next) {
  Epoch epoch;
  Interfaces all(epoch);
  for (std::uint64_t i = 0; i < Interfaces::max_joined; ++i) all.add(test::interface_at(Locator(i)));
  BOOST_TEST(all.taken_slots() == 0xffff'ffffU);
  const auto freed = all.find(Locator(7))->slot;
  all.remove(Locator(7), TimePoint{});
  BOOST_TEST(all.taken_slots() == (0xffff'ffffU & ~(1U << freed)));
  all.add(test::interface_at(Locator(0x100)));
  BOOST_TEST(all.find(Locator(0x100))->slot == freed);

  Interfaces two(epoch);
  two.add(test::interface_at(a));
  const auto first = two.find(a)->slot;
  two.remove(a, TimePoint{});
  two.add(test::interface_at(b));
  BOOST_TEST(two.find(b)->slot != first);  // duplicates for the old one may still be on their way
  two.add(test::interface_at(a));
  BOOST_TEST(two.find(a)->slot == first);  // and here they arrive
  two.remove(a, TimePoint{});
  for (std::uint64_t i = 1; i < Interfaces::max_joined; ++i) two.add(test::interface_at(Locator(0x100 + i)));
  two.add(test::interface_at(a));
  BOOST_TEST(two.taken_slots() != 0U);
  std::set<unsigned> taken;
  for (const auto& each : two.all()) taken.insert(each.slot);
  BOOST_TEST(taken.size() >= Interfaces::max_joined);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::interfaces_test
