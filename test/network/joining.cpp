#include <boost/test/unit_test.hpp>

#include "ilnp/base/stack.hpp"
#include "overlay.hpp"

namespace ilnp::test::joining_test {

/// alice is in a, bob in b, and nobody forwards between the two. A router is in a only.
struct Joining : Overlay {
  Joining() {
    world.defaults.delay = 1ms;
    alice = &add(0xa, "alice", {a});
    bob = &add(0xb, "bob", {b});
    router = &add(0xd, "router", {a});
    start(20s);
  }

  void join(Locator locator, bool joined = true) {
    router->node().with(
        [&](auto& stack, auto& cx) { BOOST_TEST(network_layer(stack).join(locator, cx) == joined); });
  }

  Endpoint* alice;
  Endpoint* bob;
  Endpoint* router;
};

BOOST_AUTO_TEST_SUITE(joining)

BOOST_AUTO_TEST_CASE(a_router_that_joins_a_network_connects_it_at_once) {
  Joining net;
  net.join(b);
  net.world.run_for(20ms);
  net.alice->stream(*net.bob, 100ms, net.in(0ms), net.in(20s));
  net.bob->stream(*net.alice, 100ms, net.in(50ms), net.in(20s));
  net.world.run_for(21s);
  net.bob->expect_all_once_from(*net.alice);
  net.alice->expect_all_once_from(*net.bob);
}

BOOST_AUTO_TEST_CASE(what_was_tried_in_vain_before_goes_through_at_once_as_well) {
  Joining net;
  // They ask for each other ever less often.
  net.alice->stream(*net.bob, 100ms, net.in(0ms), net.in(60s));
  net.bob->stream(*net.alice, 100ms, net.in(50ms), net.in(60s));
  net.world.run_for(30s);
  BOOST_TEST((net.bob->from.empty() && net.alice->from.empty()));
  net.join(b);
  net.world.run_for(20ms);
  const std::uint64_t first = net.alice->sent[net.bob->nid()] + 1;
  net.world.run_for(31s);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(first, 600) == 0);
  BOOST_TEST(net.alice->from[net.bob->nid()].lost(first, 600) == 0);
}

BOOST_AUTO_TEST_CASE(a_network_of_many_nodes_is_known_within_a_second) {
  Joining net;
  for (std::uint64_t i = 0; i < 40; ++i) net.add(0x100 + i, "host-" + std::to_string(i), {b}).start();
  net.world.run_for(5s);
  net.join(b);
  net.world.run_for(1s);
  for (const auto& node : net.nodes)
    if (node.get() != net.alice) BOOST_TEST(!net.alice->send(node->nid(), 1));
  net.world.run_for(1s);
  for (const auto& node : net.nodes)
    if (node.get() != net.alice) BOOST_TEST(node->from[net.alice->nid()].total == 1);
}

BOOST_AUTO_TEST_CASE(a_network_that_cannot_be_joined_changes_nothing) {
  Joining net;
  net.join(all_nodes_locator, false);
  BOOST_TEST(net.router->watch.undone == 1);
  BOOST_TEST((net.router->network().interfaces().locators() == List<Locator>{a}));
  BOOST_TEST(net.router->watch.handoffs_begun == 0);
}

BOOST_AUTO_TEST_CASE(a_second_router_brings_no_duplicates) {
  Joining net;
  net.add(0xc, "other", {a, b}).start();
  net.world.run_for(20s);
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(40s));
  net.world.run_for(10s);
  net.join(b);
  net.world.run_for(31s);
  net.bob->expect_all_once_from(*net.alice);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::joining_test
