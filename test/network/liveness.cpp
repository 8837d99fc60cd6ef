// Forged updates and goodbyes, genuine ones, and peers that fall silent.
#include "ilnp/network/liveness.hpp"
#include "ilnp/base/stack.hpp"

#include <boost/test/unit_test.hpp>

#include "overlay.hpp"
#include "support/hand_fed.hpp"

namespace ilnp::test::liveness_test {

/// alice in a, bob in b, a router between them, and mallory in a, who forges what the test needs.
struct Scene : Overlay {
  Scene() {
    alice = &add(0xa, "alice", {a});
    bob = &add(0xb, "bob", {b});
    add(0xd, "router", {a, b});
    mallory = &add(0xe, "mallory", {a});
    start(3s);
  }
  void forge(const Octets& octets) {
    mallory->node().with(
        [&](auto& stack, auto& cx) { BOOST_TEST(!lowest_layer(stack).send(a, Packet({}, octets), cx)); });
  }
  /// Tells alice that bob has moved to `locators`.
  void forge_update(const std::vector<Locator>& locators) {
    forge(locator_update({b, bob->nid()}, {a, alice->nid()}, locators));
  }
  void forge_goodbye() { forge(datagram({b, bob->nid()}, {a, alice->nid()}, 0, 0, {"\6\0\0\0", 4})); }
  std::uint64_t solicitations() const { return alice->network().counters().solicitations_sent; }
  bool knows_bob() {
    return alice->node().with([&](auto& stack, auto& cx) { return stack.resolve("bob", cx).has_value(); });
  }

  Endpoint* alice;
  Endpoint* bob;
  Endpoint* mallory;
};

BOOST_AUTO_TEST_SUITE(liveness)

BOOST_AUTO_TEST_CASE(a_forged_update_costs_two_seconds_once) {
  Scene net;
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(30s));
  net.bob->stream(*net.alice, 10ms, net.in(1ms), net.in(30s));
  net.world.run_for(5s);
  net.forge_update({a});
  net.world.run_for(27s);
  BOOST_TEST(net.alice->watch.updates_undone == 1);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, 3000) <= 205);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, 3000) >= 100);  // otherwise the forgery had no effect
  // For half a second the router believes that another node has forwarded the forged frame.
  BOOST_TEST(net.alice->from[net.bob->nid()].lost(1, 3000) <= 60);
}

BOOST_AUTO_TEST_CASE(of_a_peer_that_only_listens_too) {
  Scene net;
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(30s));
  net.world.run_for(5s);
  net.forge(datagram({b, net.bob->nid()}, {a, net.alice->nid()}, 1, 1, "hello"));
  net.forge_update({a});
  net.world.run_for(27s);
  BOOST_TEST(net.alice->watch.updates_undone == 1);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, 3000) <= 350);
}

BOOST_AUTO_TEST_CASE(forged_updates_without_end_cost_no_more) {
  for (const Duration period : {130ms, 2000ms, 2500ms}) {
    Scene net;
    net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(60s));
    net.bob->stream(*net.alice, 10ms, net.in(1ms), net.in(60s));
    std::uint64_t count = 0;
    net.world.every(period, net.in(5s), net.in(55s), [&] {
      if (++count % 2)
        net.forge_update({a});
      else
        net.forge_update({a, d});
    });
    net.world.run_for(61s);
    BOOST_TEST_CONTEXT(period.count()) {
      BOOST_TEST(net.alice->watch.updates_undone == 1);
      BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, 6000) <= 310);
      BOOST_TEST(net.alice->drops(Drop::update_unproven) > 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(forged_updates_that_name_the_true_place_too_cost_no_more) {
  Scene net;
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(40s));
  net.bob->stream(*net.alice, 10ms, net.in(1ms), net.in(40s));
  for (int i = 0; i < 5; ++i) {
    net.world.run_for(5s);
    net.forge_update({a});
    net.world.run_for(300ms);
    net.forge_update({a, b});
  }
  net.world.run_for(15s);
  BOOST_TEST(net.alice->watch.updates_undone == 1);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, 4000) <= 310);
}

// While this node is wary after a forged update, a handoff loses nothing either.
BOOST_AUTO_TEST_CASE(a_true_handoff_after_a_forged_update_is_believed) {
  Scene net;
  auto& second = net.add(0xdd, "second", {a, c});
  second.start();
  net.world.run_for(2s);
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(40s));
  net.bob->stream(*net.alice, 10ms, net.in(1ms), net.in(40s));
  net.world.run_for(1s);
  net.forge_update({a});
  net.world.run_for(5s);
  BOOST_TEST(net.alice->watch.updates_undone == 1);
  net.bob->move_to({c});
  net.world.run_for(36s);
  BOOST_TEST(net.alice->watch.updates_undone == 1);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(700, 4000) == 0);
  BOOST_TEST(net.alice->from[net.bob->nid()].lost(700, 4000) == 0);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_no_longer_heard_is_shown_once_and_so_is_its_return) {
  Scene net;
  net.alice->stream(*net.bob, 100ms, net.in(1ms), net.in(80s));
  net.world.run_for(20s);
  BOOST_TEST(net.alice->watch.silent == 0);
  net.bob->crash();
  net.world.run_for(40s);
  BOOST_TEST(net.alice->watch.silent == 1);
  BOOST_TEST(net.alice->watch.heard == 0);
  BOOST_TEST(net.alice->network().counters().peers_silent == 1U);
  net.bob->restart();
  net.world.run_for(20s);
  BOOST_TEST(net.alice->watch.silent == 1);
  BOOST_TEST(net.alice->watch.heard == 1);
  BOOST_TEST(net.alice->network().counters().peers_heard == 1U);
}

BOOST_AUTO_TEST_CASE(a_listening_or_unaddressed_peer_is_not_reported_as_silent) {
  Scene net;
  net.alice->stream(*net.bob, 100ms, net.in(1ms), net.in(200s));
  net.world.run_for(200s);
  BOOST_TEST(net.alice->watch.silent == 0);
  BOOST_TEST(net.alice->refused == 0);
  net.bob->crash();
  net.world.run_for(60s);
  BOOST_TEST(net.alice->watch.silent == 0);
}

BOOST_AUTO_TEST_CASE(a_node_that_shuts_down_is_forgotten_by_those_with_which_it_has_traffic) {
  Scene net;
  auto& carol = net.add(0xc, "carol", {a});
  carol.start();
  net.alice->stream(*net.bob, 100ms, net.in(1ms), net.in(3s));
  net.bob->stream(*net.alice, 5ms, net.in(1ms), net.in(3s));  // some are on their way when it ends
  net.world.run_for(3s);
  net.bob->shut_down();
  net.world.run_for(1s);
  BOOST_TEST(net.knows_bob());
  net.world.run_for(1s);
  BOOST_TEST(!net.knows_bob());
  BOOST_TEST(net.alice->watch.left == 1);
  BOOST_TEST(net.alice->network().counters().peers_left == 1U);
  BOOST_TEST(!net.alice->network().correspondents().active(net.bob->nid(), net.world.now()));
  // carol, to whom it has sent nothing, was not told.
  BOOST_TEST((carol.node().with([](auto& stack, auto& cx) { return stack.resolve("bob", cx).has_value(); })));
  net.bob->restart();
  net.world.run_for(1s);
  BOOST_TEST(net.knows_bob());
}

BOOST_AUTO_TEST_CASE(a_node_that_returns_at_once_is_not_forgotten) {
  Scene net;
  net.alice->stream(*net.bob, 100ms, net.in(1ms), net.in(20s));
  net.world.run_for(3s);
  net.bob->shut_down();
  net.world.run_for(300ms);
  net.bob->restart();
  net.world.run_for(5s);
  BOOST_TEST(net.knows_bob());
  BOOST_TEST(net.alice->watch.left == 0);
}

BOOST_AUTO_TEST_CASE(a_forged_goodbye_costs_a_solicitation_or_two) {
  for (const bool quiet : {false, true}) {
    Scene net;
    net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(30s));
    if (!quiet) net.bob->stream(*net.alice, 10ms, net.in(1ms), net.in(30s));
    net.world.run_for(5s);
    auto before = net.solicitations();
    net.forge_goodbye();
    net.world.run_for(5s);
    BOOST_TEST(net.solicitations() - before <= 2U);
    // Endless forged goodbyes.
    net.world.every(50ms, net.in(0ms), net.in(20s), [&] { net.forge_goodbye(); });
    before = net.solicitations();
    net.world.run_for(22s);
    BOOST_TEST(net.solicitations() - before <= 10U);
    BOOST_TEST(net.alice->watch.left == 0);
    BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, 3000) == 0);
  }
}

BOOST_AUTO_TEST_CASE(goodbyes_of_unknown_nodes_cost_little) {
  Scene net;
  const auto before = net.solicitations();
  std::uint64_t nid = 0x10000;
  net.world.every(2ms, net.in(0ms), net.in(20s), [&] {
    ++nid;
    net.forge(discovery({a, Nid(nid)}, "n" + std::to_string(nid)));
    net.forge(datagram({a, Nid(nid)}, {a, net.alice->nid()}, 0, 0, {"\6\0\0\0", 4}));
  });
  net.world.run_for(22s);
  BOOST_TEST(net.solicitations() - before <= 30U);
  BOOST_TEST(net.alice->watch.left == 0);  // nobody that a node here has asked for
  BOOST_TEST(net.knows_bob());
}

// A firewall rejects what this node sends, but it hears everything.
BOOST_AUTO_TEST_CASE(a_node_that_could_not_be_asked_keeps_its_name_and_is_not_forgotten) {
  for (const std::uint64_t others : {0U, 20U})
    for (const bool solicits : {false, true})
      for (const bool refused : {true, false}) {
        HandFed<ILNP<MemoryUnderlay>> node(node_config(1, "alice", {{a}}));
        node.start();
        for (std::uint64_t i = 0; i < others; ++i)
          node.feed(a, discovery({a, Nid(100 + i)}, "node-" + std::to_string(i)));
        node.feed(a, discovery({a, Nid(2)}, "bob"));
        node.feed(a, discovery({a, Nid(3)}, "carol"));
        node.run(5s);
        const auto frames = node.underlay().max_frame();
        if (refused) node.underlay().set_max_frame(1);
        node.feed(a, discovery({a, Nid(9)}, "bob", solicits));
        node.network().doubt(Nid(3), node.cx);
        node.run(5s);
        node.underlay().set_max_frame(frames);
        BOOST_TEST_CONTEXT(others << ' ' << solicits << ' ' << refused) {
          BOOST_TEST(node.counters().names_passed == (refused ? 0U : 1U));
          BOOST_TEST(node.counters().peers_left == (refused ? 0U : 1U));
          BOOST_TEST(*node.network().resolve("bob", node.cx) == Nid(refused ? 2 : 9));
          BOOST_TEST(node.network().resolve("carol", node.cx).has_value() == refused);
        }
      }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::liveness_test
