#include "ilnp/asio/ping_event.hpp"

#include "pair.hpp"

namespace ilnp::test::ping_event_test {

struct Fixture {
  boost::asio::io_context io;
  std::optional<PingEvent> event{std::in_place};
  PingEvent::Wait one{*event, io.get_executor(), 1};
  PingEvent::Wait other{*event, io.get_executor(), 2};
  int woken = 0;

  Fixture() {
    for (PingEvent::Wait* wait : {&one, &other})
      wait->async_wait(std::chrono::steady_clock::time_point::max(), [this](error_code) { ++woken; });
  }
};

BOOST_FIXTURE_TEST_SUITE(ping_events, Fixture)

BOOST_AUTO_TEST_CASE(a_reply_wakes_its_own_operation) {
  PingReply reply;
  reply.identifier = 2;
  event->raise(reply);
  BOOST_TEST(woken == 0);  // later
  settle(io);
  BOOST_TEST(woken == 1);
  BOOST_TEST(!one.reply().has_value());
  BOOST_TEST_REQUIRE(other.reply().has_value());
  BOOST_TEST(other.reply()->identifier == 2U);
  BOOST_TEST(!other.node_gone());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_node_wakes_all) {
  BOOST_TEST(event->waiting() == 2U);
  event.reset();
  settle(io);
  BOOST_TEST(woken == 2);
  BOOST_TEST(one.node_gone());
  BOOST_TEST(other.node_gone());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ping_event_test
