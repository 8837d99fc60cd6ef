#include <boost/test/unit_test.hpp>

#include "overlay.hpp"

namespace ilnp::test::forwarding_test {

/// A frame that a test writes itself, put on a network by a host that is no overlay node.
struct Stranger {
  Stranger(sim::World& in, std::vector<Locator> locators) : node(in, "stranger") {
    node.with([&](auto& stack, auto&) {
      for (const Locator locator : locators) BOOST_TEST(!stack.join(locator));
    });
  }

  static std::vector<std::byte> frame(Ilv source, Ilv destination, std::uint8_t hop_limit,
                                      std::uint8_t next_header, Bytes payload) {
    std::vector<std::byte> bytes(wire::IlnpHeader::size + payload.size());
    wire::IlnpHeaderRepr{static_cast<std::uint16_t>(payload.size()), next_header, hop_limit, source,
                         destination}
        .write_to(bytes);
    std::ranges::copy(payload, bytes.begin() + static_cast<std::ptrdiff_t>(wire::IlnpHeader::size));
    return bytes;
  }
  void put(Locator on, Bytes bytes) {
    node.with([&](auto& stack, auto& cx) { BOOST_TEST(!stack.send(on, Packet({}, bytes), cx)); });
  }

  /// The least stack: an underlay that ignores what it hears.
  struct Deaf : sim::Underlay {
    using sim::Underlay::Underlay;
    template <class Cx, class Up>
    void on_receive(FrameSource, MutableBytes, Cx&, Up&&) {}
    template <class Cx, class Up>
    void on_timer(Cx& cx, Up&&) {
      sim::Underlay::on_timer(cx);
    }
  };
  sim::Node<Deaf> node;
};

std::vector<std::byte> datagram(std::string_view text) {
  std::vector<std::byte> bytes(wire::StpHeader::size + text.size());
  wire::StpHeaderRepr{port, port}.write_to(bytes);
  std::ranges::copy(as_bytes(text), bytes.begin() + static_cast<std::ptrdiff_t>(wire::StpHeader::size));
  return bytes;
}

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
  BOOST_TEST(bob.other == 3);  // also the one with hop limit 0
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

BOOST_AUTO_TEST_CASE(a_packet_never_goes_back_where_it_came_from) {
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

BOOST_AUTO_TEST_CASE(two_routers_one_copy) {
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
    auto& carrier =
        first.network().counters().forwarded > second.network().counters().forwarded ? first : second;
    auto& other = &carrier == &first ? second : first;
    BOOST_TEST(other.network().counters().forwarded == 0U);
    BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
    // The one that carries dies: the other notices, and nothing else.
    carrier.crash();
    net.world.run_for(16s);
    BOOST_TEST(bob.from[alice.nid()].lost(1, alice.sent[bob.nid()]) <= 1000);
    BOOST_TEST(alice.from[bob.nid()].lost(1, bob.sent[alice.nid()]) <= 1000);
    BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
    BOOST_TEST(alice.from[bob.nid()].duplicated() == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_router_that_comes_back_makes_no_second_copy_for_long) {
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

BOOST_AUTO_TEST_CASE(three_routers_and_new_flows_each_second) {
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

BOOST_AUTO_TEST_CASE(a_mover_passing_through_is_not_waited_for_and_makes_no_copy) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  auto& router = net.add(0xd, "router", {a, b});
  auto config = node_config(0x1, "mover", {{a}, {b}, {c}});  // its identifier is lower than the router's
  config.move_time = 4s, config.handoff_time = 2s;
  auto& mover = net.add(config);
  net.start();
  alice.stream(bob, 1ms, net.in(1ms), net.in(60s));
  bob.stream(alice, 1ms, net.in(1ms), net.in(60s));
  net.world.run_for(61s);
  bob.expect_all_once_from(alice);
  alice.expect_all_once_from(bob);
  BOOST_TEST(mover.network().counters().forwarded == 0U);
  BOOST_TEST(router.drops(Drop::another_carries) == 0U);
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
  // Both ways round are equally long: the two routers at the end agree on one of them, within the first packets.
  BOOST_TEST(carol.from[alice.nid()].lost(1, alice.sent[carol.nid()]) == 0);
  BOOST_TEST(alice.from[carol.nid()].lost(1, carol.sent[alice.nid()]) == 0);
  BOOST_TEST(carol.from[alice.nid()].duplicated() <= 50);
  BOOST_TEST(alice.from[carol.nid()].duplicated() <= 50);
}

BOOST_AUTO_TEST_CASE(one_solicitation_in_a_loop_is_passed_on_once_by_each) {
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
  BOOST_TEST((alice.send("nobody", 1) == Errc::unknown_host));  // asks for it
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

BOOST_AUTO_TEST_CASE(a_route_ends_with_the_node_that_it_leads_to) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  net.start();
  BOOST_TEST(!alice.send("bob", 1));
  bob.crash();
  net.world.run_for(300s);
  BOOST_TEST((alice.send("bob", 2) == Errc::unknown_host));
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

BOOST_AUTO_TEST_CASE(errors_of_send_end_nothing) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  net.start();
  BOOST_TEST(!alice.send("bob", 1));
  const std::vector<std::byte> largest(1396), longer(1397);
  BOOST_TEST((alice.send(bob.nid(), Bytes(longer)) == Errc::message_too_long));
  BOOST_TEST((alice.send(Nid(0x99), 1) == Errc::unknown_host));
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
  for (std::uint64_t number = 1; number <= ILNP<sim::Underlay>::max_loopback; ++number)
    BOOST_TEST(!alice.send("alice", number));
  net.world.run_for(1s);
  BOOST_TEST(alice.from[alice.nid()].total == static_cast<int>(ILNP<sim::Underlay>::max_loopback));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::forwarding_test
