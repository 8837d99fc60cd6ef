#include "ilnp/sctp/asio/sctp_node.hpp"

#include <boost/asio/redirect_error.hpp>

#include "nodes.hpp"
#include "support/print.hpp"

namespace ilnp::test::sctp_node_test {

struct Notes final : StreamUser {
  void on_event(const StreamEvent& event) override { kinds.push_back(event.kind); }
  std::vector<StreamEvent::Kind> kinds;
};

BOOST_AUTO_TEST_CASE(each_user_is_told_of_its_own_stream) {
  Nodes nodes;
  const Acceptor acceptor(nodes.bob, 80);
  Notes one, other;
  const auto connect = [&](Notes& notes) {
    const auto id = nodes.alice.with([](Stack& stack, auto& cx) { return stack.connect(Nid(2), 80, cx); });
    BOOST_TEST_REQUIRE(id.has_value());
    nodes.alice.enter(*id, notes);
    return *id;
  };
  run_until(nodes.io, [&] {
    return nodes.alice.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  const StreamId first = connect(one);
  run_until(nodes.io, [&] { return !one.kinds.empty(); });
  BOOST_TEST(one.kinds.front() == StreamEvent::Kind::connected);
  const StreamId second = connect(other);
  nodes.alice.leave(second);  // nobody is told
  run_until(nodes.io, [&] { return nodes.alices.peer(second) && nodes.bobs.streams() == 2; });
  settle(nodes.io);
  BOOST_TEST(other.kinds.empty());
  BOOST_TEST(one.kinds.size() == 1u);
  nodes.alice.leave(first);
}

BOOST_AUTO_TEST_CASE(who_comes_to_a_port_that_nobody_takes_is_reset) {
  Nodes nodes;
  nodes.bob.with([](Stack& stack, auto&) { BOOST_TEST(!stack.listen(80)); });
  nodes.run([&]() -> asio::awaitable<void> {
    Stream client(nodes.alice);
    error_code error;
    co_await client.async_connect("bob", 80, asio::redirect_error(use_awaitable, error));
    char octet = 0;
    if (!error)
      co_await client.async_read_some(asio::buffer(&octet, 1), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::connection_reset);
  });
  BOOST_TEST(nodes.bobs.streams() == 0);
}

}  // namespace ilnp::test::sctp_node_test
