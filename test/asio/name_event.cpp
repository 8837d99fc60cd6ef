#include "ilnp/asio/name_event.hpp"

#include <optional>

#include "pair.hpp"

namespace ilnp::test::name_event_test {

BOOST_AUTO_TEST_CASE(all_that_wait_are_woken_and_not_within_the_call) {
  boost::asio::io_context io;
  NameEvent event;
  NameEvent::Wait one(event, io.get_executor()), two(event, io.get_executor());
  int woken = 0;
  const auto wake = [&](const auto&) { ++woken; };
  one.async_wait(wake);
  two.async_wait(wake);
  settle(io);
  BOOST_TEST(woken == 0);
  event.raise();
  BOOST_TEST(woken == 0);
  settle(io);
  BOOST_TEST(woken == 2);
  event.raise();  // once for each time that they wait
  settle(io);
  BOOST_TEST(woken == 2);
  one.async_wait(wake);
  one.cancel();
  settle(io);
  BOOST_TEST(woken == 3);
}

BOOST_AUTO_TEST_CASE(waiting_ends_at_its_time_or_with_the_event) {
  boost::asio::io_context io;
  std::optional<NameEvent> event(std::in_place);
  NameEvent::Wait one(*event, io.get_executor()), two(*event, io.get_executor());
  bool late = false, gone = false;
  one.async_wait(std::chrono::steady_clock::now(), [&](const auto&) { late = true; });
  two.async_wait([&](const auto&) { gone = true; });
  run_until(io, [&] { return late; });
  BOOST_TEST(!gone);
  event.reset();
  settle(io);
  BOOST_TEST(gone);
}

BOOST_AUTO_TEST_CASE(who_has_gone_is_not_woken) {
  boost::asio::io_context io;
  NameEvent event;
  {
    NameEvent::Wait one(event, io.get_executor());
    BOOST_TEST(event.waiting() == 1u);
  }
  BOOST_TEST(event.waiting() == 0u);
  event.raise();
}

BOOST_AUTO_TEST_CASE(the_observer_raises_it_and_shows_all_to_the_next) {
  boost::asio::io_context io;
  NameEvent event;
  NameEvent::Wait one(event, io.get_executor());
  bool woken = false;
  int shown = 0;
  const auto next = [&](const auto&) { ++shown; };
  NameObserver<decltype(next)> observer{&event, next};
  one.async_wait([&](const auto&) { woken = true; });
  observer(7);
  settle(io);
  BOOST_TEST(!woken);
  observer(event::NamesChanged{});
  settle(io);
  BOOST_TEST(woken);
  BOOST_TEST(shown == 2);
}

}  // namespace ilnp::test::name_event_test
