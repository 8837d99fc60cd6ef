#include "ilnp/network/forwarding_account.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::forwarding_account_test {

using namespace std::chrono_literals;
using Step = ForwardingAccount::Step;

struct Fixture {
  Fixture() { account.begin(now); }
  /// This many packets in this step, of which so many are heard at once; then the next step.
  void pass(int expected, int heard) {
    for (int i = 0; i < expected; ++i) account.expect(now);
    for (int i = 0; i < heard; ++i) account.hear(now, now);
    ++now;
  }
  Step now = ForwardingAccount::step_at(TimePoint{} + 1h);
  ForwardingAccount account;
};

BOOST_FIXTURE_TEST_SUITE(forwarding_account, Fixture)

BOOST_AUTO_TEST_CASE(packets_heard_are_not_missed) {
  for (int i = 0; i < 100; ++i) {
    pass(10, 10);
    BOOST_TEST(!account.failing(now));
  }
  BOOST_TEST(account.proven(now, 1s));
}

BOOST_AUTO_TEST_CASE(two_missed_of_a_few_are_too_many_once_their_time_is_over) {
  pass(2, 0);
  BOOST_TEST(!account.failing(now));
  now += account.patience() - 1;
  BOOST_TEST(!account.failing(now));
  now += 1;
  BOOST_TEST(account.failing(now));
}

BOOST_AUTO_TEST_CASE(one_missed_or_a_few_of_many_are_tolerated) {
  pass(1, 0);
  for (int i = 0; i < 100; ++i) {
    pass(100, i % 4 == 0 ? 99 : 98);
    BOOST_TEST(!account.failing(now));
  }
}

BOOST_AUTO_TEST_CASE(old_packets_do_not_count) {
  pass(10, 0);
  for (int i = 0; i < 20; ++i) pass(10, 10);
  BOOST_TEST(!account.failing(now));
}

BOOST_AUTO_TEST_CASE(late_packets_count_as_missed) {
  account.expect(now);
  account.expect(now);
  const Step then = now;
  now += account.patience() + 1;
  BOOST_TEST(account.failing(now));
  account.hear(then, now);
  account.hear(then, now);
  BOOST_TEST(account.failing(now));
}

BOOST_AUTO_TEST_CASE(a_proof_takes_packets_and_time) {
  for (int i = 0; i < 7; ++i) pass(1, 1);
  BOOST_TEST(!account.proven(now, 1s));  // time
  account.begin(now);
  pass(3, 3);
  now += 20;
  BOOST_TEST(!account.proven(now, 1s));  // packets
}

BOOST_AUTO_TEST_CASE(slow_packets_are_waited_for_longer) {
  for (int i = 0; i < 20; ++i) {
    for (int packet = 0; packet < 10; ++packet) account.expect(now);
    ++now;
    for (int packet = 0; packet < 9; ++packet) account.hear(now - 1, now);
    if (i > 2) account.hear(now - 3, now);
    BOOST_TEST(!account.failing(now));
  }
  BOOST_TEST(account.patience() == 5u);
}

BOOST_AUTO_TEST_CASE(patience_is_bounded) {
  for (int i = 0; i < 100; ++i) {
    account.expect(now);
    account.hear(now - 50, now);
    ++now;
  }
  BOOST_TEST(account.patience() == ForwardingAccount::max_patience);
  BOOST_TEST(account.failing(now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::forwarding_account_test
