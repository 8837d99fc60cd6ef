// That the model has the defects which the toolkit is to be tried against.
#include <boost/test/unit_test.hpp>

#include "scene.hpp"
#include "support/print.hpp"

namespace ilnp::test::model_test {

using Texts = std::vector<std::string>;

static_assert(NetworkLayer<ReferenceNetwork<sim::SimUnderlay>>);
static_assert(TransportLayer<ReferenceNode<sim::SimUnderlay>>);

const auto per_element = boost::test_tools::per_element();

NetworkConfig alice_in(std::vector<std::vector<Locator>> cycle) {
  return config("alice", nid_alice, std::move(cycle));
}
NetworkConfig bob_in(std::vector<std::vector<Locator>> cycle) {
  return config("bob", nid_bob, std::move(cycle));
}
NetworkConfig router_in(std::vector<Locator> locators) {
  return config("router", nid_router, {std::move(locators)});
}

/// A frame of anybody's making, put on a network by hand.
void put(sim::World& world, const sim::SimHost& from, Locator on, const Ilv& source, const Ilv& destination,
         std::uint8_t next_header, std::uint8_t hop_limit, const Octets& payload) {
  Octets head(wire::IlnpHeader::size);
  wire::IlnpHeaderRepr{static_cast<std::uint16_t>(payload.size()), next_header, hop_limit, source,
                       destination}
      .write_to(head);
  world.transmit(from, on, head, payload);
}

constexpr std::uint8_t stp = 42, update = 44;

BOOST_AUTO_TEST_SUITE(reference_model)

BOOST_AUTO_TEST_CASE(talks_on_one_network_and_through_a_router) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b}));
  for (auto* each : {&router, &alice, &bob}) each->begin();
  world.run_for(1s);
  BOOST_TEST(!alice.say("bob", "hello,"));
  BOOST_TEST(!bob.say("alice", "world"));
  BOOST_TEST(!alice.say("router", "you too"));
  BOOST_TEST(alice.say("carol", "?") == Errc::unknown_host);
  BOOST_TEST(alice.say("bob", std::string(1397, 'm')) == Errc::message_too_long);
  world.run_for(1s);
  BOOST_TEST(bob.texts() == Texts{"hello,"}, per_element);
  BOOST_TEST(alice.texts() == Texts{"world"}, per_element);
  BOOST_TEST(router.texts() == Texts{"you too"}, per_element);
}

BOOST_AUTO_TEST_CASE(reflects_so_that_a_third_node_makes_three_duplicates) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b})), carol(world, config("carol", Nid{0xc}, {{net_a}}));
  for (auto* each : {&router, &alice, &bob, &carol}) each->begin();
  world.run_for(1s);
  BOOST_TEST(!alice.say("bob", "x"));
  world.run_for(1s);
  BOOST_TEST(bob.texts() == (Texts{"x", "x", "x"}), per_element);
  BOOST_TEST(carol.stack().counters().reflected > 0U);
}

// What one sends back there tells another, whose way to it leads elsewhere, that the way is there.
BOOST_AUTO_TEST_CASE(two_in_one_network_mislead_each_other_so_that_a_datagram_is_lost) {
  constexpr Locator net_d{0xd};
  for (const bool misled : {false, true}) {
    sim::World world(1);
    ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_d}})),
        first(world, config("first", Nid{0x1}, {{net_a, net_b}})),
        second(world, config("second", Nid{0x2}, {{net_b, net_c}})),
        third(world, config("third", Nid{0x3}, {{net_c, net_d}})),
        onlooker(world, config("onlooker", Nid{0x4}, {{net_c}}));
    for (auto* each : {&first, &second, &third, &alice, &bob}) each->begin();
    if (misled) onlooker.begin();
    world.run_for(1s);
    BOOST_TEST(!alice.say("bob", "to"));
    world.run_for(1s);
    BOOST_TEST(!bob.say("alice", "fro"));
    world.run_for(1s);
    BOOST_TEST(!bob.arrivals.empty());
    BOOST_TEST(alice.arrivals.empty() == misled);
  }
}

BOOST_AUTO_TEST_CASE(forwards_with_hop_limit_1_and_not_with_0_but_delivers_both) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b}));
  for (auto* each : {&router, &alice, &bob}) each->begin();
  world.run_for(1s);
  const auto datagram = octets(as_bytes(std::string_view("\x27\x12\x27\x12hop", 7)));
  for (const std::uint8_t hop_limit : {std::uint8_t{1}, std::uint8_t{0}})
    put(world, alice, net_a, {net_a, nid_alice}, {net_b, nid_bob}, stp, hop_limit, datagram);
  world.run_for(1s);
  BOOST_TEST_REQUIRE(bob.arrivals.size() == 1U);
  BOOST_TEST(bob.arrivals[0].network.hop_limit == 0);
  BOOST_TEST(router.stack().counters().hop_limit == 1U);
}

BOOST_AUTO_TEST_CASE(a_round_comes_after_half_to_a_whole_wait_time_unless_one_was_heard) {
  sim::World world(3);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_a}}));
  std::vector<TimePoint> rounds;
  world.tap([&](const sim::SentFrame& frame) {
    if (frame.bytes[6] == std::byte{43} && frame.bytes[56] == std::byte{1}) rounds.push_back(frame.time);
  });
  alice.begin();
  bob.begin();
  world.run_until(TimePoint(600s));
  BOOST_TEST_REQUIRE(rounds.size() > 10U);
  for (std::size_t i = 2; i < rounds.size(); ++i) {
    BOOST_TEST(rounds[i] - rounds[i - 1] >= 30s - 1ms);
    BOOST_TEST(rounds[i] - rounds[i - 1] <= 60s);
  }
}

BOOST_AUTO_TEST_CASE(uses_the_oldest_place_of_a_host_that_moved_in_silence) {
  sim::World world(1);
  auto mover = alice_in({{net_a}, {net_c}});
  mover.move_time = 20s;
  mover.handoff_time = 1s;
  ReferenceStation alice(world, mover), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b, net_c}));
  for (auto* each : {&router, &alice, &bob}) each->begin();
  world.run_until(TimePoint(22s));
  for (int i = 0; i < 10; ++i) BOOST_TEST(!bob.say("alice", "where?"));
  world.run_for(1s);
  BOOST_TEST(alice.arrivals.empty());
}

BOOST_AUTO_TEST_CASE(what_was_learnt_expires_after_30_s_and_loses_a_one_way_flow) {
  sim::World world(2);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b}));
  for (auto* each : {&router, &alice, &bob}) each->begin();
  unsigned sent = 0, refused = 0;
  world.every(100ms, TimePoint(1s), TimePoint(111s), [&] {
    ++sent;
    if (alice.say("bob", "one way") == Errc::no_route) ++refused;
  });
  world.run_until(TimePoint(112s));
  BOOST_TEST(refused > 0U);
  BOOST_TEST(bob.arrivals.size() == sent - refused);
}

BOOST_AUTO_TEST_CASE(an_update_after_the_first_needs_an_advertisement_between) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_a}}));
  for (auto* each : {&alice, &bob}) each->begin();
  world.run_for(1s);
  const auto send_update = [&](Locator from, const char* locators) {
    put(world, alice, net_a, {from, nid_alice}, {net_a, nid_bob}, update, 3, hex(locators));
    world.run_for(1s);
  };
  std::optional<Ilv> place;
  const auto look = [&] {
    bob.with([&](auto& stack, auto& cx) { place = stack.next_layer().resolve_place("alice", cx); });
    return place ? place->locator : Locator{};
  };
  BOOST_TEST(look() == net_a);
  send_update(net_a, "01 000000000000000b 00");  // half a locator
  BOOST_TEST(look() == net_a);
  send_update(net_a, "01 000000000000000b");
  BOOST_TEST(look() == net_b);
  send_update(net_b, "01 000000000000000c");
  BOOST_TEST(look() == net_b);
}

BOOST_AUTO_TEST_CASE(an_update_without_locators_erases_the_host) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_a}}));
  for (auto* each : {&alice, &bob}) each->begin();
  world.run_for(1s);
  put(world, alice, net_a, {net_a, nid_alice}, {net_a, nid_bob}, update, 3, hex("01"));
  world.run_for(1s);
  BOOST_TEST(bob.say("alice", "gone") == Errc::unknown_host);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_counts_only_from_where_the_update_went) {
  sim::World world(1);
  auto mover = alice_in({{net_a}, {net_c}});
  mover.move_time = 5s;
  mover.handoff_time = 4s;
  ReferenceStation alice(world, mover), bob(world, bob_in({{net_a}}));
  for (auto* each : {&alice, &bob}) each->begin();
  world.run_for(1s);
  BOOST_TEST(!alice.say("bob", "x"));
  world.run_for(1s);
  bob.crash();
  sim::SimNode<ReferenceNode<sim::SimUnderlay>> forger(world, "forger",
                                                       config("forger", Nid{0xf}, {{net_c}}));
  const auto acknowledge = [&](Locator source) {
    put(world, forger, net_c, {source, nid_bob}, {net_c, nid_alice}, update, 3, hex("00"));
  };
  world.at(TimePoint(6100ms), [&] { acknowledge(net_b); });
  world.run_until(TimePoint(6500ms));
  BOOST_TEST(alice.stack().counters().acknowledged == 0U);
  BOOST_TEST(alice.stack().counters().updates_sent == 2U);
  acknowledge(net_a);
  world.run_until(TimePoint(8500ms));
  BOOST_TEST(alice.stack().counters().acknowledged == 1U);
  BOOST_TEST(alice.stack().counters().updates_sent == 2U);
}

BOOST_AUTO_TEST_CASE(moves_with_traffic_both_ways_lose_nothing_in_the_published_topology) {
  sim::World world(1);
  auto mover = alice_in({{net_a}, {net_b}, {net_c}});
  ReferenceStation alice(world, mover), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b, net_c}));
  for (auto* each : {&router, &bob, &alice}) {
    each->begin();
    world.run_for(1s);
  }
  int sent = 0;  // never at the moment of a move: what is under way then arrives twice
  world.every(100ms, TimePoint(4050ms), TimePoint(210s), [&] {
    ++sent;
    BOOST_TEST(!alice.say("bob", std::to_string(sent)));
    BOOST_TEST(!bob.say("alice", std::to_string(sent)));
  });
  world.run_until(TimePoint(211s));
  BOOST_TEST(alice.stack().counters().moves == 10U);
  BOOST_TEST(static_cast<int>(alice.arrivals.size()) == sent);
  BOOST_TEST(static_cast<int>(bob.arrivals.size()) == sent);
}

BOOST_AUTO_TEST_CASE(a_peer_without_a_route_abandons_the_handoff_and_all_moving) {
  sim::World world(1);
  auto mover = alice_in({{net_a}, {net_c}});
  mover.backwards_learning_ttl = 2s;
  ReferenceStation alice(world, mover), bob(world, bob_in({{net_b}})),
      router(world, router_in({net_a, net_b}));
  for (auto* each : {&router, &alice, &bob}) each->begin();
  world.at(TimePoint(1s), [&] { BOOST_TEST(!alice.say("bob", "x")); });
  world.run_until(TimePoint(100s));
  BOOST_TEST(alice.stack().counters().moving_ended);
  BOOST_TEST(alice.stack().counters().moves == 1U);
}

BOOST_AUTO_TEST_CASE(a_handoff_longer_than_the_move_time_ends_all_moving) {
  sim::World world(1);
  auto mover = alice_in({{net_a}, {net_b}});
  mover.move_time = 5s;
  mover.handoff_time = 6s;
  ReferenceStation alice(world, mover);
  alice.begin();
  world.run_until(TimePoint(100s));
  BOOST_TEST(alice.stack().counters().moving_ended);
  BOOST_TEST(alice.stack().counters().moves == 1U);
}

BOOST_AUTO_TEST_CASE(a_short_transport_packet_makes_it_deaf) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_a}}));
  for (auto* each : {&alice, &bob}) each->begin();
  world.run_for(1s);
  put(world, alice, net_a, {net_a, nid_alice}, {net_a, nid_bob}, stp, 3, hex("2712"));
  BOOST_TEST(!alice.say("bob", "hello?"));
  world.run_for(1s);
  BOOST_TEST(bob.stack().deaf());
  BOOST_TEST(bob.arrivals.empty());
}

BOOST_AUTO_TEST_CASE(may_be_told_to_believe_frames_about_its_own_locators) {
  for (const bool believes : {false, true}) {
    sim::World world(1);
    ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_b}})),
        router(world, router_in({net_a, net_b}));
    for (auto* each : {&router, &alice, &bob}) each->begin();
    world.run_for(1s);
    if (believes) router.with([](auto& stack, auto&) { stack.next_layer().believe_all(); });
    // A frame that says that b is behind a.
    put(world, alice, net_a, {net_b, nid_bob}, {net_a, nid_router}, stp, 3, hex("00010001"));
    world.run_for(1s);
    BOOST_TEST(!alice.say("bob", "x"));
    world.run_for(1s);
    BOOST_TEST(bob.arrivals.empty() == believes);
  }
}

BOOST_AUTO_TEST_CASE(ports_are_bound_once_and_others_hear_nothing) {
  sim::World world(1);
  ReferenceStation alice(world, alice_in({{net_a}})), bob(world, bob_in({{net_a}}));
  for (auto* each : {&alice, &bob}) each->begin();
  world.run_for(1s);
  bob.with([](auto& stack, auto&) {
    BOOST_TEST(stack.bind(ReferenceStation::port) == Errc::port_in_use);
    BOOST_TEST(stack.bind(0) == Errc::invalid_port);
    stack.unbind(ReferenceStation::port);
  });
  alice.with([](auto& stack, auto& cx) {
    BOOST_TEST(!stack.send_to(1, "bob", ReferenceStation::port, as_bytes("x"), cx));
    BOOST_TEST(stack.send_to(1, "carol", 1, as_bytes("x"), cx) == Errc::unknown_host);
  });
  world.run_for(1s);
  BOOST_TEST(bob.arrivals.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::model_test
