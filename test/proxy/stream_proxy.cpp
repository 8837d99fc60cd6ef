// The stream proxy on streams that the test plays by hand. test/sctp/stream_proxy.cpp has it on real ones.

#include "ilnp/proxy/stream_proxy.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::stream_proxy_test {

using Kind = StreamEvent::Kind;
using Code = wire::StreamReplyCode;

/// Streams whose events and octets the test chooses; notes what is asked of them. Events are handed up by `on_timer`.
struct Streams : TransportAdaptor<STP<ILNP<MemoryUnderlay>>> {
  using TransportAdaptor::TransportAdaptor;

  error_code listen(std::uint16_t port) {
    if (port == taken_port) return Errc::port_in_use;
    listening.push_back(port);
    return {};
  }
  void unlisten(std::uint16_t) {}
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx&) {
    const auto found = names.find(std::string(name));
    return found == names.end() ? result<Nid>(Errc::unknown_host) : found->second;
  }
  template <ContextLike Cx>
  result<StreamId> connect(Nid to, std::uint16_t port, Cx&) {
    if (full) return Errc::queue_full;
    const StreamId id{++last};
    peers[last] = {to, port, 50'000};
    return id;
  }
  std::optional<StreamPeer> peer(StreamId id) const {
    const auto found = peers.find(id.value);
    return found == peers.end() ? std::nullopt : std::optional(found->second);
  }
  template <ContextLike Cx>
  result<std::size_t> write(StreamId id, Bytes octets, Cx&) {
    written[id.value] += as_text(octets);
    return octets.size();
  }
  template <ContextLike Cx>
  result<std::size_t> read(StreamId id, MutableBytes into, Cx&) {
    std::string& text = arrived[id.value];
    if (text.empty() && ended) return 0;
    if (text.empty()) return boost::system::errc::make_error_code(boost::system::errc::operation_would_block);
    const std::size_t size = std::min(text.size(), into.size());
    std::ranges::copy(as_bytes(text).first(size), into.begin());
    text.erase(0, size);
    return size;
  }
  template <ContextLike Cx>
  error_code shutdown(StreamId, Cx&) {
    return {};
  }
  template <ContextLike Cx>
  void reset(StreamId id, Cx&) {
    was_reset.push_back(id.value);
  }
  template <ContextLike Cx>
  void close(StreamId id, Cx&) {
    was_closed.push_back(id.value);
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, up);
    for (const StreamEvent& event : std::exchange(events, {})) up(event, MutableBytes());
  }

  std::uint16_t taken_port = 0;
  bool full = false, ended = false;
  std::uint64_t last = 0;
  std::vector<std::uint16_t> listening;
  std::map<std::uint64_t, StreamPeer> peers;
  std::map<std::string, Nid> names;
  std::map<std::uint64_t, std::string> written, arrived;
  std::vector<std::uint64_t> was_reset, was_closed;
  std::vector<StreamEvent> events;
};

struct Fixture {
  using Stack = StreamProxy<Streams>;
  using Said = StreamProxyEvent::Kind;

  explicit Fixture(const StreamProxyConfig& config = {}) : stack(config, node_config(1, "alice", {{a}})) {}

  Streams& streams() { return stack.next_layer(); }
  /// A peer opens a stream to `local_port`; `text` has arrived on it.
  StreamId accept(std::uint16_t local_port, std::string text) {
    const StreamId id{++streams().last};
    streams().peers[id.value] = {Nid(2), 50'000, local_port};
    streams().arrived[id.value] = std::move(text);
    happens(id, Kind::accepted);
    return id;
  }
  /// The streams report this; returns what the proxy says about it.
  std::vector<Said> happens(StreamId id, Kind kind, error_code error = {}) {
    streams().events.push_back({id, kind, error});
    return timer();
  }
  std::vector<Said> timer() {
    std::vector<Said> said;
    stack.on_timer(cx, [&](const auto& event, MutableBytes) {
      if constexpr (requires { event.stream; }) {
        said.push_back(event.kind);
        last_error = event.error;
      }
    });
    return said;
  }
  static std::string request(std::uint16_t port) {
    std::string octets(wire::StreamRequestRepr{port, ""}.size(), '\0');
    wire::StreamRequestRepr{port, ""}.write_to(std::as_writable_bytes(std::span(octets)));
    return octets;
  }
  static std::string reply(Code code) {
    std::string octets(wire::StreamReply::size, '\0');
    wire::StreamReplyRepr{code}.write_to(
        std::as_writable_bytes(std::span(octets)).first<wire::StreamReply::size>());
    return octets;
  }

  Random random{1};
  Context<> cx{TimePoint(1000s), random};
  Stack stack;
  error_code last_error;
};

struct Plain : Fixture {
  Plain() : Fixture({.plain = true}) {}
};

struct Choosy : Fixture {
  Choosy() : Fixture({.allowed = {"bob", "carol"}}) {}
};

using Events = std::vector<StreamProxyEvent::Kind>;
using Ids = std::vector<std::uint64_t>;

BOOST_FIXTURE_TEST_SUITE(stream_proxies, Fixture)

BOOST_AUTO_TEST_CASE(the_port_of_requests_must_be_free) {
  struct Taken : Streams {
    explicit Taken(const NetworkConfig& config) : Streams(config) { taken_port = 9899; }
  };
  BOOST_CHECK_EXCEPTION(StreamProxy<Taken>(StreamProxyConfig(), node_config(1, "alice", {{a}})),
                        std::invalid_argument, [](const std::invalid_argument& error) {
                          return std::string(error.what()) == "port 9899 of requests: port in use";
                        });
}

BOOST_AUTO_TEST_CASE(an_exposed_port_listens_once) {
  BOOST_TEST(stack.expose(0) == Errc::invalid_port);
  streams().taken_port = 23;
  BOOST_TEST(stack.expose(23) == Errc::port_in_use);
  BOOST_TEST(!stack.expose(22));
  BOOST_TEST(!stack.expose(22));
  BOOST_TEST(!stack.expose(9899));  // requests arrive there already
  BOOST_TEST(streams().listening == (std::vector<std::uint16_t>{9899, 22}));
}

BOOST_AUTO_TEST_CASE(a_port_that_could_not_listen_is_not_exposed) {
  streams().taken_port = 23;
  BOOST_TEST(stack.expose(23) == Errc::port_in_use);
  const StreamId id = accept(9899, request(23));
  BOOST_TEST(streams().written[id.value] == reply(Code::not_allowed));
}

BOOST_AUTO_TEST_CASE(a_stream_that_cannot_be_opened_is_no_connection) {
  streams().full = true;
  BOOST_TEST(stack.open(Nid(2), 22, "", cx).error() == Errc::queue_full);
  BOOST_TEST(stack.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_gone_before_it_is_accepted_is_ignored) {
  BOOST_TEST(happens(StreamId{7}, Kind::accepted).empty());
  BOOST_TEST(stack.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(events_of_unknown_streams_are_ignored) {
  for (const Kind kind : {Kind::connected, Kind::readable, Kind::writable, Kind::closed})
    BOOST_TEST(happens(StreamId{7}, kind).empty());
}

BOOST_AUTO_TEST_CASE(only_an_open_connection_is_readable_and_writable) {
  const StreamId id = *stack.open(Nid(2), 22, "", cx);
  BOOST_TEST(happens(id, Kind::readable).empty());
  BOOST_TEST(happens(id, Kind::writable).empty());
  BOOST_TEST(happens(id, Kind::connected).empty());
  BOOST_TEST(streams().written[id.value] == request(22));
  BOOST_TEST(happens(id, Kind::writable).empty());
  streams().arrived[id.value] = reply(Code::connected);
  BOOST_TEST(happens(id, Kind::readable) == Events{Said::opened});
  BOOST_TEST(happens(id, Kind::readable) == Events{Said::readable});
  BOOST_TEST(happens(id, Kind::writable) == Events{Said::writable});
  BOOST_TEST(happens(id, Kind::closed) == Events{Said::closed});
  BOOST_TEST(stack.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reply_that_arrives_in_parts_is_waited_for) {
  const StreamId id = *stack.open(Nid(2), 22, "", cx);
  happens(id, Kind::connected);
  const std::string whole = reply(Code::refused);
  streams().arrived[id.value] = whole.substr(0, 1);
  BOOST_TEST(happens(id, Kind::readable).empty());
  streams().arrived[id.value] = whole.substr(1);
  BOOST_TEST(happens(id, Kind::readable) == Events{Said::closed});
  BOOST_TEST(last_error == error_of_reply(Code::refused));
  BOOST_TEST(streams().was_closed == Ids{id.value});
}

BOOST_AUTO_TEST_CASE(a_peer_that_ends_its_direction_instead_of_a_reply_is_malformed) {
  const StreamId id = *stack.open(Nid(2), 22, "", cx);
  happens(id, Kind::connected);
  streams().ended = true;
  BOOST_TEST(happens(id, Kind::readable) == Events{Said::closed});
  BOOST_TEST(last_error == error_of_reply(Code::failed));
  BOOST_TEST(streams().was_reset == Ids{id.value});
  BOOST_TEST(stack.counters().dropped_malformed == 1U);
}

BOOST_AUTO_TEST_CASE(a_reply_that_does_not_parse_is_malformed) {
  const StreamId id = *stack.open(Nid(2), 22, "", cx);
  happens(id, Kind::connected);
  streams().arrived[id.value] = std::string(wire::StreamReply::size, '\xff');
  BOOST_TEST(happens(id, Kind::readable) == Events{Said::closed});
  BOOST_TEST(streams().was_reset == Ids{id.value});
  BOOST_TEST(stack.counters().dropped_malformed == 1U);
}

BOOST_AUTO_TEST_CASE(an_answer_counts_once) {
  BOOST_TEST(!stack.expose(22));
  const StreamId id = accept(9899, request(22));
  stack.answer(StreamId{1000}, Code::connected, cx);
  BOOST_TEST(stack.counters().put_through == 0U);
  stack.answer(id, Code::connected, cx);
  stack.answer(id, Code::refused, cx);  // too late
  BOOST_TEST(streams().written[id.value] == reply(Code::connected));
  BOOST_TEST(stack.counters().put_through == 1U);
  BOOST_TEST(stack.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_answered_in_time_does_not_expire) {
  BOOST_TEST(!stack.expose(22));
  const StreamId id = accept(9899, request(22));
  const StreamId silent = accept(9899, "");
  cx.set_now(cx.now() + 11s);
  BOOST_TEST(timer().empty());  // of a request that did not arrive, the shell knows nothing
  BOOST_TEST(streams().was_reset == Ids{silent.value});
  BOOST_TEST(stack.counters().timed_out == 1U);
  stack.answer(id, Code::connected, cx);
  BOOST_TEST(stack.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(an_open_connection_that_this_node_opened_does_not_expire) {
  const StreamId id = *stack.open(Nid(2), 22, "", cx);
  happens(id, Kind::connected);
  streams().arrived[id.value] = reply(Code::connected);
  BOOST_TEST(happens(id, Kind::readable) == Events{Said::opened});
  const StreamId gone = *stack.open(Nid(2), 22, "", cx);
  stack.reset(gone, cx);
  cx.set_now(cx.now() + 21s);
  BOOST_TEST(timer().empty());
  BOOST_TEST(stack.connections() == 1U);
  BOOST_TEST(stack.counters().timed_out == 0U);
}

BOOST_AUTO_TEST_CASE(full_memory_for_streams_is_told_as_too_many) {
  BOOST_TEST(reply_of_error(Errc::no_stream_memory) == Code::too_many);
  BOOST_TEST(reply_of_error(Errc::port_in_use) == Code::failed);
  BOOST_TEST(error_of_reply(static_cast<Code>(200)) == error_of_reply(Code::failed));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(plain_stream_proxies, Plain)

BOOST_AUTO_TEST_CASE(streams_go_to_the_port_itself_and_never_to_a_host) {
  BOOST_TEST(stack.open(Nid(2), 22, "example.org", cx).error() == Errc::not_allowed);
  const StreamId id = *stack.open(Nid(2), 22, "", cx);
  BOOST_TEST(streams().peers[id.value].port == 22);
  BOOST_TEST(happens(id, Kind::connected) == Events{Said::opened});
  BOOST_TEST(streams().written[id.value].empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_resets_the_stream) {
  BOOST_TEST(!stack.expose(22));
  const StreamId refused = accept(22, "");
  stack.answer(refused, Code::refused, cx);
  BOOST_TEST(streams().was_reset == Ids{refused.value});
  const StreamId good = accept(22, "");
  stack.answer(good, Code::connected, cx);
  BOOST_TEST(happens(good, Kind::readable) == Events{Said::readable});
  BOOST_TEST(streams().written.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(choosy_stream_proxies, Choosy)

BOOST_AUTO_TEST_CASE(only_the_hosts_that_are_allowed_come_in) {
  BOOST_TEST(!stack.expose(22));
  const StreamId stranger = accept(9899, request(22));  // nobody knows bob yet
  BOOST_TEST(streams().written[stranger.value] == reply(Code::not_allowed));
  BOOST_TEST(streams().was_closed == Ids{stranger.value});
  const StreamId plain = accept(22, "");
  BOOST_TEST(streams().was_reset == Ids{plain.value});
  BOOST_TEST(stack.counters().refused_not_allowed == 2U);
  BOOST_TEST(stack.counters().wanted == 0U);

  streams().names = {{"carol", Nid(2)}, {"dave", Nid(3)}};
  accept(9899, request(22));
  accept(22, "");
  BOOST_TEST(stack.counters().wanted == 2U);
  streams().names = {{"carol", Nid(3)}, {"dave", Nid(2)}};  // the name means another node now
  accept(9899, request(22));
  BOOST_TEST(stack.counters().wanted == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stream_proxy_test
