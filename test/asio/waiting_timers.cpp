#include "ilnp/asio/waiting_timers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <vector>

namespace ilnp::test::waiting_timers_test {

using Timers = WaitingTimers<int>;
using boost::asio::error::operation_aborted;

BOOST_AUTO_TEST_SUITE(waiting_timers)

BOOST_AUTO_TEST_CASE(each_operation_has_a_place_until_it_ends) {
  boost::asio::io_context io;
  Timers timers;
  std::optional<Timers::Place> first(std::in_place, timers, io.get_executor(), 1);
  const Timers::Place second(timers, io.get_executor(), 2);
  BOOST_TEST(timers.size() == 2u);
  first.reset();
  std::vector<int> states;
  timers.for_each([&](Timers::Entry& each) { states.push_back(each.state); });
  BOOST_TEST(states == std::vector<int>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_operation_is_told_and_woken_and_may_outlive_them) {
  boost::asio::io_context io;
  std::optional<Timers> timers(std::in_place);
  const Timers::Place place(*timers, io.get_executor(), 0);
  boost::system::error_code error;
  place->timer.expires_after(std::chrono::hours(1));
  place->timer.async_wait([&](const boost::system::error_code& why) { error = why; });
  timers->for_each([](Timers::Entry& each) {
    each.state = 7;
    each.timer.cancel();
  });
  timers.reset();
  io.run();
  BOOST_TEST(error == operation_aborted);
  BOOST_TEST(place->state == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::waiting_timers_test
