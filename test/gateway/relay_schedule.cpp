#include "ilnp/gateway/relay_schedule.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

namespace ilnp::test::relay_schedule_test {

using namespace std::chrono_literals;

struct Relay {
  void go_on() {
    ++runs;
    if (throws) throw std::runtime_error("relay");
  }
  int runs = 0;
  bool throws = false;
};

struct Fixture {
  boost::asio::io_context io;
  std::unique_ptr<RelaySchedule<Relay>> schedule = std::make_unique<RelaySchedule<Relay>>(io.get_executor());
  std::shared_ptr<Relay> one = std::make_shared<Relay>(), other = std::make_shared<Relay>();
};

BOOST_AUTO_TEST_SUITE(relay_schedules)

BOOST_FIXTURE_TEST_CASE(relays_go_on_together_and_not_at_once, Fixture) {
  schedule->go_on_soon(one);
  schedule->go_on_soon(other);
  BOOST_TEST((one->runs == 0 && other->runs == 0));
  BOOST_TEST(io.run() == 1U);  // one handler for all
  BOOST_TEST((one->runs == 1 && other->runs == 1));
  io.restart();
  schedule->go_on_soon(one);
  io.run();
  BOOST_TEST((one->runs == 2 && other->runs == 1));
}

BOOST_FIXTURE_TEST_CASE(an_exception_leaves_after_the_others_were_served, Fixture) {
  one->throws = true;
  schedule->go_on_soon(one);
  schedule->go_on_soon(other);
  BOOST_CHECK_THROW(io.run(), std::runtime_error);
  BOOST_TEST(other->runs == 1);
}

BOOST_FIXTURE_TEST_CASE(it_checks_until_there_is_nothing_to_check_and_may_begin_again, Fixture) {
  int checks = 0;
  const auto check = [&] { return ++checks % 3 != 0; };
  schedule->keep_checking(1ms, check);
  schedule->keep_checking(1ms, check);  // it does already
  io.run();
  BOOST_TEST(checks == 3);
  io.restart();
  schedule->keep_checking(1ms, check);
  io.run();
  BOOST_TEST(checks == 6);
}

BOOST_FIXTURE_TEST_CASE(a_check_that_throws_is_made_again, Fixture) {
  int checks = 0;
  schedule->keep_checking(1ms, [&] {
    if (++checks == 1) throw std::runtime_error("check");
    return false;
  });
  BOOST_CHECK_THROW(io.run(), std::runtime_error);
  io.run();
  BOOST_TEST(checks == 2);
}

BOOST_FIXTURE_TEST_CASE(a_schedule_that_is_gone_does_nothing, Fixture) {
  int checks = 0;
  schedule->go_on_soon(one);
  schedule->keep_checking(1ms, [&] { return ++checks != 0; });
  schedule.reset();
  io.run();
  BOOST_TEST(one->runs == 0);
  BOOST_TEST(checks == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::relay_schedule_test
