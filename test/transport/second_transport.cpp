// A stack that branches: packets of a protocol that none of its transports owns.
#include <boost/test/unit_test.hpp>
#include <map>

#include "ilnp/base/adaptor.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/fragment.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::second_transport_test {

constexpr Ilv bob{a, Nid(2)};
constexpr Ilv self{a, Nid(1)};
constexpr std::uint8_t other = 253;
using Texts = std::vector<std::string>;

template <class Stack, bool takes_packets>
struct Fed : HandFed<Stack, takes_packets> {
  Fed() : HandFed<Stack, takes_packets>(node_config(1, "alice", {{a}})) {
    this->start();
    this->feed(a, discovery(bob, "bob"));
    this->take();
    if constexpr (requires { this->stack.map(LocalPort(4000), {"bob", 80}); })
      BOOST_TEST(!this->stack.map(LocalPort(4000), {"bob", 80}));
    else
      BOOST_TEST(!this->stack.bind(4000));
  }
  const TransportCounters& stp() { return stp_in(this->stack).counters(); }

  template <class Layer>
  static auto& stp_in(Layer& layer) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(layer.counters())>, TransportCounters>)
      return layer;
    else
      return stp_in(layer.next_layer());
  }
};

using Lowest = STP<ILNP<MemoryUnderlay>>;
using Highest = Proxy<TransportAdaptor<Fragment<TransportAdaptor<Lowest>>>>;

/// The octets that an STP datagram of port 0, a fragment, or nothing at all would have.
const Texts contents = {"a note", "", std::string("\0\0\0\0\1\0\0\0", 8), std::string(1400, 'x')};

template <class Stack>
void hands_up_what_it_does_not_own() {
  Fed<Stack, true> node;
  for (const std::string& text : contents) {
    node.feed(a, frame(bob, self, other, as_bytes(text), 2));
    BOOST_TEST(node.take_delivered() == Texts{text});  // once, and unchanged
    BOOST_TEST_REQUIRE(node.packet.has_value());
    BOOST_TEST(node.packet->source == bob);
    BOOST_TEST(node.packet->destination == self);
    BOOST_TEST(node.packet->interface == a);
    BOOST_TEST(node.packet->next_header == other);
    BOOST_TEST(node.packet->hop_limit == 2);
    node.packet.reset();
  }
  BOOST_TEST(node.stp().dropped_unknown_next_header == 0u);
  BOOST_TEST(node.stp().delivered == 0u);
  BOOST_TEST(node.take().empty());  // none of them was answered
  // What the node sends to itself comes by the timer.
  auto& network = upper_network_layer(node.stack);
  Packet packet(network.headroom(0), as_bytes("to myself"));
  BOOST_TEST(!network.send(self.nid, other, packet, node.cx));
  node.run(0s);
  BOOST_TEST(node.take_delivered() == Texts{"to myself"});
  // The first transport works as before.
  node.feed(a, datagram(bob, self, 80, 4000, "a datagram"));
  BOOST_TEST(node.take_delivered() == Texts{"a datagram"});
  BOOST_TEST(node.stp().delivered == 1u);
}

template <class Stack>
void drops_what_nobody_takes() {
  Fed<Stack, false> node;
  for (int next_header = 0; next_header < 256; ++next_header) {
    if (next_header == 42 || next_header == 44) continue;
    node.feed(a, frame(bob, self, static_cast<std::uint8_t>(next_header), as_bytes("a note")));
  }
  BOOST_TEST(node.take_delivered().empty());
  BOOST_TEST(node.take().empty());
  BOOST_TEST(node.stp().dropped_unknown_next_header == 254u);
  BOOST_TEST(node.stp().dropped_too_short == 0u);
}

BOOST_AUTO_TEST_SUITE(second_transport)

BOOST_AUTO_TEST_CASE(a_packet_of_another_protocol_reaches_the_top_once_and_unchanged) {
  hands_up_what_it_does_not_own<Lowest>();
  hands_up_what_it_does_not_own<Fragment<Lowest>>();
  hands_up_what_it_does_not_own<Highest>();
}

BOOST_AUTO_TEST_CASE(one_that_nobody_takes_is_dropped_and_counted) {
  drops_what_nobody_takes<Lowest>();
  drops_what_nobody_takes<Fragment<Lowest>>();
  drops_what_nobody_takes<Highest>();
}

/// Counts which kind of thing comes; takes no packets.
struct Datagrams {
  int* count;
  void operator()(const DatagramSource&, Bytes) const { ++*count; }
};
static_assert(Takes<Datagrams, DatagramSource> && !Takes<Datagrams, NetworkSource>);

BOOST_AUTO_TEST_CASE(up_decides_by_its_type_what_it_takes) {
  Fed<Lowest, false> node;
  int count = 0;
  auto note = frame(bob, self, other, as_bytes("a note"));
  auto hello = datagram(bob, self, 80, 4000, "hello");
  node.stack.feed({a, 2}, note, node.cx, Datagrams{&count});
  node.stack.feed({a, 2}, hello, node.cx, Datagrams{&count});
  BOOST_TEST(count == 1);
  BOOST_TEST(node.stp().dropped_unknown_next_header == 1u);
}

template <bool takes_packets>
void survives_a_flood() {
  Fed<Highest, takes_packets> node;
  node.feed(a, frame(bob, self, other, as_bytes("the first")));
  std::map<std::string, std::size_t> before;
  node.network().for_each_table(
      [&](const char* name, std::size_t size, std::size_t) { before[name] = size; });
  const TimePoint deadline = node.stack.next_deadline();
  for (int i = 0; i < 20'000; ++i)
    node.feed(a, frame(bob, self, static_cast<std::uint8_t>(other + i % 3), as_bytes(std::to_string(i))));
  node.network().for_each_table([&](const char* name, std::size_t size, std::size_t) {
    BOOST_TEST_CONTEXT(name) BOOST_TEST(size == before[name]);
  });
  BOOST_TEST((node.stack.next_deadline() == deadline));
  BOOST_TEST(node.take().empty());
  BOOST_TEST(node.take_delivered().size() == (takes_packets ? 20'001u : 0u));
  node.feed(a, datagram(bob, self, 80, 4000, "a datagram"));
  BOOST_TEST(node.take_delivered() == Texts{"a datagram"});
  BOOST_TEST(!node.stack.send(LocalPort(4000), as_bytes("another"), node.cx));
  BOOST_TEST(node.take(42).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_them_leaves_nothing_behind) {
  survives_a_flood<true>();
  survives_a_flood<false>();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::second_transport_test
