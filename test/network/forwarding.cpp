#include <boost/test/unit_test.hpp>
#include <map>

#include "stranger.hpp"
#include "support/print.hpp"

namespace ilnp::test::forwarding_test {

BOOST_AUTO_TEST_SUITE(forwarding)

BOOST_AUTO_TEST_CASE(hop_limits) {
  Overlay net;
  auto& bob = net.add(0xb, "bob", {b});
  auto& router = net.add(0xd, "router", {a, b});
  Stranger stranger(net.world, {a});
  net.start();
  std::map<int, int> seen;  // hop limit of datagrams on b
  net.world.tap([&](const sim::SentFrame& frame) {
    const auto header = wire::IlnpHeader::parse(frame.bytes);
    if (frame.network == b && header->next_header() == 42) ++seen[header->hop_limit()];
  });
  const auto send = [&](int hop_limit, Ilv source) {
    stranger.put(a, Stranger::frame(source, {b, bob.nid()}, static_cast<std::uint8_t>(hop_limit), 42,
                                    datagram("text")));
    net.world.run_for(600ms);
  };
  send(3, {a, Nid(0x51)});
  send(1, {a, Nid(0x52)});
  send(0, {a, Nid(0x53)});
  send(255, {a, Nid(0x54)});
  BOOST_TEST((seen == std::map<int, int>{{2, 1}, {0, 1}, {254, 1}}));
  BOOST_TEST(router.drops(Drop::hop_limit) == 1U);
  BOOST_TEST(bob.other == 3);  // including the one with hop limit 0
}

BOOST_AUTO_TEST_CASE(a_packet_for_this_node_is_delivered_whatever_its_locator) {
  Overlay net;
  auto& bob = net.add(0xb, "bob", {b});
  Stranger stranger(net.world, {b});
  net.start();
  stranger.put(b, Stranger::frame({b, Nid(0x51)}, {Locator(0x77), bob.nid()}, 0, 42, datagram("text")));
  net.world.run_for(1s);
  BOOST_TEST(bob.other == 1);
}

BOOST_AUTO_TEST_CASE(a_packet_never_returns_to_the_network_that_it_came_from) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  auto& third = net.add(0xe, "third", {a});
  auto& fourth = net.add(0xf, "fourth", {a});
  net.start();
  int frames = 0;
  net.world.tap([&](const sim::SentFrame& frame) {
    frames += wire::IlnpHeader::parse(frame.bytes)->next_header() == 42;
  });
  alice.stream(bob, 10ms, net.in(1ms), net.in(1s));
  bob.stream(alice, 10ms, net.in(1ms), net.in(1s));
  net.world.run_for(2s);
  bob.expect_all_once_from(alice);
  alice.expect_all_once_from(bob);
  BOOST_TEST(frames == 4 * 100);
  BOOST_TEST(third.network().counters().forwarded + fourth.network().counters().forwarded == 0U);
}

BOOST_AUTO_TEST_CASE(two_routers_forward_without_duplicates) {
  for (const bool swapped : {false, true}) {
    Overlay net;
    auto& alice = net.add(0xa, "alice", {a});
    auto& bob = net.add(0xb, "bob", {b});
    auto& first = net.add(swapped ? 0xe : 0xd, "first", {a, b});
    auto& second = net.add(swapped ? 0xd : 0xe, "second", {a, b});
    net.start();
    alice.stream(bob, 1ms, net.in(1ms), net.in(20s));
    bob.stream(alice, 1ms, net.in(1ms), net.in(20s));
    net.world.run_for(5s);
    auto& forwarder =
        first.network().counters().forwarded > second.network().counters().forwarded ? first : second;
    auto& other = &forwarder == &first ? second : first;
    BOOST_TEST(other.network().counters().forwarded == 0U);
    BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
    // The forwarder dies: the other router notices, and nobody else.
    forwarder.crash();
    net.world.run_for(16s);
    BOOST_TEST(bob.from[alice.nid()].lost(1, alice.sent[bob.nid()]) <= 1000);
    BOOST_TEST(alice.from[bob.nid()].lost(1, bob.sent[alice.nid()]) <= 1000);
    BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
    BOOST_TEST(alice.from[bob.nid()].duplicated() == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_router_that_returns_makes_duplicates_only_briefly) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  auto& first = net.add(0xd, "first", {a, b});
  net.add(0xe, "second", {a, b});
  net.start();
  alice.stream(bob, 1ms, net.in(1ms), net.in(60s));
  net.world.run_for(5s);
  first.crash();
  net.world.run_for(5s);
  const int lost = bob.from[alice.nid()].lost(1, alice.sent[bob.nid()] - 1);
  BOOST_TEST(lost <= 1000);
  first.restart();
  net.world.run_for(2s);
  const int duplicated = bob.from[alice.nid()].duplicated();
  BOOST_TEST(duplicated <= 1000);
  net.world.run_for(60s);
  BOOST_TEST(bob.from[alice.nid()].duplicated() == duplicated);
  BOOST_TEST(bob.from[alice.nid()].lost(1, alice.sent[bob.nid()]) == lost);
}

/// A router that drops a part of what it forwards, for all receivers.
struct Dropper {
  Dropper(sim::World& world, Endpoint& router, unsigned percent, bool deaf_too = false) : percent_(percent) {
    world.tap([this, id = router.node().id(), nid = router.nid()](const sim::SentFrame& frame) {
      const auto header = wire::IlnpHeader::parse(frame.bytes);
      drops_ = frame.host == id && header->next_header() == 42 && header->source().nid != nid &&
               random_.below(100) < percent_;
    });
    world.lose_if([this, deaf_too, id = router.node().id()](const sim::SentFrame& frame, sim::HostId to) {
      if (drops_) return true;
      return deaf_too && to == id && wire::IlnpHeader::parse(frame.bytes)->next_header() == 42 &&
             random_.below(100) < percent_;
    });
  }
  unsigned percent_;
  Random random_{7};
  bool drops_ = false;
};

/// Two routers, one of which drops a part of what it forwards. How much of what alice sends to bob after the first second
/// is lost, in percent, and how much bob receives twice.
struct BesideADropper {
  BesideADropper(unsigned percent, bool swapped, Duration period, bool deaf_too = false) {
    auto& bad = net.add(swapped ? 0xe : 0xd, "bad", {a, b});
    auto& good = net.add(swapped ? 0xd : 0xe, "good", {a, b});
    net.start(2s);
    const Dropper dropper(net.world, bad, percent, deaf_too);
    alice.stream(bob, period, net.in(1ms), net.in(61s));
    net.world.run_for(1s);
    const std::uint64_t first = alice.sent[bob.nid()];
    net.world.run_for(62s);
    const std::uint64_t last = alice.sent[bob.nid()];
    lost = 100. * bob.from[alice.nid()].lost(first + 1, last) / static_cast<double>(last - first);
    duplicated = bob.from[alice.nid()].duplicated();
    times_forwarded =
        static_cast<double>(bad.network().counters().forwarded + good.network().counters().forwarded) /
        static_cast<double>(last);
  }
  Overlay net;
  Endpoint& alice = net.add(0xa, "alice", {a});
  Endpoint& bob = net.add(0xb, "bob", {b});
  double lost = 0;
  int duplicated = 0;
  double times_forwarded = 0;
};

BOOST_AUTO_TEST_CASE(beside_a_router_that_drops_a_part_the_other_forwards) {
  for (const bool swapped : {false, true})
    for (const unsigned percent : {10U, 30U, 60U, 100U})
      for (const Duration period : {Duration(1ms), Duration(10ms), Duration(100ms)}) {
        if (percent < 30 && period > 10ms) continue;
        const BesideADropper run(percent, swapped, period);
        BOOST_TEST_CONTEXT(percent << " %, every " << period / 1ms << " ms" << (swapped ? ", swapped" : "")) {
          BOOST_TEST(run.lost <= 0.2);
          BOOST_TEST(run.duplicated == 0);
          BOOST_TEST(run.times_forwarded <= 1.1);
        }
      }
}

BOOST_AUTO_TEST_CASE(beside_a_router_that_loses_what_it_hears_too_the_other_goes_on) {
  for (const unsigned percent : {20U, 60U}) {
    const BesideADropper run(percent, false, 10ms, true);
    BOOST_TEST_CONTEXT(percent << " %") {
      BOOST_TEST(run.lost <= 0.2);
      BOOST_TEST(run.duplicated == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_router_that_misses_some_of_what_it_overhears_leaves_it_to_the_other) {
  for (const bool swapped : {false, true}) {
    Overlay net;
    auto& alice = net.add(0xa, "alice", {a});
    auto& bob = net.add(0xb, "bob", {b});
    auto& first = net.add(swapped ? 0xe : 0xd, "first", {a, b});
    auto& second = net.add(swapped ? 0xd : 0xe, "second", {a, b});
    net.start(2s);
    net.world.network(b).attachment(second.node().id()).loss = 0.01;
    alice.stream(bob, 10ms, net.in(1ms), net.in(60s));
    net.world.run_for(61s);
    bob.expect_all_once_from(alice);
    BOOST_TEST(first.network().counters().forwarded + second.network().counters().forwarded <= 6300U);
  }
}

BOOST_AUTO_TEST_CASE(forged_frames_silence_no_flow) {
  for (const Duration period : {Duration(400ms), Duration(1ms)})
    for (const Locator where : {a, b, c})
      for (const int hop_limit : {0, 2, 3, 255}) {
        Overlay net;
        auto& alice = net.add(0xa, "alice", {a});
        auto& bob = net.add(0xb, "bob", {b});
        auto& first = net.add(0xd, "first", {a, b, c});
        net.add(0xe, "second", {a, b, c});
        Stranger stranger(net.world, {a, b, c});
        net.start(2s);
        alice.stream(bob, 10ms, net.in(1ms), net.in(10s));
        const auto forged = Stranger::frame({a, alice.nid()}, {b, bob.nid()},
                                            static_cast<std::uint8_t>(hop_limit), 42, datagram(""));
        net.world.every(period, net.in(1ms), net.in(10s), [&] { stranger.put(where, forged); });
        net.world.run_for(3s);
        BOOST_TEST_CONTEXT("every " << period / 1ms << " ms on " << to_string(where) << ", hop limit "
                                    << hop_limit) {
          BOOST_TEST(bob.from[alice.nid()].lost(1, alice.sent[bob.nid()] - 1) <= 1);
          first.crash();  // that it is gone is noticed nevertheless
          net.world.run_for(1s);
          const std::uint64_t now = alice.sent[bob.nid()];
          net.world.run_for(8s);
          BOOST_TEST(bob.from[alice.nid()].lost(now, alice.sent[bob.nid()]) == 0);
        }
      }
}

BOOST_AUTO_TEST_CASE(three_routers_and_new_flows_every_second) {
  Overlay net;
  net.add(0xd, "first", {a, b});
  net.add(0xe, "second", {a, b});
  net.add(0xf, "third", {a, b});
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  auto& carol = net.add(0x1c, "carol", {b});
  net.start(2s);
  alice.stream(bob, 100ms, net.in(1ms), net.in(20s));
  net.world.run_for(3s);
  carol.stream(alice, 100ms, net.in(1ms), net.in(20s));
  bob.stream(alice, 100ms, net.in(1ms), net.in(20s));
  net.world.run_for(25s);
  bob.expect_all_once_from(alice);
  alice.expect_all_once_from(bob);
  alice.expect_all_once_from(carol);
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_passing_mobile_node_and_it_makes_no_duplicate) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  auto& router = net.add(0xd, "router", {a, b});
  auto config =
      node_config(0x1, "mover", {{a}, {b}, {c}});  // its identifier is lower than that of the router
  config.move_time = 4s, config.handoff_time = 2s;
  auto& mover = net.add(config);
  net.start();
  alice.stream(bob, 1ms, net.in(1ms), net.in(60s));
  bob.stream(alice, 1ms, net.in(1ms), net.in(60s));
  net.world.run_for(61s);
  bob.expect_all_once_from(alice);
  alice.expect_all_once_from(bob);
  BOOST_TEST(mover.network().counters().forwarded == 0U);
  BOOST_TEST(router.drops(Drop::another_forwards) == 0U);
}

BOOST_AUTO_TEST_CASE(a_ring_of_routers) {
  Overlay net;
  net.add(0xd1, "ab", {a, b});
  net.add(0xd2, "bc", {b, c});
  net.add(0xd3, "cd", {c, d});
  net.add(0xd4, "da", {d, a});
  auto& alice = net.add(0xa, "alice", {a});
  auto& carol = net.add(0xc, "carol", {c});
  net.start(2s);
  alice.stream(carol, 10ms, net.in(1ms), net.in(10s));
  carol.stream(alice, 10ms, net.in(1ms), net.in(10s));
  net.world.run_for(12s);
  // Both directions are equally long: the two routers at the end agree on one of them, within the first packets.
  BOOST_TEST(carol.from[alice.nid()].lost(1, alice.sent[carol.nid()]) == 0);
  BOOST_TEST(alice.from[carol.nid()].lost(1, carol.sent[alice.nid()]) == 0);
  BOOST_TEST(carol.from[alice.nid()].duplicated() <= 50);
  BOOST_TEST(alice.from[carol.nid()].duplicated() <= 50);
}

BOOST_AUTO_TEST_CASE(in_a_loop_each_node_passes_a_solicitation_on_once) {
  Overlay net;
  net.add(0xd, "first", {a, b});
  net.add(0xe, "second", {a, b});
  auto& alice = net.add(0xa, "alice", {a});
  net.start(10s);
  int frames = 0;
  net.world.tap([&](const sim::SentFrame& frame) {
    const auto message = wire::Discovery::parse(wire::IlnpHeader::parse(frame.bytes)->payload());
    frames += message && message->solicitation();
  });
  BOOST_TEST(alice.send("nobody", 1) == Errc::unknown_host);  // solicits for it
  net.world.run_for(2s);
  BOOST_TEST(frames == 3);
}

BOOST_AUTO_TEST_CASE(a_one_way_flow_with_the_default_times_has_no_gap) {
  for (const int routers : {1, 2}) {
    Overlay net;
    auto& alice = net.add(0xa, "alice", {a});
    auto& bob = net.add(0xb, "bob", {routers == 1 ? b : c});
    net.add(0xd, "first", {a, b});
    if (routers == 2) net.add(0xe, "second", {b, c});
    net.start();
    alice.stream(bob, 50ms, net.in(1ms), net.in(300s));
    net.world.run_for(301s);
    BOOST_TEST_CONTEXT(routers << " routers") bob.expect_all_once_from(alice);
  }
}

BOOST_AUTO_TEST_CASE(the_first_datagram_after_a_long_silence_arrives) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {c});
  net.add(0xd, "first", {a, b});
  net.add(0xe, "second", {b, c});
  net.start();
  for (std::uint64_t number = 1; number <= 20; ++number) {
    net.world.run_for(47s);
    BOOST_TEST(!alice.send("bob", number));
    alice.sent[bob.nid()] = number;
  }
  net.world.run_for(1s);
  bob.expect_all_once_from(alice);
}

BOOST_AUTO_TEST_CASE(a_route_expires_after_its_node_has_gone) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  net.start();
  BOOST_TEST(!alice.send("bob", 1));
  bob.crash();
  net.world.run_for(300s);
  BOOST_TEST(alice.send("bob", 2) == Errc::unknown_host);
}

BOOST_AUTO_TEST_CASE(the_router_restarts) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  auto& router = net.add(0xd, "router", {a, b});
  net.start();
  alice.stream(bob, 10ms, net.in(1ms), net.in(10s));
  net.world.run_for(3s);
  router.crash();
  net.world.run_for(1s);
  router.restart();
  net.world.run_for(7s);
  BOOST_TEST(bob.from[alice.nid()].lost(1, alice.sent[bob.nid()]) <= 101);
  BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
}

BOOST_AUTO_TEST_CASE(send_errors_end_nothing) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  net.start();
  BOOST_TEST(!alice.send("bob", 1));
  const std::vector<std::byte> largest(1396), longer(1397);
  BOOST_TEST(alice.send(bob.nid(), Bytes(longer)) == Errc::message_too_long);
  BOOST_TEST(alice.send(Nid(0x99), 1) == Errc::unknown_host);
  BOOST_TEST(!alice.send(bob.nid(), Bytes(largest)));
  BOOST_TEST(!alice.send(bob.nid(), Bytes()));
  BOOST_TEST(!alice.send(bob.nid(), 2));
  net.world.run_for(1s);
  BOOST_TEST(bob.other == 2);
  BOOST_TEST(bob.from[alice.nid()].total == 2);
}

BOOST_AUTO_TEST_CASE(a_node_reaches_itself_by_name) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  net.start();
  for (std::uint64_t number = 1; number <= Loopback::max_packets; ++number)
    BOOST_TEST(!alice.send("alice", number));
  net.world.run_for(1s);
  BOOST_TEST(alice.from[alice.nid()].total == static_cast<int>(Loopback::max_packets));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::forwarding_test
