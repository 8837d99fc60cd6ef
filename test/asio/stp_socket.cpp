// Sockets of the overlay: every kind of token, the bounded mailbox, cancellation.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <ilnp/asio/stp_socket.hpp>

#include "pair.hpp"
#include "support/print.hpp"

namespace ilnp::test::stp_socket_test {

using Stack = STP<ILNP<CableEnd>>;
using TestNode = StpNode<Stack>;
using TestSocket = StpSocket<TestNode>;
using boost::asio::use_awaitable;

struct Nodes {
  Cable cable;
  boost::asio::io_context io{1};
  Stack alice_stack{named("alice", 0xa), cable.ends[0]};
  Stack bob_stack{named("bob", 0xb), cable.ends[1]};
  TestNode alice{io.get_executor(), alice_stack};
  TestNode bob{io.get_executor(), bob_stack};

  Nodes() {
    BOOST_TEST(!alice.start());
    BOOST_TEST(!bob.start());
    const auto knows = [](TestNode& node, const char* name) {
      return node.with([&](Stack& stack, auto& cx) { return stack.resolve(name, cx); }).has_value();
    };
    run_until(io, [&] { return knows(alice, "bob") && knows(bob, "alice"); });
  }
};

BOOST_FIXTURE_TEST_CASE(with_coroutines, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000);
  std::string answer;
  co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        const Datagram question = co_await two.async_receive(use_awaitable);
        BOOST_TEST(question.source.nid == Nid(0xa));
        BOOST_TEST(question.source.port == 1000);
        BOOST_TEST(question.source.network.interface == Locator(0xa));
        const std::string reply = text(question.payload) + " world";
        const std::size_t sent = co_await two.async_send_to(as_bytes(reply), question.source.nid,
                                                            question.source.port, use_awaitable);
        BOOST_TEST(sent == reply.size());
      },
      boost::asio::detached);
  co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        const Nid nid = co_await one.async_resolve("bob", use_awaitable);
        BOOST_TEST(nid == Nid(0xb));
        BOOST_TEST(!one.send_to(as_bytes("hello,"), nid, 2000));
        answer = text((co_await one.async_receive(use_awaitable)).payload);
      },
      boost::asio::detached);
  run_until(io, [&] { return !answer.empty(); });
  BOOST_TEST(answer == "hello, world");
}

BOOST_FIXTURE_TEST_CASE(with_callbacks_and_futures, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000);
  std::string got;
  two.async_receive([&](error_code error, Datagram datagram) {
    BOOST_TEST(!error);
    got = text(datagram.payload);
  });
  bool sent = false;
  one.async_send_to(as_bytes("by callback"), Nid(0xb), 2000, [&](error_code error, std::size_t size) {
    BOOST_TEST(!error);
    BOOST_TEST(size == 11u);
    sent = true;
  });
  BOOST_TEST(!sent);  // never before it returns
  run_until(io, [&] { return sent && !got.empty(); });
  BOOST_TEST(got == "by callback");

  auto future = two.async_receive(boost::asio::use_future);
  BOOST_TEST(!one.send_to(as_bytes("by future"), Nid(0xb), 2000));
  run_until(io, [&] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  BOOST_TEST(text(future.get().payload) == "by future");
}

BOOST_FIXTURE_TEST_CASE(several_sockets_on_a_node, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000), three(bob, 3000);
  std::string at_two, at_three;
  two.async_receive([&](error_code, const Datagram& datagram) { at_two = text(datagram.payload); });
  three.async_receive([&](error_code, const Datagram& datagram) { at_three = text(datagram.payload); });
  BOOST_TEST(!one.send_to(as_bytes("2"), Nid(0xb), 2000));
  BOOST_TEST(!one.send_to(as_bytes("3"), Nid(0xb), 3000));
  BOOST_TEST(!one.send_to(as_bytes("4"), Nid(0xb), 4000));  // nobody there
  run_until(io, [&] { return !at_two.empty() && !at_three.empty(); });
  BOOST_TEST(at_two == "2");
  BOOST_TEST(at_three == "3");
}

BOOST_FIXTURE_TEST_CASE(ports, Nodes) {
  TestSocket one(alice, 1000);
  BOOST_CHECK_EXCEPTION(TestSocket(alice, 1000), boost::system::system_error,
                        [](const auto& error) { return error.code() == Errc::port_in_use; });
  BOOST_TEST(one.port() == 1000);
  TestSocket any(alice), other(alice);
  BOOST_TEST(any.port() >= 49152);
  BOOST_TEST(other.port() >= 49152);
  BOOST_TEST(any.port() != other.port());
  { TestSocket passing(alice, 1001); }
  TestSocket again(alice, 1001);  // free once more
}

BOOST_FIXTURE_TEST_CASE(errors_of_sending, Nodes) {
  TestSocket one(alice, 1000);
  BOOST_TEST(one.send_to({}, Nid(0xcc), 1) == Errc::unknown_host);
  BOOST_TEST(one.send_to(std::vector<std::byte>(1397), Nid(0xb), 1) == Errc::message_too_long);
  BOOST_TEST(one.resolve("carol").error() == Errc::unknown_host);
  BOOST_TEST(one.resolve("bob").value() == Nid(0xb));
  error_code error;
  one.async_send_to({}, Nid(0xcc), 1, [&](error_code e, std::size_t) { error = e; });
  run_until(io, [&] { return error == Errc::unknown_host; });
}

BOOST_FIXTURE_TEST_CASE(a_mailbox_that_nobody_reads_is_bounded, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000);
  constexpr std::size_t extra = 44;
  for (std::size_t i = 0; i < TestSocket::mailbox_size + extra; ++i) {
    BOOST_TEST(!one.send_to(as_bytes(std::to_string(i)), Nid(0xb), 2000));
    if (i % 50 == 49) settle(io);  // the cable holds no more
  }
  run_until(io, [&] { return two.dropped() == extra; });
  // The oldest are kept, in order.
  for (std::size_t i = 0; i < TestSocket::mailbox_size; ++i) {
    std::string got;
    two.async_receive([&](error_code, const Datagram& datagram) { got = text(datagram.payload); });
    run_until(io, [&] { return !got.empty(); });
    BOOST_TEST(got == std::to_string(i));
  }
}

BOOST_FIXTURE_TEST_CASE(waiting_can_be_cancelled, Nodes) {
  TestSocket one(alice, 1000);
  boost::asio::cancellation_signal receive, resolve;
  error_code received, resolved;
  one.async_receive(boost::asio::bind_cancellation_slot(
      receive.slot(), [&](error_code error, const Datagram&) { received = error; }));
  one.async_resolve("nobody", boost::asio::bind_cancellation_slot(
                                  resolve.slot(), [&](error_code error, Nid) { resolved = error; }));
  settle(io);
  BOOST_TEST(!received);
  BOOST_TEST(!resolved);
  receive.emit(boost::asio::cancellation_type::terminal);
  resolve.emit(boost::asio::cancellation_type::terminal);
  run_until(io, [&] { return received && resolved; });
  BOOST_TEST(received == boost::asio::experimental::error::channel_cancelled);
  BOOST_TEST(resolved == boost::asio::error::operation_aborted);
}

BOOST_FIXTURE_TEST_CASE(a_cancellation_before_the_first_look_counts, Nodes) {
  TestSocket one(alice, 1000);
  boost::asio::cancellation_signal resolve;
  error_code resolved;
  one.async_resolve("nobody", boost::asio::bind_cancellation_slot(
                                  resolve.slot(), [&](error_code error, Nid) { resolved = error; }));
  resolve.emit(boost::asio::cancellation_type::total);
  run_until(io, [&] { return resolved.failed(); });
  BOOST_TEST(resolved == boost::asio::error::operation_aborted);
}

BOOST_FIXTURE_TEST_CASE(a_socket_that_goes_ends_the_waiting, Nodes) {
  error_code received, early, waiting;
  {
    TestSocket one(alice, 1000);
    one.async_receive([&](error_code error, const Datagram&) { received = error; });
    one.async_resolve("nobody", [&](error_code error, Nid) { waiting = error; });
    settle(io);
    one.async_resolve("bob", [&](error_code error, Nid) { early = error; });  // has not looked yet
  }
  settle(io);  // at once, and not at the next look
  BOOST_TEST(received == boost::asio::experimental::error::channel_cancelled);
  BOOST_TEST(waiting == boost::asio::error::operation_aborted);
  BOOST_TEST(early == boost::asio::error::operation_aborted);
  TestSocket again(alice, 1000);  // the port is free
}

BOOST_FIXTURE_TEST_CASE(what_was_sent_before_a_socket_goes_is_said, Nodes) {
  std::size_t sent = 0;
  {
    TestSocket one(alice, 1000);
    one.async_send_to(as_bytes("last words"), Nid(0xb), 2000, [&](error_code error, std::size_t size) {
      BOOST_TEST(!error);
      sent = size;
    });
  }
  settle(io);
  BOOST_TEST(sent == 10u);
}

BOOST_FIXTURE_TEST_CASE(what_is_begun_after_a_socket_has_gone_is_cancelled, Nodes) {
  using boost::asio::deferred;
  auto one = std::make_unique<TestSocket>(alice, 1000);
  auto receive = one->async_receive(deferred);
  auto resolve = one->async_resolve("bob", deferred);
  auto send = one->async_send_to(as_bytes("nobody's"), Nid(0xb), 2000, deferred);
  one.reset();
  error_code received, resolved, sent;
  std::move(receive)([&](error_code error, const Datagram&) { received = error; });
  std::move(resolve)([&](error_code error, Nid) { resolved = error; });
  std::move(send)([&](error_code error, std::size_t) { sent = error; });
  settle(io);
  BOOST_TEST(received == boost::asio::experimental::error::channel_cancelled);
  BOOST_TEST(resolved == boost::asio::error::operation_aborted);
  BOOST_TEST(sent == boost::asio::error::operation_aborted);
}

/// One node, all of which can go.
struct Lonely {
  Cable cable;
  std::unique_ptr<boost::asio::io_context> io = std::make_unique<boost::asio::io_context>(1);
  std::unique_ptr<Stack> stack = std::make_unique<Stack>(named("alice", 0xa), cable.ends[0]);
  std::unique_ptr<TestNode> node = std::make_unique<TestNode>(io->get_executor(), *stack);
  std::unique_ptr<TestSocket> socket = std::make_unique<TestSocket>(*node, 1000);
  std::vector<error_code> completed;

  void begin() {
    BOOST_TEST(!node->start());
    socket->async_resolve("nobody", [this](error_code error, Nid) { completed.push_back(error); });
    socket->async_receive([this](error_code error, const Datagram&) { completed.push_back(error); });
    settle(*io);
    socket->async_resolve("nobody", [this](error_code error, Nid) { completed.push_back(error); });
  }
};

BOOST_FIXTURE_TEST_CASE(operations_that_outlive_their_node_are_cancelled, Lonely) {
  begin();
  socket.reset();
  node.reset();
  stack.reset();
  settle(*io);
  BOOST_TEST(completed.size() == 3u);
  for (const error_code& error : completed) BOOST_TEST(error.failed());
}

BOOST_FIXTURE_TEST_CASE(a_socket_in_a_coroutine_may_go_after_its_node, Lonely) {
  bool waited = false;
  co_spawn(
      *io,
      [&, own = std::make_unique<TestSocket>(*node, 2000)]() -> boost::asio::awaitable<void> {
        waited = true;
        co_await own->async_receive(use_awaitable);
      },
      boost::asio::detached);
  settle(*io);
  BOOST_TEST(waited);
  socket.reset();
  node.reset();
  stack.reset();
  io.reset();  // and with it the coroutine
}

BOOST_FIXTURE_TEST_CASE(a_socket_whose_node_has_gone_is_closed, Lonely) {
  begin();
  node.reset();
  stack.reset();
  BOOST_TEST(socket->send_to({}, Nid(7), 7) == boost::asio::error::operation_aborted);
  BOOST_TEST(socket->resolve("bob").error() == boost::asio::error::operation_aborted);
  socket->async_receive([this](error_code error, const Datagram&) { completed.push_back(error); });
  socket->async_resolve("bob", [this](error_code error, Nid) { completed.push_back(error); });
  socket.reset();
  settle(*io);
  BOOST_TEST(completed.size() == 5u);
}

BOOST_FIXTURE_TEST_CASE(operations_go_with_their_context, Lonely) {
  begin();
  const auto token = std::make_shared<int>();
  socket->async_resolve("nobody", [token](error_code, Nid) {});
  socket->async_receive([token](error_code, const Datagram&) {});
  BOOST_TEST(token.use_count() == 3);
  socket.reset();
  node.reset();
  io.reset();
  BOOST_TEST(completed.empty());
  BOOST_TEST(token.use_count() == 1);
}

}  // namespace ilnp::test::stp_socket_test
