// Sockets of the overlay: every kind of token, the bounded mailbox, buffers, moving, cancellation.
#include "ilnp/asio/stp_socket.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>

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
        const Datagram request = co_await two.async_receive(use_awaitable);
        BOOST_TEST(request.source.nid == Nid(0xa));
        BOOST_TEST(request.source.port == 1000);
        BOOST_TEST(request.source.network.interface == Locator(0xa));
        const std::string reply = text(request.payload) + " world";
        const std::size_t sent = co_await two.async_send_to(as_bytes(reply), request.source.nid,
                                                            request.source.port, use_awaitable);
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
  BOOST_TEST(received == boost::asio::error::operation_aborted);
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
  BOOST_TEST(received == boost::asio::error::operation_aborted);
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
  BOOST_TEST(received == boost::asio::error::operation_aborted);
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

BOOST_FIXTURE_TEST_CASE(a_node_that_goes_ends_the_waiting, Lonely) {
  begin();
  node.reset();
  settle(*io);
  BOOST_TEST(completed.size() == 3u);
  for (const error_code& error : completed) BOOST_TEST(error == boost::asio::error::operation_aborted);
  BOOST_TEST(!socket->is_open());
}

BOOST_FIXTURE_TEST_CASE(receiving_into_the_callers_buffers, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000);
  std::string got(8, '.');
  DatagramSource source{};
  std::optional<std::size_t> size;
  const auto keep = [&](error_code error, std::size_t octets) {
    BOOST_TEST(!error);
    size = octets;
  };
  const auto receive = [&] {
    run_until(io, [&] { return size.has_value(); });
    return *std::exchange(size, std::nullopt);
  };
  two.async_receive_from(boost::asio::buffer(got), source, keep);  // before it comes
  BOOST_TEST(!one.send_to(as_bytes("hello"), Nid(0xb), 2000));
  BOOST_TEST(receive() == 5u);
  BOOST_TEST(got == "hello...");
  BOOST_TEST(source.nid == Nid(0xa));
  BOOST_TEST(source.port == 1000);

  // Several buffers, there and here.
  const std::array<boost::asio::const_buffer, 2> words{boost::asio::buffer("over", 4),
                                                       boost::asio::buffer("lay!", 4)};
  one.async_send_to(words, Nid(0xb), 2000, [&](error_code error, std::size_t octets) {
    BOOST_TEST(!error);
    BOOST_TEST(octets == 8u);
  });
  run_until(io, [&] { return two.available() == 8; });  // it waits already
  std::string first(3, '.'), rest(7, '.');
  two.async_receive(std::array{boost::asio::buffer(first), boost::asio::buffer(rest)}, keep);
  BOOST_TEST(!size);  // not within the call
  BOOST_TEST(receive() == 8u);
  BOOST_TEST(first + rest == "overlay!..");

  // One that is too long: its end is lost, and nothing else.
  BOOST_TEST(!one.send_to(as_bytes("too long by far"), Nid(0xb), 2000));
  BOOST_TEST(!one.send_to(as_bytes("next"), Nid(0xb), 2000));
  two.async_receive_from(boost::asio::buffer(got), source, keep);
  BOOST_TEST(receive() == 8u);
  BOOST_TEST(got == "too long");
  BOOST_TEST(two.truncated() == 1u);
  run_until(io, [&] { return two.available() == 4; });

  // And without waiting.
  error_code error;
  BOOST_TEST(two.receive_from(boost::asio::buffer(got), source, error) == 4u);
  BOOST_TEST(!error);
  BOOST_TEST(got == "nextlong");
  BOOST_TEST(two.available() == 0u);
  BOOST_TEST(two.receive_from(boost::asio::buffer(got), source, error) == 0u);
  BOOST_TEST(error == boost::asio::error::would_block);
  BOOST_TEST(two.truncated() == 1u);

  // An empty one is a datagram as well.
  BOOST_TEST(!one.send_to({}, Nid(0xb), 2000));
  two.async_receive_from(boost::asio::buffer(got), source, keep);
  BOOST_TEST(receive() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_socket_can_be_moved, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000);
  std::vector<std::string> got;
  const auto keep = [&](error_code error, const Datagram& datagram) {
    got.push_back(error ? error.message() : text(datagram.payload));
  };
  two.async_receive(keep);  // goes with the socket
  auto prepared = two.async_receive(boost::asio::deferred);
  TestSocket moved(std::move(two));
  BOOST_TEST(moved.port() == 2000);
  BOOST_TEST(!one.send_to(as_bytes("first"), Nid(0xb), 2000));
  run_until(io, [&] { return got.size() == 1; });
  BOOST_TEST(got[0] == "first");
  std::move(prepared)(keep);
  BOOST_TEST(!one.send_to(as_bytes("second"), Nid(0xb), 2000));
  run_until(io, [&] { return got.size() == 2; });
  BOOST_TEST(got[1] == "second");

  // What it was moved from is closed.
  BOOST_TEST(!two.is_open());  // NOLINT(bugprone-use-after-move): stated
  BOOST_TEST(two.port() == 0);
  BOOST_TEST((two.get_executor() == io.get_executor()));
  BOOST_TEST(two.send_to({}, Nid(0xa), 1000) == boost::asio::error::bad_descriptor);
  BOOST_TEST(two.resolve("alice").error() == boost::asio::error::bad_descriptor);
  std::vector<error_code> errors;
  const auto note = [&](error_code error, const auto&...) { errors.push_back(error); };
  char octet = 0;
  DatagramSource source{};
  error_code now;
  two.async_receive(note);
  two.async_receive(boost::asio::buffer(&octet, 1), note);
  two.async_receive_from(boost::asio::buffer(&octet, 1), source, note);
  two.async_resolve("alice", note);
  two.async_send_to({}, Nid(0xa), 1000, note);
  BOOST_TEST(two.receive_from(boost::asio::buffer(&octet, 1), source, now) == 0u);
  BOOST_TEST(errors.empty());
  settle(io);
  errors.push_back(now);
  BOOST_TEST(errors.size() == 6u);
  for (const error_code& error : errors) BOOST_TEST(error == boost::asio::error::bad_descriptor);
  two.cancel();
  two.close();

  // It can be assigned to; what the other socket waited for is cancelled, and its port is free.
  TestSocket third(bob, 3000);
  error_code replaced;
  third.async_receive([&](error_code error, const Datagram&) { replaced = error; });
  third = std::move(moved);
  settle(io);
  BOOST_TEST(replaced == boost::asio::error::operation_aborted);
  BOOST_TEST(third.port() == 2000);
  two = TestSocket(bob, 3000);
  BOOST_TEST(two.is_open());
  two = std::move(*&two);
  BOOST_TEST(two.port() == 3000);
}

BOOST_FIXTURE_TEST_CASE(a_socket_can_be_closed, Nodes) {
  TestSocket one(alice, 1000);
  std::vector<error_code> errors;
  const auto note = [&](error_code error, const auto&...) { errors.push_back(error); };
  one.async_receive(note);
  one.async_resolve("nobody", note);
  settle(io);
  one.cancel();
  settle(io);
  BOOST_TEST(errors == std::vector<error_code>(2, boost::asio::error::operation_aborted));
  BOOST_TEST(one.is_open());
  one.async_receive(note);
  one.async_resolve("nobody", note);
  one.close();
  one.close();
  settle(io);
  BOOST_TEST(errors == std::vector<error_code>(4, boost::asio::error::operation_aborted));
  BOOST_TEST(!one.is_open());
  one = TestSocket(alice, 1000);
  BOOST_TEST(one.is_open());
}

BOOST_FIXTURE_TEST_CASE(each_type_of_cancellation_ends_one_operation_alone, Nodes) {
  using Type = boost::asio::cancellation_type;
  TestSocket one(alice, 1000), two(bob, 2000);
  std::vector<std::string> got;
  const auto keep = [&](error_code, const Datagram& datagram) { got.push_back(text(datagram.payload)); };
  for (const Type type : {Type::terminal, Type::partial, Type::total}) {
    std::vector<error_code> errors;
    const auto note = [&](error_code error, const auto&...) { errors.push_back(error); };
    boost::asio::cancellation_signal signals[3];
    char octet = 0;
    two.async_receive(boost::asio::bind_cancellation_slot(signals[0].slot(), note));
    two.async_receive(boost::asio::buffer(&octet, 1),
                      boost::asio::bind_cancellation_slot(signals[1].slot(), note));
    two.async_resolve("nobody", boost::asio::bind_cancellation_slot(signals[2].slot(), note));
    two.async_receive(keep);
    settle(io);
    BOOST_TEST(errors.empty());
    for (auto& signal : signals) signal.emit(type);
    settle(io);
    BOOST_TEST(errors == std::vector<error_code>(3, boost::asio::error::operation_aborted));
    const std::size_t before = got.size();
    BOOST_TEST(!one.send_to(as_bytes("for the other"), Nid(0xb), 2000));
    run_until(io, [&] { return got.size() > before; });
    BOOST_TEST(got.back() == "for the other");
  }
}

BOOST_FIXTURE_TEST_CASE(a_datagram_is_not_lost_with_who_was_woken_for_it_and_cancelled, Nodes) {
  TestSocket one(alice, 1000), two(bob, 2000);
  boost::asio::cancellation_signal cancel;
  error_code cancelled;
  std::string got;
  two.async_receive(boost::asio::bind_cancellation_slot(
      cancel.slot(), [&](error_code error, const Datagram&) { cancelled = error; }));
  two.async_receive([&](error_code, const Datagram& datagram) { got = text(datagram.payload); });
  settle(io);
  BOOST_TEST(!one.send_to(as_bytes("kept"), Nid(0xb), 2000));
  io.restart();
  while (two.available() == 0) io.run_one();  // now the first has been woken, and has not yet looked
  cancel.emit(boost::asio::cancellation_type::total);
  run_until(io, [&] { return cancelled && !got.empty(); });
  BOOST_TEST(cancelled == boost::asio::error::operation_aborted);
  BOOST_TEST(got == "kept");
}

BOOST_FIXTURE_TEST_CASE(a_time_limit_by_awaitable_operators, Nodes) {
  using namespace boost::asio::experimental::awaitable_operators;
  TestSocket one(alice, 1000), two(bob, 2000);
  bool done = false;
  std::vector<std::size_t> winners;
  co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        std::string got(100, '.');
        DatagramSource source{};
        boost::asio::steady_timer timer(io);
        const auto receive = [&](std::chrono::milliseconds limit) -> boost::asio::awaitable<void> {
          timer.expires_after(limit);
          const auto winner =
              co_await (two.async_receive_from(boost::asio::buffer(got), source, use_awaitable) ||
                        timer.async_wait(use_awaitable));
          winners.push_back(winner.index());
        };
        co_await receive(std::chrono::milliseconds(1));
        BOOST_TEST(!one.send_to(as_bytes("in time"), Nid(0xb), 2000));
        co_await receive(std::chrono::minutes(1));
        BOOST_TEST(got.substr(0, 7) == "in time");
        const auto name = co_await (two.async_resolve("nobody", use_awaitable) ||
                                    two.async_resolve("alice", use_awaitable));
        BOOST_TEST(name.index() == 1u);
        BOOST_TEST(std::get<1>(name) == Nid(0xa));
        done = true;
      },
      boost::asio::detached);
  run_until(io, [&] { return done; });
  BOOST_TEST(winners == (std::vector<std::size_t>{1, 0}));
  BOOST_TEST(bob.names().waiting() == 0u);  // nobody was left behind
}

/// Counts how often a name is looked up.
struct CountedStack : Stack {
  using Stack::Stack;
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    ++looked;
    return Stack::resolve(name, cx);
  }
  int looked = 0;
};

BOOST_AUTO_TEST_CASE(a_name_is_waited_for_and_not_polled) {
  Cable cable;
  boost::asio::io_context io{1};
  CountedStack stack(named("alice", 0xa), cable.ends[0]);
  StpNode<CountedStack> alice(io, stack);
  Stack bobs(named("bob", 0xb), cable.ends[1]);
  TestNode bob(io, bobs);
  BOOST_TEST(!alice.start());
  StpSocket socket(alice, 1000);
  std::vector<Nid> found;
  const auto keep = [&](error_code error, Nid nid) {
    BOOST_TEST(!error);
    found.push_back(nid);
  };
  socket.async_resolve("bob", keep);
  socket.async_resolve("BOB", keep);
  settle(io);
  BOOST_TEST(stack.looked == 2);
  BOOST_TEST(alice.names().waiting() == 2u);
  const auto start = std::chrono::steady_clock::now();
  io.restart();
  io.run_for(std::chrono::milliseconds(300));
  // Looked at again only as often as it is asked for, however long the machine took.
  BOOST_TEST(stack.looked <= 2 + 2 * ((std::chrono::steady_clock::now() - start) / NameEvent::ask_again));

  // As soon as the node knows the name, both are complete, without any time that would have to pass.
  BOOST_TEST(!bob.start());
  run_until(io, [&] { return stack.next_layer().hosts().size() == 1; });
  settle(io);
  BOOST_TEST(found == std::vector<Nid>(2, Nid(0xb)));
  BOOST_TEST(alice.names().waiting() == 0u);
}

}  // namespace ilnp::test::stp_socket_test
