// TCP programs and a stack with a stream proxy; the stack is in memory, and its peers are the test.

#include "ilnp/gateway/stream_gateway.hpp"

#include "streams.hpp"
#include "support/print.hpp"

namespace ilnp::test::stream_gateway_test {

using Kind = StreamProxyEvent::Kind;
using Code = wire::StreamReplyCode;

struct Shell {
  /// As much of a node as the gateway asks for.
  struct Node {
    using stack_type = MemoryStreams;
    template <class F>
    decltype(auto) with(F&& f) {
      return f(stack, cx);
    }
    NameEvent& names() { return changed; }
    NameEvent changed;
    MemoryStreams stack;
    Random random{1};
    Context<> cx{TimePoint{}, random};
  };
  struct Failures {
    std::vector<std::string>* texts;
    void operator()(const StreamFailure& failure) const {
      texts->push_back(failure.target + ": " + failure.error.message());
    }
  };
  using Gateway = StreamGateway<Node, Failures>;

  static tcp::endpoint any() { return {boost::asio::ip::address_v4::loopback(), 0}; }
  tcp::socket connect(std::uint16_t port) {
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    return socket;
  }
  /// A program connects, and the gateway has asked for a stream.
  tcp::socket ask(std::uint16_t port) {
    const std::size_t before = node.stack.opened.size();
    auto socket = connect(port);
    run_until(io, [&] { return node.stack.opened.size() > before; });
    socket.non_blocking(true);
    return socket;
  }
  void tell(StreamId id, Kind kind, error_code error = {}, std::uint16_t port = 0,
            std::string_view host = {}) {
    sink.to()({id, kind, error, port}, as_bytes(host));
    settle(io);
  }
  MemoryStreams::Stream& stream(StreamId id) { return node.stack.streams[id.value]; }

  boost::asio::io_context io;
  Node node;
  StreamSink sink;
  std::vector<std::string> failures;
  std::optional<Gateway> gateway{std::in_place, io.get_executor(), node, sink, Failures{&failures}};
};

BOOST_AUTO_TEST_CASE(a_program_is_put_through) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen(Shell::any(), {.node = "bob", .port = 80});
  auto program = shell.ask(port);
  const StreamId id = shell.node.stack.last;
  BOOST_TEST(shell.node.stack.opened.back() == ":80");
  boost::asio::write(program, boost::asio::buffer("early", 5));  // before it is put through
  shell.tell(id, Kind::opened);
  run_until(shell.io, [&] { return as_text(shell.stream(id).written) == "early"; });
  BOOST_TEST(shell.gateway->connections() == 1u);
  shell.stream(id).to_read = octets("an answer");
  shell.tell(id, Kind::readable);
  error_code error;
  run_until(shell.io, [&] { return come(program, error) == "an answer"; });
  shell.tell(id, Kind::closed);
  BOOST_TEST(ending(shell.io, program) == boost::asio::error::eof);
  BOOST_TEST(shell.gateway->connections() == 0u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_throws_makes_no_other_deaf) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen(Shell::any(), {.node = "bob", .port = 80});
  auto one = shell.ask(port);
  const StreamId first = shell.node.stack.last;
  auto two = shell.ask(port);
  const StreamId second = shell.node.stack.last;
  for (const StreamId id : {first, second}) shell.tell(id, Kind::opened);
  shell.stream(first).throws = true;
  shell.stream(second).to_read = octets("an answer");
  for (const StreamId id : {first, second}) shell.sink.to()({id, Kind::readable, {}, 0}, {});
  BOOST_CHECK_THROW(settle(shell.io), std::runtime_error);
  error_code error;
  run_until(shell.io, [&] { return come(two, error) == "an answer"; });
  shell.stream(first).throws = false;
}

BOOST_AUTO_TEST_CASE(what_does_not_come_about_is_a_reset_and_told) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen(Shell::any(), {.node = "bob", .port = 80});
  auto refused = shell.ask(port);
  shell.tell(shell.node.stack.last, Kind::closed, boost::asio::error::connection_refused);
  BOOST_TEST(ending(shell.io, refused) == boost::asio::error::connection_reset);

  shell.node.stack.open_error = Errc::queue_full;
  auto too_many = shell.connect(port);
  BOOST_TEST(ending(shell.io, too_many) == boost::asio::error::connection_reset);
  BOOST_TEST(shell.gateway->counters().not_opened == 2u);
  BOOST_TEST_REQUIRE(shell.failures.size() == 2u);
  BOOST_TEST(shell.failures[0] == "bob:80: Connection refused");
}

BOOST_AUTO_TEST_CASE(a_program_that_speaks_socks_hears_what_became_of_it) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen_socks(Shell::any(), "bob");
  for (const bool good : {true, false}) {
    auto program = shell.connect(port);
    boost::asio::write(program, boost::asio::buffer(hex("050100"
                                                        "05010001c00002010050")));
    const std::size_t before = shell.node.stack.opened.size();
    run_until(shell.io, [&] { return shell.node.stack.opened.size() > before; });
    BOOST_TEST(shell.node.stack.opened.back() == "192.0.2.1:80");
    const StreamId id = shell.node.stack.last;
    good ? shell.tell(id, Kind::opened)
         : shell.tell(id, Kind::closed, boost::asio::error::connection_refused);
    Octets replies(12);
    boost::asio::read(program, boost::asio::buffer(replies));
    BOOST_TEST(hex(Bytes(replies).first(4)) == (good ? "05000500" : "05000505"));
    if (good) shell.tell(id, Kind::closed);
  }
}

BOOST_AUTO_TEST_CASE(what_peers_want_is_connected_to) {
  Shell shell;
  tcp::acceptor server(shell.io, Shell::any());
  const std::uint16_t port = server.local_endpoint().port();
  shell.tell(StreamId{7}, Kind::wanted, {}, port);
  run_until(shell.io, [&] { return shell.node.stack.answers.contains(7); });
  BOOST_TEST(shell.node.stack.answers[7] == Code::connected);
  auto served = server.accept();
  boost::asio::write(served, boost::asio::buffer("hello", 5));
  run_until(shell.io, [&] { return as_text(shell.stream(StreamId{7}).written) == "hello"; });

  server.close();
  shell.tell(StreamId{8}, Kind::wanted, {}, port);
  run_until(shell.io, [&] { return shell.node.stack.answers.contains(8); });
  BOOST_TEST(shell.node.stack.answers[8] == Code::refused);
  shell.tell(StreamId{9}, Kind::wanted, {}, port, "127.0.0.1");
  run_until(shell.io, [&] { return shell.node.stack.answers.contains(9); });
  BOOST_TEST(shell.node.stack.answers[9] == Code::not_allowed);
  BOOST_TEST(shell.gateway->counters().dialled == 3u);
  BOOST_TEST(shell.gateway->counters().not_reached == 2u);
}

BOOST_AUTO_TEST_CASE(a_peer_that_goes_meanwhile_is_not_answered) {
  Shell shell;
  tcp::acceptor server(shell.io, Shell::any());
  shell.sink.to()({StreamId{7}, Kind::wanted, {}, server.local_endpoint().port()}, Bytes());
  shell.tell(StreamId{7}, Kind::closed, boost::asio::error::connection_reset);
  settle(shell.io);
  BOOST_TEST(shell.node.stack.answers.empty());
  BOOST_TEST(shell.gateway->connections() == 0u);
}

BOOST_AUTO_TEST_CASE(programs_that_say_nothing_keep_no_other_out) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen_socks(Shell::any(), "");
  constexpr std::size_t many = SocksHandshakes::max_handshakes + 100;
  std::vector<tcp::socket> silent;
  for (std::size_t i = 0; i < many; ++i) silent.push_back(shell.connect(port));
  run_until(shell.io, [&] { return shell.gateway->counters().accepted == many; });
  BOOST_TEST(shell.gateway->counters().gave_way == 100u);
  BOOST_TEST(ending(shell.io, silent[0]) == boost::asio::error::connection_reset);  // the oldest
  BOOST_TEST(ending(shell.io, silent[99]) == boost::asio::error::connection_reset);
  auto again = shell.connect(port);
  boost::asio::write(again, boost::asio::buffer(hex("050100")));
  Octets answer(2);
  bool answered = false;
  boost::asio::async_read(again, boost::asio::buffer(answer),
                          [&](error_code error, std::size_t) { answered = !error; });
  run_until(shell.io, [&] { return answered; });
}

BOOST_AUTO_TEST_CASE(programs_that_wait_for_a_node_are_bounded_and_keep_no_other_out) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen(Shell::any(), {.node = "nobody", .port = 80});
  const std::uint16_t known = shell.gateway->listen(Shell::any(), {.node = "bob", .port = 80});
  std::vector<tcp::socket> waiting;
  for (std::size_t i = 0; i < StreamWaiting::max_waiting + 1; ++i) waiting.push_back(shell.connect(port));
  BOOST_TEST(ending(shell.io, waiting[0]) == boost::asio::error::connection_reset);
  BOOST_TEST(shell.gateway->counters().gave_way == 1u);
  shell.ask(known);
  shell.node.stack.others["nobody"] = Nid(3);
  shell.node.changed.raise();
  run_until(shell.io, [&] { return shell.node.stack.opened.size() == StreamWaiting::max_waiting + 1; });
}

BOOST_AUTO_TEST_CASE(an_exit_leads_to_what_it_keeps_if_a_rule_says_so) {
  Shell shell;
  ExitPolicy policy;
  policy.allow(*ExitRule::parse("127.0.0.1"));
  shell.gateway.reset();
  shell.gateway.emplace(shell.io.get_executor(), shell.node, shell.sink, Shell::Failures{&shell.failures},
                        std::move(policy));
  tcp::acceptor server(shell.io, Shell::any());
  shell.tell(StreamId{7}, Kind::wanted, {}, server.local_endpoint().port(), "127.0.0.1");
  run_until(shell.io, [&] { return shell.node.stack.answers.contains(7); });
  BOOST_TEST(shell.node.stack.answers[7] == Code::connected);
}

BOOST_AUTO_TEST_CASE(when_the_gateway_goes_so_do_all_connections) {
  Shell shell;
  const std::uint16_t port = shell.gateway->listen(Shell::any(), {.node = "bob", .port = 80});
  auto open = shell.ask(port);
  const StreamId put_through = shell.node.stack.last;
  shell.tell(put_through, Kind::opened);
  auto opening = shell.ask(port);
  const StreamId asked = shell.node.stack.last;
  auto unknown = shell.connect(shell.gateway->listen(Shell::any(), {.node = "nobody", .port = 80}));
  settle(shell.io);
  shell.gateway.reset();
  settle(shell.io);
  BOOST_TEST(ending(shell.io, open) == boost::asio::error::connection_reset);
  BOOST_TEST(!!ending(shell.io, opening));
  BOOST_TEST(shell.stream(put_through).reset);
  BOOST_TEST(shell.stream(asked).reset);
  shell.tell(StreamId{99}, Kind::wanted, {}, 80);  // nobody takes it
  BOOST_CHECK_THROW(shell.connect(port), boost::system::system_error);
}

}  // namespace ilnp::test::stream_gateway_test
