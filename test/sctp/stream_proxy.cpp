// The stream proxy, in virtual time. Here the test is the shell.

#include "ilnp/proxy/stream_proxy.hpp"

#include "peers.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::stream_proxy_test {

using Kind = StreamProxyEvent::Kind;
using Code = wire::StreamReplyCode;

/// A node with a stream proxy, and notes of what it says.
struct Gate {
  using Stack = StreamProxy<Sctp<STP<ILNP<sim::SimUnderlay>>>>;
  struct Heard {
    Kind kind;
    StreamId id;
    error_code error;
    std::uint16_t port;
    std::string host;
  };

  Gate(sim::World& world, std::uint64_t nid, const std::string& name, StreamProxyConfig config = {})
      : node(world, name, std::move(config), SctpConfig(), node_config(nid, name, {{net_a}})) {
    node.on_receive([this](const StreamProxyEvent& event, Bytes octets) {
      heard.push_back({event.kind, event.stream, event.error, event.port, std::string(as_text(octets))});
    });
    node.start();
  }

  StreamId open(Nid to, std::uint16_t to_port, std::string_view host = {}) {
    return node.with([&](Stack& stack, auto& cx) { return stack.open(to, to_port, host, cx).value(); });
  }
  error_code open_error(Nid to, std::uint16_t to_port, std::string_view host = {}) {
    return node.with([&](Stack& stack, auto& cx) { return stack.open(to, to_port, host, cx).error(); });
  }
  void answer(StreamId id, Code code) {
    node.with([&](Stack& stack, auto& cx) { stack.answer(id, code, cx); });
  }
  void write(StreamId id, std::string_view text) {
    node.with(
        [&](Stack& stack, auto& cx) { BOOST_TEST(*stack.write(id, as_bytes(text), cx) == text.size()); });
  }
  std::string read(StreamId id) {
    std::string text(1000, '\0');
    node.with([&](Stack& stack, auto& cx) {
      const auto size = stack.read(id, std::as_writable_bytes(std::span(text)), cx);
      text.resize(size ? *size : 0);
    });
    return text;
  }
  void expose(std::uint16_t of) {
    node.with([&](Stack& stack, auto&) { BOOST_TEST(!stack.expose(of)); });
  }
  /// The one thing that was said since the last call.
  Heard only() {
    BOOST_TEST_REQUIRE(heard.size() == 1);
    return std::exchange(heard, {}).front();
  }
  const Stack& stack() { return node.stack(); }

  sim::SimNode<Stack> node;
  std::vector<Heard> heard;
};

struct Gates {
  explicit Gates(StreamProxyConfig alices = {}, StreamProxyConfig bobs = {})
      : world(1),
        time(world),
        alice(world, 1, "alice", std::move(alices)),
        bob(world, 2, "bob", std::move(bobs)) {
    world.run_for(1s);
  }
  sim::World world;
  VirtualTime time;
  Gate alice, bob;
};

BOOST_AUTO_TEST_CASE(a_connection_is_put_through_and_both_talk) {
  Gates gates;
  gates.bob.expose(22);
  const StreamId here = gates.alice.open(Nid(2), 22);
  gates.world.run_for(100ms);
  const auto wanted = gates.bob.only();
  BOOST_TEST(wanted.kind == Kind::wanted);
  BOOST_TEST(wanted.port == 22);
  BOOST_TEST(wanted.host == "");
  BOOST_TEST(gates.alice.heard.empty());

  gates.bob.answer(wanted.id, Code::connected);
  gates.bob.write(wanted.id, "hello from the server");
  gates.world.run_for(100ms);
  BOOST_TEST_REQUIRE(!gates.alice.heard.empty());
  BOOST_TEST(gates.alice.heard.front().kind == Kind::opened);
  BOOST_TEST(gates.alice.read(here) == "hello from the server");

  gates.bob.heard.clear();
  gates.alice.write(here, "hello from the client");
  gates.world.run_for(100ms);
  BOOST_TEST(gates.bob.only().kind == Kind::readable);
  BOOST_TEST(gates.bob.read(wanted.id) == "hello from the client");
  BOOST_TEST(gates.alice.stack().counters().opened == 1);
  BOOST_TEST(gates.bob.stack().counters().put_through == 1);
}

BOOST_AUTO_TEST_CASE(every_answer_is_an_error_of_its_own) {
  Gates gates;
  gates.bob.expose(22);
  for (const Code code : {Code::refused, Code::not_allowed, Code::unknown_host, Code::unreachable,
                          Code::timed_out, Code::too_many, Code::failed}) {
    const StreamId here = gates.alice.open(Nid(2), 22);
    gates.world.run_for(100ms);
    gates.bob.answer(gates.bob.only().id, code);
    gates.world.run_for(100ms);
    const auto said = gates.alice.only();
    BOOST_TEST(said.kind == Kind::closed);
    BOOST_TEST(said.id == here);
    BOOST_TEST(said.error == error_of_reply(code));
    BOOST_TEST(!!said.error);
    BOOST_TEST(reply_of_error(said.error) == code);
  }
  gates.world.run_for(1s);
  BOOST_TEST(gates.alice.stack().connections() == 0);
  BOOST_TEST(gates.bob.stack().connections() == 0);
  BOOST_TEST(gates.bob.stack().next_layer().streams() == 0);
  BOOST_TEST(gates.alice.stack().next_layer().streams() == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_let_through_that_was_not_said) {
  Gates gates;
  for (const std::string_view host : {"", "example.org"}) {
    gates.alice.open(Nid(2), 22, host);
    gates.world.run_for(100ms);
    BOOST_TEST(gates.alice.only().error == Errc::not_allowed);
  }
  BOOST_TEST(gates.bob.heard.empty());
  BOOST_TEST(gates.bob.stack().counters().refused_not_allowed == 2);
}

BOOST_AUTO_TEST_CASE(an_exit_is_told_the_host) {
  StreamProxyConfig exit;
  exit.exit = true;
  Gates gates({}, exit);
  gates.alice.open(Nid(2), 443, "example.org");
  gates.world.run_for(100ms);
  const auto wanted = gates.bob.only();
  BOOST_TEST(wanted.host == "example.org");
  BOOST_TEST(wanted.port == 443);
  BOOST_TEST(gates.alice.open_error(Nid(2), 443, std::string(256, 'x')) == Errc::invalid_host_name);
}

BOOST_AUTO_TEST_CASE(plain_streams_go_straight_to_the_port) {
  StreamProxyConfig plain;
  plain.plain = true;
  Gates gates(plain);
  gates.bob.expose(22);
  BOOST_TEST(gates.alice.open_error(Nid(2), 22, "example.org") == Errc::not_allowed);
  const StreamId here = gates.alice.open(Nid(2), 22);
  gates.world.run_for(100ms);
  BOOST_TEST(gates.alice.only().kind == Kind::opened);
  const auto wanted = gates.bob.only();
  BOOST_TEST(wanted.kind == Kind::wanted);
  BOOST_TEST(wanted.port == 22);
  gates.bob.answer(wanted.id, Code::connected);
  gates.alice.write(here, "no request before this");
  gates.world.run_for(100ms);
  BOOST_TEST(gates.bob.read(wanted.id) == "no request before this");

  const StreamId second = gates.alice.open(Nid(2), 22);
  gates.world.run_for(100ms);
  gates.bob.answer(gates.bob.heard.back().id, Code::refused);
  gates.world.run_for(100ms);
  BOOST_TEST(gates.alice.heard.back().id == second);
  BOOST_TEST(gates.alice.heard.back().error == boost::system::errc::connection_reset);

  gates.alice.open(Nid(2), 23);  // not exposed
  gates.world.run_for(100ms);
  BOOST_TEST(gates.alice.heard.back().error == boost::system::errc::connection_refused);
}

BOOST_AUTO_TEST_CASE(more_than_so_many_are_refused) {
  StreamProxyConfig two;
  two.max_connections = 2;
  Gates gates({}, two);
  gates.bob.expose(22);
  for (int i = 0; i < 3; ++i) gates.alice.open(Nid(2), 22);
  gates.world.run_for(100ms);
  BOOST_TEST(gates.alice.only().error == Errc::queue_full);
  BOOST_TEST(gates.bob.heard.size() == 2);
  BOOST_TEST(gates.bob.stack().counters().refused_too_many == 1);
  // Those of others do not count among its own.
  BOOST_TEST(!gates.bob.open_error(Nid(1), 22));
  BOOST_TEST(!gates.bob.open_error(Nid(1), 22));
  BOOST_TEST(gates.bob.open_error(Nid(1), 22) == Errc::queue_full);
}

BOOST_AUTO_TEST_CASE(one_node_leaves_room_for_others_and_for_the_node_itself) {
  StreamProxyConfig few;
  few.max_connections = 8;
  Gates gates({}, few);
  gates.bob.expose(22);
  Peer mallory(gates.world, 3, "mallory", {{net_a}});
  gates.world.run_for(1s);
  // Handshakes, and then nothing.
  for (int i = 0; i < 100; ++i) mallory.connect(Nid(2), few.request_port, {.end_after = false});
  gates.world.run_for(1s);
  BOOST_TEST(gates.bob.stack().connections() <= 6 + StreamConnectionTable::max_excess);
  BOOST_TEST(!gates.bob.open_error(Nid(1), 22));
  for (int i = 0; i < 2; ++i) gates.alice.open(Nid(2), 22);
  gates.world.run_for(1s);
  const auto wanted = [](const Gate::Heard& each) { return each.kind == Kind::wanted; };
  BOOST_TEST(std::ranges::count_if(gates.bob.heard, wanted) == 2);
}

BOOST_AUTO_TEST_CASE(who_does_not_say_what_he_wants_is_shown_out) {
  Gates gates;
  Peer carol(gates.world, 3, "carol", {{net_a}});
  gates.world.run_for(1s);
  const StreamProxyConfig config;
  const StreamId silent = carol.connect(Nid(2), config.request_port, {.end_after = false});
  const StreamId rubbish = carol.connect(Nid(2), config.request_port, {.to_send = 100, .end_after = false});
  const StreamId ends = carol.connect(Nid(2), config.request_port, {});
  gates.world.run_for(1s);
  BOOST_TEST(carol[rubbish].error == boost::system::errc::connection_reset);
  BOOST_TEST(carol[ends].error == boost::system::errc::connection_reset);
  BOOST_TEST(!carol[silent].closed);
  gates.world.run_for(config.request_time);
  BOOST_TEST(carol[silent].error == boost::system::errc::connection_reset);
  BOOST_TEST(gates.bob.stack().counters().dropped_malformed == 2);
  BOOST_TEST(gates.bob.stack().counters().timed_out == 1);
  BOOST_TEST(gates.bob.heard.empty());
  BOOST_TEST(gates.bob.stack().connections() == 0);
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_is_given_up) {
  Gates gates;
  gates.bob.expose(22);
  gates.alice.open(Nid(2), 22);
  gates.world.run_for(21s);  // bob's shell does not say what became of it
  BOOST_TEST(gates.alice.only().error == boost::system::errc::timed_out);
  BOOST_TEST(gates.bob.heard.back().kind == Kind::closed);
  BOOST_TEST(gates.bob.stack().connections() == 0);
}

BOOST_AUTO_TEST_CASE(random_requests_do_no_harm) {
  Random random(seed("random_requests_do_no_harm"));
  Gates gates;
  gates.bob.expose(22);
  Peer carol(gates.world, 3, "carol", {{net_a}});
  gates.world.run_for(1s);
  for (int i = 0; i < 300; ++i) {
    const StreamId id = carol.connect(Nid(2), StreamProxyConfig().request_port, {.end_after = false});
    gates.world.run_for(2ms);
    const Octets good = hex("01000016");
    const Octets request =
        random.below(2) ? random_octets(random, 1 + random.below(300)) : mutated(random, good);
    carol.node().with([&](Peer::Stack& stack, auto& cx) { static_cast<void>(stack.write(id, request, cx)); });
    gates.world.run_for(2ms);
    carol.close(id);
  }
  gates.world.run_for(60s);
  for (const auto& heard : gates.bob.heard) gates.bob.answer(heard.id, Code::refused);
  gates.world.run_for(60s);
  BOOST_TEST(gates.bob.stack().connections() == 0);
  BOOST_TEST(gates.bob.stack().next_layer().streams() == 0);
}

}  // namespace ilnp::test::stream_proxy_test
