#include "ilnp/network/policies.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "ilnp/proxy/proxy.hpp"
#include "overlay.hpp"
#include "support/memory_underlay.hpp"
#include "support/nonce_format.hpp"
#include "support/small_format.hpp"

namespace ilnp::test::policies_test {

// What is left out costs nothing.
using Plain = BasicNeighbourTable<NoInterop>::Neighbour;
static_assert(std::is_empty_v<NoInterop::Habits> && std::is_empty_v<NoGuard>);
static_assert(sizeof(Plain) < sizeof(NeighbourTable::Neighbour));
static_assert(sizeof(ILNP<MemoryUnderlay, wire::Overlay, NoGuard, NoInterop>) ==
              sizeof(ILNP<MemoryUnderlay>));

/// In three networks with a router between them: what nodes of one kind do, whatever it is.
template <class Network>
void check() {
  BasicOverlay<BasicEndpoint<STP<Network>>> net;
  net.world.defaults.delay = 1ms;
  auto config = node_config(0xa, "alice", {{a}, {b}, {c}});
  config.move_time = 4s;
  config.handoff_time = 2s;
  auto& alice = net.add(config);
  auto& bob = net.add(0xb, "bob", {b});
  auto& router = net.add(0xd, "router", {a, b, c});
  net.add(0xe, "another", {a, b, c});
  net.start(500ms);
  alice.stream(bob, 10ms, net.in(1ms), net.in(20s));
  bob.stream(alice, 10ms, net.in(6ms), net.in(20s));
  net.world.run_for(21s);
  bob.expect_all_once_from(alice, 12);
  alice.expect_all_once_from(bob, 12);
  BOOST_TEST(alice.watch.handoffs_ended >= 3);
  BOOST_TEST(alice.watch.acknowledged >= 3);
  BOOST_TEST(alice.watch.given_up == 0);
  BOOST_TEST(router.network().counters().forwarded + net.nodes[3]->network().counters().forwarded > 500U);
}

/// Believes nobody whose identifier it does not know.
struct Strict : NoGuard {
  template <class Header, class Cx>
  bool admit(FrameSource, const Header& header, wire::Kind kind, Cx&) {
    ++asked[kind];
    return header.source().nid != Nid(0xbad);
  }
  std::map<wire::Kind, int> asked;
};

BOOST_AUTO_TEST_SUITE(policies)

BOOST_AUTO_TEST_CASE(another_format_delivers_forwards_and_moves) { check<ILNP<sim::SimUnderlay, Small>>(); }

BOOST_AUTO_TEST_CASE(so_does_one_with_sessions) { check<ILNP<sim::SimUnderlay, Nonced>>(); }

BOOST_AUTO_TEST_CASE(without_interoperation_all_is_delivered_once) {
  check<ILNP<sim::SimUnderlay, wire::Overlay, NoGuard, NoInterop>>();
}

BOOST_AUTO_TEST_CASE(a_proxy_stands_on_any_format) {
  sim::World world(1);
  using Node = sim::SimNode<Proxy<STP<ILNP<sim::SimUnderlay, Small>>>>;
  Node alice(world, "alice", node_config(1, "alice", {{a}})), bob(world, "bob", node_config(2, "bob", {{b}}));
  Node router(world, "router", node_config(3, "router", {{a, b}}));
  std::vector<std::string> heard;
  bob.on_receive([&](LocalPort port, Bytes payload) {
    BOOST_TEST(port.port == 7000);
    heard.emplace_back(as_text(payload));
  });
  for (Node* node : {&alice, &bob, &router}) node->start();
  alice.with([](auto& stack, auto&) { BOOST_TEST(!stack.map(6000, {"bob", 7000, false})); });
  bob.with([](auto& stack, auto&) { BOOST_TEST(!stack.map(7000, {"alice", 6000, false})); });
  world.run_for(1s);
  alice.with([](auto& stack, auto& cx) {
    BOOST_TEST(stack.max_payload() == 1440U - 34 - 4);
    BOOST_TEST(!stack.send(6000, as_bytes("hello,"), cx));
  });
  world.run_for(1s);
  BOOST_TEST(heard == std::vector<std::string>{"hello,"});
}

BOOST_AUTO_TEST_CASE(nodes_of_two_formats_hear_nothing_of_each_other) {
  sim::World world(1);
  sim::SimNode<STP<ILNP<sim::SimUnderlay, Small>>> alice(world, "alice", node_config(1, "alice", {{a}}));
  sim::SimNode<STP<ILNP<sim::SimUnderlay>>> bob(world, "bob", node_config(2, "bob", {{a}}));
  alice.start(), bob.start();
  world.run_for(10s);
  const auto& of_alice = network_layer(alice.stack());
  const auto& of_bob = network_layer(bob.stack());
  BOOST_TEST(of_alice.counters().received > 0U);
  BOOST_TEST(of_bob.counters().received > 0U);
  BOOST_TEST(of_alice.counters().discovery_received == 0U);
  BOOST_TEST(of_bob.counters().discovery_received == 0U);
}

BOOST_AUTO_TEST_CASE(a_guard_is_asked_before_anything_is_learnt) {
  using Guarded = STP<ILNP<sim::SimUnderlay, wire::Overlay, Strict>>;
  BasicOverlay<BasicEndpoint<Guarded>> net;
  auto& alice = net.add(1, "alice", {a});
  auto& bob = net.add(2, "bob", {a});
  auto& mallory = net.add(0xbad, "mallory", {a});
  net.start();
  bob.stream(alice, 10ms, net.in(1ms), net.in(1s));
  mallory.stream(alice, 10ms, net.in(1ms), net.in(1s));
  net.world.run_for(2s);
  alice.expect_all_once_from(bob);
  BOOST_TEST(alice.from[mallory.nid()].total == 0);
  BOOST_TEST(alice.drops(Drop::refused) > 50U);
  alice.node().with([&](auto& stack, auto& cx) {
    BOOST_TEST(!stack.resolve("mallory", cx));
    auto& guard = network_layer(stack).guard();
    BOOST_TEST(guard.asked[wire::Kind::discovery] > 0);
    BOOST_TEST(guard.asked[wire::Kind::packet] > 0);
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::policies_test
