#include "ilnp/base/epoch.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::epoch_test {

using namespace std::chrono_literals;

struct Fixture {
  Cached<int> decide(int value) { return {value, epoch.stamp(), now + 1s}; }
  bool holds(const Cached<int>& cached) { return cached.holds(epoch, now); }

  Epoch epoch;
  TimePoint now{1h};
};

BOOST_FIXTURE_TEST_SUITE(epochs, Fixture)

BOOST_AUTO_TEST_CASE(later_stamps_are_greater) {
  const Epoch::Stamp first = epoch.stamp();
  BOOST_TEST(first > Cached<int>{}.stamp);
  BOOST_TEST(epoch.stamp() == first);
  epoch.bump();
  const Epoch::Stamp second = epoch.stamp();
  BOOST_TEST(second > first);
  epoch.bump();
  BOOST_TEST(epoch.stamp() > second);
}

BOOST_AUTO_TEST_CASE(nothing_holds_before_the_first_decision) {
  const Cached<int> none;
  BOOST_TEST(none.value == 0);
  BOOST_TEST(!holds(none));
  BOOST_TEST(!none.holds(epoch, long_ago));
}

BOOST_AUTO_TEST_CASE(a_table_remembers_when_it_last_changed) {
  LastChange one(epoch), other(epoch);
  BOOST_TEST((one.stamp() == epoch.stamp() && other.stamp() == epoch.stamp()));
  one.note();
  BOOST_TEST(one.stamp() == epoch.stamp());
  BOOST_TEST(other.stamp() < one.stamp());
  epoch.bump();
  BOOST_TEST(one.stamp() < epoch.stamp());
  BOOST_TEST(one.present() == epoch.stamp());
}

BOOST_AUTO_TEST_CASE(a_decision_outlives_changes_of_what_it_does_not_depend_on) {
  LastChange names(epoch), routes(epoch);
  const Cached<int> cached = decide(1);
  BOOST_TEST(cached.holds(names.stamp(), now));
  routes.note();
  BOOST_TEST(cached.holds(names.stamp(), now));
  BOOST_TEST(!cached.holds(routes.stamp(), now));
  BOOST_TEST(!holds(cached));
  names.note();
  BOOST_TEST(!cached.holds(names.stamp(), now));
}

BOOST_AUTO_TEST_CASE(a_decision_holds_until_something_changes) {
  const Cached<int> one = decide(1);
  const Cached<int> other = decide(2);
  BOOST_TEST((holds(one) && holds(other)));
  epoch.bump();
  BOOST_TEST((!holds(one) && !holds(other)));
  BOOST_TEST(holds(decide(3)));
}

BOOST_AUTO_TEST_CASE(a_decision_holds_until_its_deadline) {
  const Cached<int> cached = decide(1);
  now += 1s - 1ns;
  BOOST_TEST(holds(cached));
  now += 1ns;
  BOOST_TEST(!holds(cached));
  BOOST_TEST((!Cached<int>{1, epoch.stamp(), long_ago}.holds(epoch, now)));
  BOOST_TEST((Cached<int>{1, epoch.stamp(), never}.holds(epoch, now)));
}

BOOST_AUTO_TEST_CASE(an_expired_decision_keeps_its_value) {
  Cached<int> cached = decide(7);
  cached.expire();
  BOOST_TEST(!holds(cached));
  BOOST_TEST(cached.value == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::epoch_test
