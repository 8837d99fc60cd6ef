#include <boost/test/unit_test.hpp>

#include "ilnp/base/stack.hpp"
#include "overlay.hpp"

namespace ilnp::test::moving_test {

/// alice moves a-b-c, bob is in b, a router is in all three: the published topology, with times that suit the test.
struct Moving : Overlay {
  explicit Moving(Duration move_time = 4s, Duration handoff_time = 2s, Duration delay = 1ms) {
    world.defaults.delay = delay;
    auto config = node_config(0xa, "alice", {{a}, {b}, {c}});
    config.move_time = move_time;
    config.handoff_time = handoff_time;
    alice = &add(config);
    bob = &add(0xb, "bob", {b});
    router = &add(0xd, "router", {a, b, c});
    start(500ms);
  }

  /// In both directions, `rate` a second, for `length`; then long enough for what is still on its way.
  void streams(int rate, Duration length) {
    const Duration period = Duration(1s) / rate;
    alice->stream(*bob, period, in(1ms), in(length));
    bob->stream(*alice, period, in(1ms) + period / 2, in(length));
    world.run_for(length + 1s);
  }

  Endpoint* alice;
  Endpoint* bob;
  Endpoint* router;
};

BOOST_AUTO_TEST_SUITE(moving)

BOOST_AUTO_TEST_CASE(ten_handoffs_at_a_thousand_packets_a_second_in_both_directions) {
  Moving net;
  net.streams(1000, 42s);
  BOOST_TEST(net.alice->watch.handoffs_begun >= 10);
  BOOST_TEST(net.alice->watch.handoffs_ended >= 10);
  // Reordered: only what was on its way through the router when the direct path became available, once per round and
  // direction.
  net.bob->expect_all_once_from(*net.alice, 4 * 4);
  net.alice->expect_all_once_from(*net.bob, 4 * 4);
  BOOST_TEST(net.alice->watch.given_up == 0);
  BOOST_TEST(net.alice->watch.acknowledged == net.alice->watch.updates);
}

BOOST_AUTO_TEST_CASE(nothing_is_reordered_where_the_new_path_is_not_shorter) {
  for (const Duration delay : {0ms, 2ms, 40ms}) {
    Moving net(4s, 2s, delay);
    // From b (where bob is) to c to a: never to a shorter path.
    net.alice->stream(*net.bob, 1ms, net.in(7s), net.in(14s));
    net.bob->stream(*net.alice, 1ms, net.in(7s), net.in(14s));
    net.world.run_for(16s);
    net.bob->expect_all_once_from(*net.alice);
    net.alice->expect_all_once_from(*net.bob);
  }
}

BOOST_AUTO_TEST_CASE(slow_networks) {
  Moving net(6s, 3s, 200ms);
  net.world.run_for(2s);
  net.streams(200, 30s);
  net.bob->expect_all_once_from(*net.alice, 1000);
  net.alice->expect_all_once_from(*net.bob, 1000);
}

BOOST_AUTO_TEST_CASE(identical_datagrams_in_a_row_all_arrive) {
  Moving net;
  const std::array<std::byte, 3> same{};
  int sent = 0;
  net.world.every(1ms, net.in(1ms), net.in(20s), [&] {
    ++sent;
    BOOST_TEST(!net.bob->send(net.alice->nid(), Bytes(same)));
    BOOST_TEST(!net.alice->send(net.bob->nid(), Bytes(same)));
  });
  net.world.run_for(22s);
  BOOST_TEST(net.alice->other == sent);
  BOOST_TEST(net.bob->other == sent);
}

BOOST_AUTO_TEST_CASE(an_idle_mobile_node_is_found_by_the_first_datagram) {
  Moving net;
  // Two cycles, with one request in each handoff and one at each location.
  for (int second = 0; second < 24; ++second) {
    net.world.run_for(1s);
    BOOST_TEST(!net.bob->send("alice", static_cast<std::uint64_t>(second) + 1));
    net.bob->sent[net.alice->nid()] = static_cast<std::uint64_t>(second) + 1;
  }
  net.world.run_for(1s);
  net.alice->expect_all_once_from(*net.bob);
}

BOOST_AUTO_TEST_CASE(a_node_silent_for_a_whole_move_is_found_by_the_first_datagram) {
  for (int moves = 1; moves < 8; ++moves) {
    Moving net;
    net.world.run_for(moves * Duration(4s) - 500ms + 2s + 50ms);
    BOOST_TEST_CONTEXT(moves << " moves") {
      BOOST_TEST(!net.bob->send("alice", 1));
      BOOST_TEST(!net.alice->send("bob", 1));
      net.world.run_for(1s);
      BOOST_TEST(net.alice->from[net.bob->nid()].total == 1);
      BOOST_TEST(net.bob->from[net.alice->nid()].total == 1);
    }
  }
}

// A node without traffic gets no locator update. If it has heard the old location shortly before the move, the first advertisement from
// the new one does not tell it that the old one is being left; the second does.
BOOST_AUTO_TEST_CASE(a_node_without_traffic_follows_before_the_old_location_is_left) {
  constexpr Duration handoff_time = 1300ms;  // the second advertisement comes after 1.2 s
  constexpr Duration move_time = 4s;
  for (const Duration solicited : {50ms, 500ms, 950ms})
    for (const Duration sent : {-1ms, 0ms, 1ms, 2ms}) {
      Overlay net;
      net.world.defaults.delay = 1ms;
      auto config = node_config(0xa, "alice", {{a}, {b}, {c}});
      config.move_time = move_time;
      config.handoff_time = handoff_time;
      config.active_unicast_session_ttl = 300ms;
      Endpoint& alice = net.add(config);
      Endpoint& bob = net.add(0xb, "bob", {b});
      net.add(0xd, "router", {a, b, c});
      const TimePoint start = net.world.now();
      net.start(500ms);
      BOOST_TEST(!bob.send("alice", bob.sent[alice.nid()] = 1));
      for (int moves = 1; moves <= 6; ++moves) {
        const TimePoint move = start + moves * move_time;
        net.world.run_until(move - solicited);
        BOOST_TEST(bob.send("nobody", 1) == Errc::unknown_host);  // solicits
        net.world.run_until(move + handoff_time + sent);
        BOOST_TEST(!bob.send(alice.nid(), ++bob.sent[alice.nid()]));
      }
      net.world.run_for(1s);
      BOOST_TEST_CONTEXT("solicited " << solicited / 1ms << " ms before moves, sent " << sent / 1ms
                                      << " ms after handoffs") {
        BOOST_TEST(alice.watch.updates == 0);
        BOOST_TEST(alice.from[bob.nid()].lost(1, bob.sent[alice.nid()]) == 0);
        BOOST_TEST(alice.from[bob.nid()].duplicated() == 0);
      }
    }
}

BOOST_AUTO_TEST_CASE(the_first_acknowledgement_is_lost) {
  Moving net;
  bool cut = false;
  net.world.tap([&](const sim::SentFrame& frame) {
    const auto header = wire::IlnpHeader::parse(frame.bytes);
    if (cut || !header || header->next_header() != 44 || header->payload().size() != 1) return;
    cut = true;  // nobody hears bob's acknowledgement
    net.world.network(frame.network).partition({{net.bob->node().id()}});
    net.world.after(2ms, [&, network = frame.network] { net.world.network(network).heal(); });
  });
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(6s));
  net.world.run_for(7s);
  BOOST_TEST(cut);
  BOOST_TEST(net.alice->watch.updates == 2);
  BOOST_TEST(net.alice->watch.acknowledged == 1);
  BOOST_TEST(net.alice->watch.given_up == 0);
}

BOOST_AUTO_TEST_CASE(two_moves_with_the_update_of_the_first_lost) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {d});
  net.add(0xd, "router", {a, b, c, d});
  net.start();
  bob.stream(alice, 1ms, net.in(1ms), net.in(30s));
  alice.stream(bob, 1ms, net.in(1ms), net.in(30s));
  net.world.run_for(5s);
  // For a while nothing that alice sends on a is heard, nor what it announces about itself on b.
  net.world.network(a).partition({{alice.node().id()}});
  net.world.network(b).partition({{alice.node().id()}});
  alice.move_to({b});
  net.world.run_for(500ms);
  net.world.network(b).heal();
  net.world.network(a).heal();
  alice.move_to({c});
  net.world.run_for(26s);
  const Received& received = alice.from[bob.nid()];
  BOOST_TEST(received.duplicated() == 0);
  BOOST_TEST(received.lost(5700, bob.sent[alice.nid()]) == 0);
  BOOST_TEST(bob.from[alice.nid()].lost(5700, alice.sent[bob.nid()]) == 0);
  BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
}

BOOST_AUTO_TEST_CASE(a_hard_handoff_recovers) {
  Moving net(4s, 0s);
  net.streams(100, 40s);
  // What was on its way to the old location is lost; nothing else.
  BOOST_TEST(net.alice->from[net.bob->nid()].lost(1, net.bob->sent[net.alice->nid()]) <= 10);
  BOOST_TEST(net.bob->from[net.alice->nid()].lost(1, net.alice->sent[net.bob->nid()]) <= 10);
  BOOST_TEST(net.alice->from[net.bob->nid()].duplicated() == 0);
  BOOST_TEST(net.bob->from[net.alice->nid()].duplicated() == 0);
  BOOST_TEST(net.alice->from[net.bob->nid()].longest_gap < 100ms);
}

BOOST_AUTO_TEST_CASE(the_correspondent_disappears_during_a_handoff) {
  Moving net(6s, 3s);
  net.alice->stream(*net.bob, 10ms, net.in(1ms), net.in(60s));
  net.world.run_for(5550ms);  // the handoff to b began 5.5 s after the start
  net.bob->crash();
  net.world.run_for(30s);
  BOOST_TEST(net.alice->watch.handoffs_begun >= 5);
  BOOST_TEST(net.alice->watch.handoffs_ended >= 5);
  BOOST_TEST(net.alice->watch.given_up >= 1);
  net.bob->restart();
  net.bob->from.clear();
  net.world.run_for(1s);
  BOOST_TEST(net.bob->from[net.alice->nid()].total >= 90);
}

BOOST_AUTO_TEST_CASE(moves_faster_than_the_retries) {
  Moving net(300ms, 150ms, 5ms);
  net.streams(500, 20s);
  net.bob->expect_all_once_from(*net.alice, 500);
  net.alice->expect_all_once_from(*net.bob, 500);
}

BOOST_AUTO_TEST_CASE(a_handoff_longer_than_the_time_between_moves) {
  Moving net(2s, 5s);
  net.streams(200, 20s);
  BOOST_TEST(net.alice->watch.handoffs_begun >= 9);
  net.bob->expect_all_once_from(*net.alice, 200);
  net.alice->expect_all_once_from(*net.bob, 200);
}

BOOST_AUTO_TEST_CASE(the_correspondent_is_the_router) {
  Overlay net;
  auto config = node_config(0xa, "alice", {{a}, {b}});
  config.move_time = 4s, config.handoff_time = 2s;
  auto& alice = net.add(config);
  auto& router = net.add(0xd, "router", {a, b});
  net.start(500ms);
  alice.stream(router, 1ms, net.in(1ms), net.in(20s));
  router.stream(alice, 1ms, net.in(1ms), net.in(20s));
  net.world.run_for(21s);
  router.expect_all_once_from(alice);
  alice.expect_all_once_from(router);
  BOOST_TEST(alice.watch.given_up == 0);
  BOOST_TEST(alice.watch.acknowledged == alice.watch.updates);
}

BOOST_AUTO_TEST_CASE(both_move_at_once) {
  Overlay net;
  auto config = node_config(0xa, "alice", {{a}, {b}, {c}});
  config.move_time = 4s, config.handoff_time = 2s;
  auto& alice = net.add(config);
  auto other = node_config(0xb, "bob", {{b}, {c}, {a}});
  other.move_time = 4s, other.handoff_time = 2s;
  auto& bob = net.add(other);
  net.add(0xd, "router", {a, b, c});
  net.start(500ms);
  alice.stream(bob, 1ms, net.in(1ms), net.in(40s));
  bob.stream(alice, 1ms, net.in(1ms), net.in(40s));
  net.world.run_for(41s);
  bob.expect_all_once_from(alice, 100);
  alice.expect_all_once_from(bob, 100);
}

BOOST_AUTO_TEST_CASE(a_failed_move_is_undone_and_the_node_stays_reachable) {
  Moving net;
  net.alice->node().with([](auto& stack, auto&) { lowest_layer(stack).refuse(b); });
  net.streams(100, 6s);
  BOOST_TEST(net.alice->watch.undone == 1);
  net.bob->expect_all_once_from(*net.alice);
  net.alice->node().with([](auto& stack, auto&) { lowest_layer(stack).refuse_none(); });
  net.world.run_for(4s);
  BOOST_TEST(net.alice->network().interfaces().joined(b));
}

BOOST_AUTO_TEST_CASE(an_invalid_set_is_made_valid) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  net.start(500ms);
  const auto joined = [&] { return alice.network().interfaces().locators(); };
  alice.move_to({b, b, a, all_nodes_locator, b});
  BOOST_TEST((joined() == List<Locator>{b, a}));
  std::vector<Locator> many;
  for (std::uint64_t i = 0; i < 40; ++i) many.emplace_back(0x100 + i);
  alice.move_to(many);
  BOOST_TEST(joined().size() == 2 + NetworkConfig::max_locators);
  alice.node().with([](auto& stack, auto& cx) {
    BOOST_TEST(!network_layer(stack).move_to(std::array{all_nodes_locator}, cx));
  });
  BOOST_TEST(joined().size() ==
             NetworkConfig::max_locators);  // undone, except for the end of the previous move
}

BOOST_AUTO_TEST_CASE(a_new_correspondent_during_the_handoff_is_told) {
  Moving net(10s, 5s);
  net.world.run_for(10s);  // in the handoff, half a second after it began
  BOOST_TEST(net.alice->watch.updates == 0);
  net.alice->stream(*net.bob, 100ms, net.in(1ms), net.in(2s));
  net.world.run_for(3s);
  BOOST_TEST(net.alice->watch.updates == 1);
  BOOST_TEST(net.alice->watch.acknowledged == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::moving_test
