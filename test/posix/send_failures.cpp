#include "ilnp/posix/send_failures.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "support/print.hpp"

namespace ilnp::test::send_failures_test {

using namespace std::chrono_literals;

struct Fixture {
  bool look(bool usable = true) {
    return failures.look(
        now, usable,
        [&](const auto& at) {
          told.push_back("begins " + std::to_string(at.to.port()) + (at.sent == 0 ? " all" : " some"));
        },
        [&](const auto& at) {
          told.push_back("ends " + std::to_string(at.to.port()) + ' ' + std::to_string(at.failed));
        });
  }
  /// Tries every 100 ms to send to `one`, which fails.
  void fail(int times) {
    for (; times > 0; --times, now += 100ms) {
      failures.failed(one, EPERM, 1);
      look();
    }
  }

  SendFailures failures;
  Endpoint one = Endpoint::loopback(1), two = Endpoint::loopback(2);
  TimePoint now{};
  std::vector<std::string> told;
};

using Told = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(send_failures, Fixture)

BOOST_AUTO_TEST_CASE(are_told_once_when_they_last_and_once_when_they_end) {
  fail(4);
  BOOST_TEST(told.empty());
  fail(50);
  BOOST_TEST(told == Told{"begins 1 all"});
  now += 1min;
  look();
  BOOST_TEST(told.size() == 1U);  // nobody has tried
  failures.sent(one, 1);
  look();
  BOOST_TEST((told == Told{"begins 1 all", "ends 1 54"}));
  BOOST_TEST(failures.empty());
}

BOOST_AUTO_TEST_CASE(of_some_datagrams_among_others_are_one_failure) {
  for (int i = 0; i < 100; ++i) {
    failures.sent(one, 10);
    fail(1);
    failures.sent(two, 1);
  }
  BOOST_TEST(told == Told{"begins 1 some"});
  failures.sent(one, 1);
  look();
  BOOST_TEST(told.size() == 1U);
  now += SendFailures::settle_time;
  look();
  BOOST_TEST(told.size() == 2U);
}

BOOST_AUTO_TEST_CASE(that_happen_once_are_not_told) {
  fail(1);
  now += SendFailures::forget_time;
  look();
  BOOST_TEST(failures.empty());
  fail(1);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(of_a_link_that_cannot_be_used_are_not_told) {
  for (int i = 0; i < 20; ++i, now += 100ms) {
    failures.failed(one, ENETDOWN, 1);
    BOOST_TEST(look(false));
  }
  BOOST_TEST(!look(false));
  BOOST_TEST((told.empty() && failures.empty()));
}

BOOST_AUTO_TEST_CASE(of_many_destinations_are_bounded) {
  for (std::uint16_t port = 1; port <= 1000; ++port) failures.failed(Endpoint::loopback(port), EPERM, 1);
  failures.forget(Endpoint::loopback(1));
  now += SendFailures::confirm_time;
  look();
  for (std::uint16_t port = 1; port <= 1000; ++port) failures.failed(Endpoint::loopback(port), EPERM, 1);
  now += SendFailures::confirm_time;
  look();
  BOOST_TEST(told.size() <= SendFailures::max_destinations);
  BOOST_TEST(told.size() >= SendFailures::max_destinations - 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::send_failures_test
