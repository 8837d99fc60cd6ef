#include "ilnp/network/discovery_rounds.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/print.hpp"

namespace ilnp::test::discovery_rounds_test {

using namespace std::chrono_literals;

struct Fixture {
  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  DiscoveryRounds rounds{30s, 10s};
  void pass(Duration time) { cx.set_now(cx.now() + time); }
};

BOOST_FIXTURE_TEST_SUITE(discovery_rounds, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_due_before_the_start) {
  BOOST_TEST(rounds.next_deadline() == never);
  BOOST_TEST(!rounds.round_due(cx));
  BOOST_TEST(!rounds.refresh_due(cx.now()));
  BOOST_TEST(rounds.refresh() == 10s);
}

BOOST_AUTO_TEST_CASE(rounds_follow_after_random_times_between_half_and_all_of_wait_time) {
  rounds.start(cx);
  TimePoint last = cx.now();
  std::set<Duration> gaps;
  for (int i = 0; i < 200; ++i) {
    while (!rounds.round_due(cx)) {
      BOOST_REQUIRE((rounds.next_deadline() > cx.now()));
      cx.set_now(rounds.next_deadline());
      rounds.refresh_due(cx.now());
    }
    const Duration gap = cx.now() - last;
    BOOST_REQUIRE((gap >= 15s && gap <= 30s));
    gaps.insert(gap);
    last = cx.now();
  }
  BOOST_TEST(*gaps.begin() < 16s);
  BOOST_TEST(*gaps.rbegin() > 29s);
}

BOOST_AUTO_TEST_CASE(a_round_is_skipped_after_another_node_has_solicited) {
  rounds.start(cx);
  pass(14s);
  rounds.heard(cx.now());
  pass(17s);
  BOOST_TEST(!rounds.round_due(cx));
  BOOST_TEST(rounds.next_deadline() <= cx.now() + 30s);  // the next one is scheduled
  pass(31s);
  BOOST_TEST(rounds.round_due(cx));
}

BOOST_AUTO_TEST_CASE(it_solicits_for_what_is_needed_but_not_too_often) {
  rounds.start(cx);
  BOOST_TEST(rounds.ask(cx.now()));
  for (const Duration gap :
       {Duration(1100ms), Duration(2200ms), Duration(4400ms), Duration(5s), Duration(5s)}) {
    pass(gap - 1ms);
    BOOST_TEST(!rounds.ask(cx.now()));
    pass(1ms);
    BOOST_TEST(rounds.ask(cx.now()));
  }
  pass(5s);
  rounds.heard(cx.now());
  BOOST_TEST(!rounds.ask(cx.now()));  // another node has just solicited
  pass(1250ms);
  BOOST_TEST(rounds.ask(cx.now()));
  pass(10s);  // nothing was missing for a while: soon again
  BOOST_TEST(rounds.ask(cx.now()));
  pass(1100ms);
  BOOST_TEST(rounds.ask(cx.now()));
}

BOOST_AUTO_TEST_CASE(with_short_times_it_solicits_more_often) {
  DiscoveryRounds quick(300ms, 100ms);
  quick.start(cx);
  pass(50ms);
  BOOST_TEST(quick.ask(cx.now()));
  pass(49ms);
  BOOST_TEST(!quick.ask(cx.now()));
}

BOOST_AUTO_TEST_CASE(reminders_come_regularly) {
  rounds.start(cx);
  BOOST_TEST(!rounds.refresh_due(cx.now() + 9s));
  pass(10s);
  BOOST_TEST(rounds.next_deadline() <= cx.now());
  BOOST_TEST(rounds.refresh_due(cx.now()));
  BOOST_TEST(!rounds.refresh_due(cx.now()));
  pass(10s);
  BOOST_TEST(rounds.refresh_due(cx.now()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::discovery_rounds_test
