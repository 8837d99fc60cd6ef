// What a guard may do, and when: network/policies.hpp.
#include <boost/test/unit_test.hpp>
#include <map>

#include "overlay.hpp"
#include "stranger.hpp"
#include "support/memory_underlay.hpp"
#include "support/octets.hpp"
#include "support/tag_guard.hpp"

namespace ilnp::test::guard_test {

static_assert(GuardFor<NoGuard, wire::Overlay> && GuardFor<TagGuard, wire::Overlay>);
struct NoAnswer : NoGuard {
  void admit(FrameSource, const wire::IlnpHeader&, wire::Kind, Context<>&);
};
static_assert(!GuardFor<NoAnswer, wire::Overlay> && !GuardFor<int, wire::Overlay>);

using Guarded = BasicEndpoint<STP<ILNP<sim::SimUnderlay, wire::Overlay, TagGuard>>>;

/// Alice in a, bob in b, and a router between them have the key. Carol in b has none; neither has the stranger in b, which hears all frames.
struct Net : BasicOverlay<Guarded> {
  Net() {
    start();
    BOOST_TEST(!alice.send(bob.nid(), 1));
    BOOST_TEST(!bob.send(alice.nid(), 1));
    world.run_for(100ms);
  }
  static const TagGuard& guard(const Guarded& node) { return node.network().guard(); }

  void forge(Ilv source, std::uint8_t next_header, const Octets& payload, std::uint8_t hop_limit = 8) {
    stranger.put(b, Stranger::frame(source, {b, bob.nid()}, hop_limit, next_header, payload));
    world.run_for(10ms);
  }

  Guarded &alice = add(0xa, "alice", {a}), &bob = add(0xb, "bob", {b}),
          &router = add(0xd, "router", {a, b, c}), &carol = add(0x1, "carol", {b});
  Stranger stranger{world, {b}};
};

Octets update_to(Locator locator) {
  const std::array<Locator, 1> to{locator};
  const wire::LocatorUpdateRepr message{to};
  Octets out(message.size());
  message.write_to(out);
  return out;
}

/// Knows who alice is.
struct Pins : NoGuard {
  template <class Message, class Cx>
  bool believes(const Ilv&, const Message& message, Cx&) {
    const bool yes = pinned == Nid{} || message.host_name() != "alice" || message.nid() == pinned;
    refused += !yes;
    return yes;
  }
  Nid pinned;
  int refused = 0;
};

struct Hearing {
  std::vector<PeerBeats>* beats;
  void operator()(const PeerBeats& event) const { beats->push_back(event); }
  template <class Event>
  void operator()(const Event&) const {}
};

BOOST_AUTO_TEST_SUITE(guard)

BOOST_AUTO_TEST_CASE(what_is_sealed_is_opened_and_a_move_loses_nothing) {
  BasicOverlay<Guarded> net;
  auto config = node_config(0xa, "alice", {{a}, {b}, {c}});
  config.move_time = 4s;
  config.handoff_time = 2s;
  auto& alice = net.add(config);
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b, c});
  net.start(500ms);
  int in_the_clear = 0;
  net.world.tap([&](const sim::SentFrame& frame) {
    const auto header = wire::IlnpHeader::parse(frame.bytes);
    in_the_clear += header->next_header() == 42 && wire::load<std::uint16_t>(header->payload(), 0) == port;
  });
  alice.stream(bob, 10ms, net.in(1ms), net.in(20s));
  bob.stream(alice, 10ms, net.in(6ms), net.in(20s));
  net.world.run_for(21s);
  bob.expect_all_once_from(alice, 12);
  alice.expect_all_once_from(bob, 12);
  BOOST_TEST(in_the_clear == 0);
  BOOST_TEST(alice.watch.handoffs_ended >= 3);
  BOOST_TEST(alice.watch.acknowledged >= 3);
  for (auto* node : {&alice, &bob}) {
    BOOST_TEST(node->drops(Drop::refused) == 0U);
    BOOST_TEST(Net::guard(*node).counters().sealed >= 1990U);
    BOOST_TEST(Net::guard(*node).counters().opened >= 1990U);
  }
}

BOOST_AUTO_TEST_CASE(a_node_without_the_key_is_spoken_to_in_plain) {
  Net net;
  net.carol.stream(net.bob, 10ms, net.in(1ms), net.in(1s));
  net.bob.stream(net.carol, 10ms, net.in(1ms), net.in(1s));
  net.world.run_for(2s);
  net.bob.expect_all_once_from(net.carol);
  net.carol.expect_all_once_from(net.bob);
}

BOOST_AUTO_TEST_CASE(what_has_no_tag_is_refused_packet_by_packet) {
  Net net;
  net.alice.stream(net.bob, 2ms, net.in(1ms), net.in(1s));  // often: what was decided still holds
  // In the name of alice, and like her packets in all that the flow cache looks at.
  net.world.every(2ms, net.in(2ms), net.in(1s), [&] {
    const Ilv alice{a, net.alice.nid()}, bob{b, net.bob.nid()};
    net.stranger.put(b, Stranger::frame(alice, bob, 15, 42, datagram("12345678")));
  });
  net.world.run_for(2s);
  BOOST_TEST(net.bob.from[net.alice.nid()].lost(1, net.alice.sent[net.bob.nid()]) == 0);
  BOOST_TEST(net.bob.from[net.alice.nid()].arrivals.size() == net.alice.sent[net.bob.nid()]);
  BOOST_TEST(net.bob.drops(Drop::refused) >= 499U);
  BOOST_TEST(Net::guard(net.bob).counters().bad_tags == net.bob.drops(Drop::refused));
}

BOOST_AUTO_TEST_CASE(nothing_is_learnt_from_what_is_refused) {
  Net net;
  const auto* bob_knows = &net.bob.network();
  const std::size_t routes = bob_knows->forwarding().size();
  // A packet from elsewhere, an update, a discovery message, and frames with bob's own identifier.
  net.forge({d, net.alice.nid()}, 42, datagram("12345678"));
  net.forge({a, net.alice.nid()}, 44, update_to(d));
  const wire::DiscoveryRepr message{Nid(0xe), d, false, "eve"};
  Octets discovery(message.size());
  message.write_to(discovery);
  for (const std::uint64_t nid : {std::uint64_t{0xe}, net.bob.nid().value()})
    for (int i = 0; i < 4; ++i) {
      const Ilv all{all_nodes_locator, Nid{}};
      net.stranger.put(b, Stranger::frame({d, Nid(nid)}, all, 16, 43, discovery));
      net.forge({d, net.bob.nid()}, 42, datagram("12345678"), 255);
      net.world.run_for(2s);
    }
  BOOST_TEST(net.bob.drops(Drop::refused) == 18U);
  BOOST_TEST(bob_knows->forwarding().size() == routes);
  BOOST_TEST(bob_knows->counters().updates_received == 0U);
  BOOST_TEST(bob_knows->counters().duplicate_nid == 0U);
  BOOST_TEST(bob_knows->counters().of(Drop::own_frame) == 0U);
  BOOST_TEST(net.bob.watch.namesakes.empty());
  net.bob.node().with([&](auto& stack, auto& cx) { BOOST_TEST(!stack.resolve("eve", cx)); });
}

BOOST_AUTO_TEST_CASE(what_is_not_believed_is_passed_on) {
  BasicOverlay<BasicEndpoint<STP<ILNP<sim::SimUnderlay, wire::Overlay, Pins>>>> net;
  auto& mallory = net.add(9, "alice", {a});
  auto& router = net.add(0xd, "router", {a, b});
  auto& bob = net.add(0xb, "bob", {b});
  router.node().with([](auto& stack, auto&) { network_layer(stack).guard().pinned = Nid(0xa); });
  net.start(3s);
  const auto meaning = [](auto& node) {
    return node.node().with([](auto& stack, auto& cx) {
      const auto nid = stack.resolve("alice", cx);
      return nid ? *nid : Nid{};
    });
  };
  BOOST_TEST(meaning(router) == Nid{});
  BOOST_TEST(meaning(bob) == mallory.nid());
  BOOST_TEST(router.network().guard().refused > 0);
  bool known = false;
  router.network().hosts().for_each([&](Nid nid, const KnownHost&) { known |= nid == mallory.nid(); });
  BOOST_TEST(!known);
}

BOOST_AUTO_TEST_CASE(a_guard_has_a_timer_and_packets_of_its_own) {
  Net net;
  net.world.run_for(10s);
  for (auto* node : {&net.alice, &net.bob}) {
    const auto& counters = Net::guard(*node).counters();
    BOOST_TEST(counters.beats >= 9U);
    BOOST_TEST(counters.beats <= 11U);
    BOOST_TEST(counters.replies >= 9U);
    // They go no further, and count as no drop.
    BOOST_TEST(node->network().counters().delivered == 1U);
    BOOST_TEST(node->drops(Drop::refused) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_guard_is_told_of_a_suspension) {
  Net net;
  net.alice.node().suspend();
  net.world.run_for(10s);
  net.alice.node().resume();
  std::size_t peers = 99;
  Net::guard(net.alice).for_each_table([&](const char*, std::size_t size, std::size_t) { peers = size; });
  BOOST_TEST(peers == 0U);
}

BOOST_AUTO_TEST_CASE(a_guard_may_refuse_to_send) {
  Net net;
  net.alice.node().with([&](auto& stack, auto&) { network_layer(stack).guard().silenced = net.bob.nid(); });
  BOOST_TEST((net.alice.send(net.bob.nid(), 2) == Errc::queue_full));
  BOOST_TEST(!net.alice.send(net.carol.nid(), 1));
}

BOOST_AUTO_TEST_CASE(what_a_guard_adds_has_room) {
  using Network = ILNP<MemoryUnderlay, wire::Overlay, TagGuard>;
  Network network(node_config(0xa, "alice", {{a}}), std::size_t{100});
  BOOST_TEST(network.max_payload() == 52U);
  BOOST_TEST(network.max_payload(Nid(0xb)) == 52U);
  BOOST_TEST(network.max_payload(Nid(1)) == 60U);
  BOOST_TEST(network.headroom(4).size() == 52U);
  BOOST_TEST(network.headroom(60).size() == 100U);  // no more than a frame

  Net net;
  for (const auto& [to, size] :
       {std::pair(net.bob.nid(), 1440U - 48 - 4), {net.carol.nid(), 1440U - 40 - 4}}) {
    net.alice.node().with(
        [&, peer = to, most = size](auto& stack, auto&) { BOOST_TEST(stack.max_payload(peer) == most); });
    BOOST_TEST(!net.alice.send(to, Octets(size)));
    BOOST_TEST((net.alice.send(to, Octets(size + 1)) == Errc::message_too_long));
  }
  net.world.run_for(1s);
  BOOST_TEST(net.bob.other == 1);
  BOOST_TEST(net.carol.other == 1);
}

BOOST_AUTO_TEST_CASE(its_counters_tables_and_events_are_shown) {
  Net net;
  std::map<std::string, std::uint64_t> counters;
  for_each_counter(net.alice.node().stack(), [&](std::string_view layer, std::string_view name, auto value) {
    if (layer == "guard") counters.emplace(name, value);
  });
  BOOST_TEST(counters.size() == 5U);
  BOOST_TEST(counters["sealed"] >= 1U);
  bool listed = false;
  net.alice.network().for_each_table(
      [&](std::string_view name, std::size_t, std::size_t) { listed |= name == "beats"; });
  BOOST_TEST(listed);

  std::vector<PeerBeats> beats;
  sim::SimNode<STP<ILNP<sim::SimUnderlay, wire::Overlay, TagGuard>>, Hearing> dave(
      net.world, "dave", sim::Observing{Hearing{&beats}}, node_config(0xf, "dave", {{b}}));
  dave.start();
  net.world.run_for(3s);
  dave.with(
      [&](auto& stack, auto& cx) { BOOST_TEST(!stack.send(port, net.bob.nid(), port, Octets(8), cx)); });
  net.world.run_for(3s);
  BOOST_TEST(beats.size() >= 2U);
  for (const PeerBeats& each : beats) BOOST_TEST(each.peer == net.bob.nid());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::guard_test
