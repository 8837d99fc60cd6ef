#include "ilnp/network/update_trial.hpp"

#include <boost/test/unit_test.hpp>

#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::update_trial_test {

using namespace std::chrono_literals;

struct Fixture {
  UpdateTrial trial;
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(update_trials, Fixture)

BOOST_AUTO_TEST_CASE(a_trial_ends_when_the_node_is_heard_at_a_new_locator) {
  BOOST_TEST(!trial.open());
  BOOST_TEST(trial.next_deadline() == never);
  trial.begin(now);
  BOOST_TEST(trial.open());
  trial.doubt(now + 1s);
  trial.prove();
  BOOST_TEST(!trial.open());
  BOOST_TEST(!trial.refuted(now + 2s));
  BOOST_TEST(!trial.wary(now + 2s));
}

BOOST_AUTO_TEST_CASE(a_trial_may_end_without_a_result) {
  trial.begin(now);
  trial.expire(now + UpdateTrial::over - 1ns);
  BOOST_TEST(trial.open());
  trial.expire(now + UpdateTrial::over);
  BOOST_TEST(!trial.open());
}

BOOST_AUTO_TEST_CASE(soliciting_is_retried_but_not_for_ever) {
  trial.begin(now);
  BOOST_TEST(trial.next_deadline() == now + UpdateTrial::ask_after);
  now += UpdateTrial::ask_after;
  BOOST_TEST(trial.wants_asking(now));
  trial.asked(false, now);
  BOOST_TEST(!trial.wants_asking(now));
  now += UpdateTrial::ask_again;
  BOOST_TEST(trial.wants_asking(now));
  trial.asked(true, now);
  BOOST_TEST(!trial.wants_asking(now + 5s));
}

BOOST_AUTO_TEST_CASE(each_wrong_update_makes_it_wary_for_longer) {
  Duration rest = UpdateTrial::first_rest;
  for (int round = 0; round < 6; ++round) {
    trial.begin(now);
    trial.doubt(now + 1s);
    BOOST_TEST(!trial.refuted(now + 2s - 1ns));
    now += 2s;
    BOOST_TEST(trial.refuted(now));
    BOOST_TEST(!trial.refuted(now));
    BOOST_TEST(trial.wary(now + rest - 1ns));
    BOOST_TEST(!trial.wary(now + rest));
    now += rest;
    rest = std::min<Duration>(2 * rest, UpdateTrial::longest_rest);
  }
  now += UpdateTrial::longest_rest;
  trial.begin(now);
  trial.doubt(now + 1s);
  BOOST_TEST(trial.refuted(now + 2s));
  BOOST_TEST(!trial.wary(now + 2s + UpdateTrial::first_rest));  // that was long ago
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::update_trial_test
