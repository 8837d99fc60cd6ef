#include "ilnp/sctp/asio/sctp_acceptor.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <memory>

#include "nodes.hpp"

namespace ilnp::test::sctp_acceptor_test {

BOOST_AUTO_TEST_CASE(a_port_takes_one_acceptor) {
  Nodes nodes;
  const Acceptor first(nodes.bob, 80);
  BOOST_CHECK_THROW(Acceptor(nodes.bob, 80), boost::system::system_error);
  nodes.alice.stop();
}

BOOST_AUTO_TEST_CASE(waiting_for_a_stream_is_cancelled) {
  Nodes nodes;
  Acceptor acceptor(nodes.bob, 80);
  std::optional<error_code> accepted;
  acceptor.async_accept([&](error_code error, Stream) { accepted = error; });
  settle(nodes.io);
  acceptor.cancel();
  run_until(nodes.io, [&] { return accepted.has_value(); });
  BOOST_TEST(*accepted == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(streams_wait_in_the_order_in_which_they_came) {
  Nodes nodes;
  Acceptor acceptor(nodes.bob, 80);
  std::vector<Stream> clients;
  nodes.run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back(nodes.alice);
      co_await clients.back().async_connect("bob", 80, use_awaitable);
    }
    for (const Stream& client : clients) {
      const Stream taken = co_await acceptor.async_accept(use_awaitable);
      BOOST_TEST(taken.peer()->port == client.peer()->local_port);
    }
  });
}

BOOST_AUTO_TEST_CASE(without_an_acceptor_the_port_refuses) {
  Nodes nodes;
  { const Acceptor gone(nodes.bob, 80); }
  nodes.run([&]() -> asio::awaitable<void> {
    Stream client(nodes.alice);
    error_code error;
    co_await client.async_connect("bob", 80, asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::connection_refused);
  });
  Acceptor again(nodes.bob, 80);
  BOOST_TEST(again.port() == 80);
}

BOOST_AUTO_TEST_CASE(what_waits_when_acceptor_stream_and_node_go_is_cancelled) {
  asio::io_context io;
  LossyRelay relay(io, 0, 1);
  std::vector<error_code> completed;
  const auto keep = [&](const error_code& error, const auto&...) { completed.push_back(error); };
  const auto accepted = [&](const error_code& error, const Stream& taken) {
    BOOST_TEST(!taken.is_open());
    keep(error);
  };
  char octet = 0;
  std::size_t begun = 0;
  {
    Stack stack{SctpConfig(), named("alice", 1), &io, relay.address(0)};
    StreamNode node{io.get_executor(), stack};
    BOOST_TEST_REQUIRE(!node.start());
    Acceptor acceptor(node, 80);
    Stream stream(node), other(node);
    for (int round = 0; round < 2; ++round) {  // once it waits, and once it has not yet looked
      acceptor.async_accept(accepted);
      stream.async_connect("nobody", 80, keep);
      other.async_connect(Nid(7), 80, keep);
      stream.async_read_some(asio::buffer(&octet, 1), keep);
      stream.async_write_some(asio::buffer(&octet, 1), keep);
      begun += 5;
      if (round == 0) settle(io);
    }
  }
  run_until(io, [&] { return completed.size() == begun; });
  for (const error_code& error : completed) BOOST_TEST(error.failed());
}

BOOST_AUTO_TEST_CASE(streams_and_acceptors_in_coroutines_may_go_after_their_node) {
  Connected nodes;
  bool reading = false;
  nodes.beside([&, own = Stream(std::move(nodes.here))]() mutable -> asio::awaitable<void> {
    Acceptor another(nodes.alice, 81);
    char octet = 0;
    reading = true;
    co_await own.async_read_some(asio::buffer(&octet, 1), use_awaitable);
  });
  nodes.beside([&, port = std::make_unique<Acceptor>(nodes.bob, 82)]() -> asio::awaitable<void> {
    co_await port->async_accept(use_awaitable);
  });
  run_until(nodes.io, [&] { return reading; });
  // The context, which holds the coroutines, is the last of `nodes` to go.
}

BOOST_AUTO_TEST_CASE(a_stream_is_not_lost_with_who_was_woken_for_it_and_cancelled) {
  Nodes nodes;
  Acceptor acceptor(nodes.bob, 80);
  asio::cancellation_signal cancel;
  std::optional<error_code> first, second;
  acceptor.async_accept(
      asio::bind_cancellation_slot(cancel.slot(), [&](error_code error, Stream) { first = error; }));
  settle(nodes.io);
  acceptor.async_accept([&](error_code error, Stream) { second = error; });
  settle(nodes.io);
  nodes.beside([&]() -> asio::awaitable<void> {
    Stream client(nodes.alice);
    co_await client.async_connect("bob", 80, use_awaitable);
  });
  while (nodes.bobs.counters().accepted == 0) nodes.io.run_one();
  cancel.emit(asio::cancellation_type::total);
  run_until(nodes.io, [&] { return first && second; });
  BOOST_TEST(*first == asio::error::operation_aborted);
  BOOST_TEST(!second->failed());
}

BOOST_AUTO_TEST_CASE(an_acceptor_can_be_moved_and_closed) {
  Nodes nodes;
  Acceptor first(nodes.bob, 80);
  Stream accepted(nodes.bob);
  std::optional<error_code> taken;
  first.async_accept(accepted, [&](error_code error) { taken = error; });  // goes with the acceptor
  Acceptor moved(std::move(first));
  BOOST_TEST(moved.port() == 80);
  nodes.run([&]() -> asio::awaitable<void> {
    Stream client(nodes.alice);
    co_await client.async_connect("bob", 80, use_awaitable);
  });
  run_until(nodes.io, [&] { return taken.has_value(); });
  BOOST_TEST(!taken->failed());
  BOOST_TEST(accepted.is_open());

  std::vector<error_code> errors;
  BOOST_TEST(!first.is_open());  // NOLINT(bugprone-use-after-move): stated
  BOOST_TEST(first.port() == 0);
  BOOST_TEST((first.get_executor() == nodes.io.get_executor()));
  first.cancel();
  first.close();
  first.async_accept([&](error_code error, Stream none) {
    BOOST_TEST(!none.is_open());
    errors.push_back(error);
  });
  first.async_accept(accepted, [&](error_code error) { errors.push_back(error); });
  settle(nodes.io);
  BOOST_TEST(errors == std::vector<error_code>(2, asio::error::bad_descriptor));
  BOOST_TEST(accepted.is_open());

  Acceptor other(nodes.bob, 81);
  other = std::move(moved);
  BOOST_TEST(other.port() == 80);
  moved = Acceptor(nodes.bob, 81);  // free
  other.async_accept([&](error_code error, Stream) { errors.push_back(error); });
  settle(nodes.io);
  other.close();
  settle(nodes.io);
  BOOST_TEST(errors.back() == asio::error::operation_aborted);
  Acceptor again(nodes.bob, 80);
  BOOST_TEST(again.is_open());
}

}  // namespace ilnp::test::sctp_acceptor_test
