// Pings in virtual time: replies, forwarders that reply when the hop limit runs out, forgeries and floods.
#include "ilnp/transport/pings.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>
#include <functional>
#include <set>

#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/fragment.hpp"
#include "network/stranger.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::pings_test {

/// alice in a; two routers; bob in c, three networks away.
struct Line : Overlay {
  explicit Line(std::uint64_t seed = 1) : Overlay(seed) {
    world.tap([this](const sim::SentFrame& frame) {
      const auto header = wire::IlnpHeader::parse(frame.bytes);
      if (!header || header->next_header() != 42) return;
      const auto datagram = wire::StpHeader::parse(header->payload());
      if (!datagram) return;
      const auto message = wire::PingMessage::parse(datagram->payload());
      if (message) ++(message->kind() == wire::PingKind::ping ? pings_seen : replies_seen);
    });
  }
  Endpoint& alice = add(0xa, "alice", {a});
  Endpoint& first = add(0xd, "first", {a, b});
  Endpoint& second = add(0xe, "second", {b, c});
  Endpoint& bob = add(0xb, "bob", {c});
  int pings_seen = 0;    // on all networks
  int replies_seen = 0;  // the same

  std::uint64_t ping(Endpoint& from, Nid to, std::optional<std::uint8_t> hops = {}) {
    const auto sent =
        from.node().with([&](auto& stack, auto& cx) { return pinging_layer(stack).ping(to, hops, cx); });
    BOOST_TEST_REQUIRE(sent.has_value());
    return *sent;
  }
  /// The reply to a ping that is sent now; null if there is none.
  const PingReply* ask(Endpoint& from, Nid to, std::optional<std::uint8_t> hops = {}) {
    const std::uint64_t identifier = ping(from, to, hops);
    world.run_for(500ms);
    return from.node().stack().pings().reply(identifier);
  }
};

const TransportCounters& counters(Endpoint& node) { return node.node().stack().counters(); }

Octets ping_octets(std::uint64_t identifier) {
  Octets out(wire::StpHeader::size + wire::PingMessage::size);
  wire::StpHeaderRepr{0, 0}.write_to(out);
  wire::PingRepr{identifier}.write_to(MutableBytes(out).subspan(wire::StpHeader::size));
  return out;
}
Octets reply_octets(std::uint64_t identifier, wire::PingCode code) {
  Octets out(wire::StpHeader::size + wire::PingMessage::size);
  wire::StpHeaderRepr{0, 0}.write_to(out);
  wire::PingReplyRepr{code, 3, identifier, a, c, c}.write_to(
      MutableBytes(out).subspan(wire::StpHeader::size));
  return out;
}

BOOST_AUTO_TEST_SUITE(pings)

BOOST_AUTO_TEST_CASE(a_ping_is_answered_and_says_over_which_locators_it_went) {
  Line net;
  net.world.defaults.delay = 10ms;
  net.start(3s);
  const PingReply* reply = net.ask(net.alice, net.bob.nid());
  BOOST_TEST_REQUIRE(reply);
  BOOST_TEST(reply->reached);
  BOOST_TEST(reply->replier == (Ilv{c, net.bob.nid()}));
  BOOST_TEST(reply->source == a);
  BOOST_TEST(reply->destination == c);
  BOOST_TEST(reply->arrived_on == c);
  BOOST_TEST(reply->sent_hops == 3);
  BOOST_TEST(reply->hop_limit == 1);
  BOOST_TEST(reply->forwarders() == 2U);
  BOOST_TEST(reply->returned_to == a);
  BOOST_TEST(reply->returned_on == a);
  BOOST_TEST(reply->reply_hop_limit == 1);
  BOOST_TEST((reply->round_trip >= 60ms && reply->round_trip < 70ms), reply->round_trip.count());
  BOOST_TEST(counters(net.alice).pings_sent == 1U);
  BOOST_TEST(counters(net.bob).pings_answered == 1U);
  BOOST_TEST(counters(net.alice).ping_replies_received == 1U);
  BOOST_TEST(net.pings_seen == 3);
  BOOST_TEST(net.replies_seen == 3);
}

BOOST_AUTO_TEST_CASE(forwarders_reply_when_the_hop_limit_runs_out) {
  Line net;
  net.start(3s);
  const Nid expected[] = {net.first.nid(), net.second.nid(), net.bob.nid(), net.bob.nid()};
  const Locator heard_on[] = {a, b, c, c};
  for (std::uint8_t hops = 0; hops < 4; ++hops) {
    const PingReply* reply = net.ask(net.alice, net.bob.nid(), hops);
    BOOST_TEST_CONTEXT("hop limit " << unsigned{hops}) {
      BOOST_TEST_REQUIRE(reply);
      BOOST_TEST(reply->reached == (hops >= 2));
      BOOST_TEST(reply->replier.nid == expected[hops]);
      BOOST_TEST(reply->arrived_on == heard_on[hops]);
      BOOST_TEST(reply->forwarders() == std::min<unsigned>(hops, 2));
    }
  }
  BOOST_TEST(net.first.network().counters().expired_answered == 1U);
  BOOST_TEST(net.second.network().counters().expired_answered == 1U);
  BOOST_TEST(net.first.drops(Drop::hop_limit) == 1U);
  // Only pings are answered.
  Stranger stranger(net.world, {a});
  const auto put = [&](Octets payload, std::uint8_t next_header = 42) {
    stranger.put(a, Stranger::frame({a, Nid(0x51)}, {c, net.bob.nid()}, 0, next_header, payload));
  };
  put(datagram("text"));
  put(reply_octets(1, wire::PingCode::reached));
  put(ping_octets(1), 45);
  put(Octets(3));
  Octets cut = ping_octets(1);
  cut.pop_back();
  put(cut);
  net.world.run_for(500ms);
  BOOST_TEST(net.first.drops(Drop::hop_limit) == 6U);
  BOOST_TEST(net.first.network().counters().expired_answered == 1U);
  put(ping_octets(1));
  net.world.run_for(500ms);
  BOOST_TEST(net.first.network().counters().expired_answered == 2U);
}

BOOST_AUTO_TEST_CASE(of_several_forwarders_only_the_designated_one_replies) {
  Line net;
  auto& rival = net.add(0xf, "rival", {a, b});  // yields to the first, whose identifier is lower
  net.start(3s);
  for (int round = 0; round < 3; ++round) {
    BOOST_TEST_REQUIRE(net.ask(net.alice, net.bob.nid(), 0));
    BOOST_TEST_REQUIRE(net.ask(net.alice, net.bob.nid()));
  }
  BOOST_TEST(net.first.network().counters().expired_answered == 3U);
  BOOST_TEST(rival.network().counters().expired_answered == 0U);
  BOOST_TEST(counters(net.alice).dropped_ping_not_asked == 0U);
  // It takes over, and replies from then on.
  net.alice.stream(net.bob, 10ms, net.in(1ms), net.in(20s));
  net.world.run_for(1s);
  net.first.crash();
  net.world.run_for(3s);
  const PingReply* reply = net.ask(net.alice, net.bob.nid(), 0);
  BOOST_TEST_REQUIRE(reply);
  BOOST_TEST(reply->replier.nid == rival.nid());
}

BOOST_AUTO_TEST_CASE(unknown_nodes_cannot_be_pinged_but_the_node_itself_can) {
  Line net;
  net.start();
  const auto sent =
      net.alice.node().with([](auto& stack, auto& cx) { return stack.ping(Nid(0x99), {}, cx); });
  BOOST_TEST(sent.error() == Errc::unknown_host);
  BOOST_TEST(counters(net.alice).pings_sent == 0U);
  const PingReply* reply = net.ask(net.alice, net.alice.nid());
  BOOST_TEST_REQUIRE(reply);
  BOOST_TEST(reply->reached);
  BOOST_TEST(net.pings_seen == 0);
}

BOOST_AUTO_TEST_CASE(lost_and_delayed_replies) {
  Line net;
  net.world.defaults.delay = 5ms;
  net.world.defaults.jitter = 40ms;  // replies overtake each other
  net.world.defaults.loss = 0.1;
  net.start(5s);
  std::vector<std::uint64_t> identifiers;
  for (int number = 0; number < 40; ++number) {
    identifiers.push_back(net.ping(net.alice, net.bob.nid()));
    net.world.run_for(70ms);
  }
  net.world.run_for(1s);
  int replied = 0;
  for (const auto identifier : identifiers) {
    const PingReply* reply = net.alice.node().stack().pings().reply(identifier);
    if (!reply) continue;
    ++replied;
    BOOST_TEST(reply->identifier == identifier);
    BOOST_TEST((reply->round_trip >= 30ms && reply->round_trip <= 300ms));
  }
  BOOST_TEST((replied > 5 && replied < 40), replied);
  BOOST_TEST(std::set(identifiers.begin(), identifiers.end()).size() == identifiers.size());
}

BOOST_AUTO_TEST_CASE(nodes_move_while_they_ping) {
  Line net;
  net.world.defaults.delay = 20ms;
  net.start(3s);
  std::vector<std::uint64_t> identifiers;
  const auto each = [&] {
    for (int number = 0; number < 20; ++number) {
      identifiers.push_back(net.ping(net.alice, net.bob.nid()));
      net.world.run_for(100ms);
    }
  };
  each();
  net.alice.move_to({b});
  each();
  net.bob.move_to({a});
  each();
  net.world.run_for(1s);
  for (const auto identifier : identifiers) BOOST_TEST(net.alice.node().stack().pings().reply(identifier));
  const PingReply* reply = net.ask(net.alice, net.bob.nid());
  BOOST_TEST_REQUIRE(reply);
  BOOST_TEST(reply->source == b);
  BOOST_TEST(reply->destination == a);
  BOOST_TEST(reply->forwarders() == 1U);
}

BOOST_AUTO_TEST_CASE(forged_replies_do_not_count) {
  Line net;
  net.start(3s);
  net.world.network(b).conditions.delay = 50ms;
  const std::uint64_t identifier = net.ping(net.alice, net.bob.nid());
  Stranger stranger(net.world, {a});
  const auto put = [&](std::uint64_t guess, Ilv from, wire::PingCode code) {
    stranger.put(a, Stranger::frame(from, {a, net.alice.nid()}, 3, 42, reply_octets(guess, code)));
  };
  // One that cannot see the ping guesses; one that can is still not the destination.
  for (std::uint64_t guess = 0; guess < 100; ++guess)
    put(guess, {c, net.bob.nid()}, wire::PingCode::reached),
        put(guess, {a, Nid(0x51)}, wire::PingCode::expired);
  put(identifier, {a, Nid(0x51)}, wire::PingCode::reached);
  net.world.run_for(20ms);
  BOOST_TEST(!net.alice.node().stack().pings().reply(identifier));
  BOOST_TEST(counters(net.alice).dropped_ping_not_asked == 201U);
  net.world.run_for(500ms);
  const PingReply* reply = net.alice.node().stack().pings().reply(identifier);
  BOOST_TEST_REQUIRE(reply);
  BOOST_TEST(reply->replier.nid == net.bob.nid());
  // The reply is not taken twice.
  put(identifier, {c, net.bob.nid()}, wire::PingCode::expired);
  net.world.run_for(20ms);
  BOOST_TEST(counters(net.alice).dropped_ping_not_asked == 202U);
  BOOST_TEST(net.alice.node().stack().pings().reply(identifier)->reached);
}

BOOST_AUTO_TEST_CASE(floods_are_answered_within_limits_and_others_still_get_replies) {
  Line net;
  auto& carol = net.add(0x1c, "carol", {a});
  net.start(3s);
  Stranger stranger(net.world, {a, b});
  std::uint64_t victim = 0x5100;
  const auto flood = [&](std::uint8_t hops, const std::function<Nid()>& asker) {
    net.world.every(1ms, net.in(0ms), net.in(5s), [&net, &stranger, hops, asker] {
      for (std::uint64_t identifier = 1; identifier <= 2; ++identifier)
        stranger.put(a, Stranger::frame({a, asker()}, {c, net.bob.nid()}, hops, 42, ping_octets(identifier)));
    });
  };
  for (const std::uint8_t hops : {std::uint8_t{0}, std::uint8_t{3}}) {
    const auto replies = net.replies_seen;
    // In the name of one node, and in the names of many.
    flood(hops, [&] { return carol.nid(); });
    net.world.run_for(2500ms);
    int answered = 0;
    for (int round = 0; round < 10; ++round) {
      answered += net.ask(net.alice, net.bob.nid(), hops) != nullptr;
    }
    BOOST_TEST(answered >= 8);
    // Each reply of the far end crosses three networks.
    const int most = 8 * static_cast<int>(PingLimit::max_to_one) + 12;
    BOOST_TEST(net.replies_seen - replies <= (hops == 0 ? most : 3 * most));
    BOOST_TEST(net.replies_seen - replies > static_cast<int>(PingLimit::max_to_one));
    const auto before = net.replies_seen;
    flood(hops, [&] { return Nid(++victim); });
    net.world.run_for(6s);
    BOOST_TEST(net.replies_seen - before <= 7 * static_cast<int>(PingLimit::max_to_sender));
  }
  BOOST_TEST(counters(net.bob).dropped_pings_too_many > 1000U);
  BOOST_TEST(counters(carol).dropped_ping_not_asked > 0U);
}

BOOST_AUTO_TEST_CASE(pings_that_have_no_reply_take_the_place_of_no_other) {
  Line net;
  auto& carol = net.add(0x1c, "carol", {a});
  net.start(3s);
  // In the names of unknown nodes, from so many hosts on the link that all of them together exceed the limit for all.
  std::deque<Stranger> strangers;
  for (unsigned at = 0; at < 2 * PingLimit::max_in_all / PingLimit::max_to_sender; ++at)
    strangers.emplace_back(net.world, std::vector{a});
  std::uint64_t unknown = 0x5100;
  net.world.every(10ms, net.in(0ms), net.in(4s), [&] {
    for (Stranger& each : strangers) {
      ++unknown;
      each.put(a, Stranger::frame({a, Nid(unknown)}, {a, carol.nid()}, 3, 42, ping_octets(unknown)));
    }
  });
  net.world.run_for(600ms);
  for (int round = 0; round < 6; ++round) BOOST_TEST(net.ask(net.alice, carol.nid()) != nullptr);
  BOOST_TEST(counters(carol).pings_answered == 6U);
  BOOST_TEST(counters(carol).dropped_pings_too_many == 0U);
}

BOOST_AUTO_TEST_CASE(nobody_replies_to_all_nodes_or_to_itself) {
  Line net;
  net.start(3s);
  Stranger stranger(net.world, {a});
  for (const Ilv source : {Ilv{all_nodes_locator, Nid{}}, Ilv{all_nodes_locator, Nid(0x51)}, Ilv{a, Nid{}},
                           Ilv{a, net.first.nid()}, Ilv{c, net.bob.nid()}})
    for (const std::uint8_t hops : {std::uint8_t{0}, std::uint8_t{3}})
      stranger.put(a, Stranger::frame(source, {c, net.bob.nid()}, hops, 42, ping_octets(1)));
  stranger.put(a, Stranger::frame({a, Nid(0x51)}, {all_nodes_locator, Nid{}}, 3, 42, ping_octets(1)));
  net.world.run_for(1s);
  // Of these only the one that names another network as its own is forwarded as from there.
  BOOST_TEST(net.replies_seen == 0);
}

BOOST_AUTO_TEST_CASE(only_so_many_pings_are_remembered) {
  Line net;
  net.start(3s);
  std::vector<std::uint64_t> identifiers;
  for (std::size_t number = 0; number <= Pings::max_pings; ++number) {
    identifiers.push_back(net.ping(net.alice, net.bob.nid()));
    net.world.run_for(100ms);
  }
  net.world.run_for(1s);
  BOOST_TEST(!net.alice.node().stack().pings().reply(identifiers.front()));
  for (std::size_t number = 1; number <= Pings::max_pings; ++number)
    BOOST_TEST(net.alice.node().stack().pings().reply(identifiers[number]));
}

BOOST_AUTO_TEST_CASE(the_layer_that_pings_is_found_in_any_stack) {
  using Deep = Proxy<Fragment<TransportAdaptor<STP<NetworkAdaptor<ILNP<sim::SimUnderlay>>>>>>;
  sim::World world(1);
  sim::SimNode<Deep> alice(world, "alice", node_config(1, "alice", {{a}}));
  sim::SimNode<Deep> bob(world, "bob", node_config(2, "bob", {{a}}));
  alice.start();
  bob.start();
  world.run_for(1s);
  const auto sent =
      alice.with([](auto& stack, auto& cx) { return pinging_layer(stack).ping(Nid(2), 0, cx); });
  world.run_for(1s);
  BOOST_TEST_REQUIRE(sent.has_value());
  const PingReply* reply = pinging_layer(alice.stack()).pings().reply(*sent);
  BOOST_TEST_REQUIRE(reply);
  BOOST_TEST(reply->reached);
  BOOST_TEST(reply->sent_hops == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::pings_test
