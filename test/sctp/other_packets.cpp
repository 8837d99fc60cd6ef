// Packets of a protocol that no transport of the stack owns pass the layers with streams.
#include <boost/test/unit_test.hpp>

#include "ilnp/proxy/proxy.hpp"
#include "ilnp/proxy/stream_proxy.hpp"
#include "ilnp/sctp/sctp.hpp"
#include "ilnp/transport/fragment.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::other_packets_test {

// The adaptor is all that the layer below is.
using Plain = Sctp<Fragment<STP<ILNP<MemoryUnderlay>>>>;
using Streams = StreamAdaptor<StreamAdaptor<Plain>>;
static_assert(StreamTransport<Streams> && ResolvingTransport<Streams>);
using Stack = Proxy<TransportAdaptor<StreamProxy<Streams>>>;
static_assert(LocalStreamProxy<StreamProxyOf<Stack>>);
static_assert(std::is_same_v<StreamProxyOf<Stack>, StreamProxy<Streams>>);

/// Also takes what happens to connections.
template <bool takes_packets>
struct Top {
  std::vector<std::string>* delivered;
  std::vector<std::uint8_t>* next_headers;
  void operator()(const NetworkSource& source, Bytes payload) const requires takes_packets {
    next_headers->push_back(source.next_header);
    delivered->emplace_back(as_text(payload));
  }
  void operator()(LocalPort, Bytes) const { BOOST_FAIL("not a datagram"); }
  void operator()(const StreamProxyEvent&, Bytes) const { BOOST_FAIL("not of a stream"); }
};

template <bool takes_packets>
void feed() {
  NetworkConfig config = node_config(1, "alice", {{a}});
  Stack stack(StreamProxyConfig{}, SctpConfig{}, config);
  Random random(1);
  Context cx(TimePoint{} + std::chrono::hours(1), random);
  BOOST_TEST(!network_layer(stack).start(cx));
  std::vector<std::string> delivered;
  std::vector<std::uint8_t> next_headers;
  auto octets = frame({a, Nid(2)}, {a, Nid(1)}, 253, as_bytes("a note"));
  stack.feed({a, 2}, octets, cx, Top<takes_packets>{&delivered, &next_headers});
  stack.end_batch(cx);
  if (takes_packets) BOOST_TEST((delivered == std::vector<std::string>{"a note"}));
  BOOST_TEST((next_headers == std::vector<std::uint8_t>(takes_packets ? 1 : 0, 253)));
  std::uint64_t dropped = 0;
  for_each_counter(stack, [&](std::string_view, std::string_view name, std::uint64_t value) {
    if (name == "dropped_unknown_next_header") dropped += value;
  });
  BOOST_TEST(dropped == (takes_packets ? 0u : 1u));
  BOOST_TEST(lowest_layer(stack).sent.empty());
}

BOOST_AUTO_TEST_SUITE(other_packets)

BOOST_AUTO_TEST_CASE(they_pass_unchanged) { feed<true>(); }
BOOST_AUTO_TEST_CASE(they_are_dropped_if_nobody_takes_them) { feed<false>(); }

BOOST_AUTO_TEST_CASE(a_stream_by_an_adaptor) {
  Streams streams(SctpConfig{}, node_config(1, "alice", {{a}}));
  Random random(1);
  Context cx(TimePoint{} + std::chrono::hours(1), random);
  BOOST_TEST(!network_layer(streams).start(cx));
  BOOST_TEST(!streams.listen(80));
  BOOST_TEST(streams.listen(80) == Errc::port_in_use);
  streams.unlisten(80);
  const auto id = streams.connect(Nid(2), 80, cx);
  BOOST_TEST_REQUIRE(id.has_value());
  BOOST_TEST_REQUIRE(streams.peer(*id).has_value());
  BOOST_TEST(streams.peer(*id)->port == 80);
  const auto other = streams.connect(Nid(2), 80, 7000, cx);
  BOOST_TEST(other.has_value());
  std::array<std::byte, 8> octets{};
  BOOST_TEST(!streams.read(*id, octets, cx).has_value());
  BOOST_TEST(!streams.write(StreamId{12345}, octets, cx).has_value());
  BOOST_TEST(!!streams.shutdown(StreamId{12345}, cx));
  streams.reset(*id, cx);
  streams.close(*other, cx);
  BOOST_TEST(!streams.peer(*id).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::other_packets_test
