#include "ilnp/sctp/asio/stream_handle.hpp"

#include "nodes.hpp"

namespace ilnp::test::stream_handle_test {

BOOST_AUTO_TEST_CASE(one_that_leads_nowhere_says_why) {
  Nodes nodes;
  SctpStreamHandle<StreamNode> handle(nodes.alice, nodes.io.get_executor(), nodes.alice.life());
  char octet = 0;
  BOOST_TEST(handle.usable());
  BOOST_TEST(handle.read(asio::buffer(&octet, 0)).first == error_code());  // nothing is always there
  BOOST_TEST(handle.read(asio::buffer(&octet, 1)).first == asio::error::not_connected);
  BOOST_TEST(handle.write(asio::buffer(&octet, 1)).first == asio::error::not_connected);
  BOOST_TEST(handle.shutdown_send() == asio::error::not_connected);
  handle.enter(StreamId{7});
  handle.on_event({StreamId{7}, StreamEvent::Kind::closed, {}});
  BOOST_TEST(handle.read(asio::buffer(&octet, 1)).first == asio::error::eof);
  BOOST_TEST(handle.write(asio::buffer(&octet, 1)).first == asio::error::broken_pipe);
  handle.enter(StreamId{8});
  handle.on_event({StreamId{8}, StreamEvent::Kind::closed, asio::error::connection_reset});
  BOOST_TEST(handle.read(asio::buffer(&octet, 1)).first == asio::error::connection_reset);
  BOOST_TEST(handle.write(asio::buffer(&octet, 1)).first == asio::error::connection_reset);
}

BOOST_AUTO_TEST_CASE(an_event_wakes_whom_it_concerns) {
  Nodes nodes;
  SctpStreamHandle<StreamNode> handle(nodes.alice, nodes.io.get_executor(), nodes.alice.life());
  int readers = 0, writers = 0;
  const auto told = [&](StreamEvent::Kind kind) {
    readers = writers = 0;
    handle.readable.async_wait([&](const error_code&) { ++readers; });
    handle.writable.async_wait([&](const error_code&) { ++writers; });
    handle.on_event({handle.id, kind, {}});
    settle(nodes.io);
    const auto woken = std::pair(readers, writers);
    handle.cancel();
    settle(nodes.io);
    return woken;
  };
  BOOST_TEST((told(StreamEvent::Kind::readable) == std::pair(1, 0)));
  BOOST_TEST((told(StreamEvent::Kind::writable) == std::pair(0, 1)));
  BOOST_TEST((told(StreamEvent::Kind::connected) == std::pair(1, 1)));
  BOOST_TEST((told(StreamEvent::Kind::closed) == std::pair(1, 1)));
  BOOST_TEST(handle.cancelled(0));
  BOOST_TEST(!handle.cancelled(handle.cancels));
}

}  // namespace ilnp::test::stream_handle_test
