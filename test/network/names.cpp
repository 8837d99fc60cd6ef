#include <boost/test/unit_test.hpp>
#include <map>

#include "ilnp/base/stack.hpp"
#include "overlay.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::names_test {

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(a_node_restarted_with_another_identifier_regains_its_name) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  net.start();
  BOOST_TEST(!alice.send("bob", 1));
  net.world.run_for(1s);
  bob.restart(0xbb);
  net.world.run_for(1500ms);
  BOOST_TEST(!alice.send("bob", 2));
  net.world.run_for(1s);
  BOOST_TEST(bob.from[alice.nid()].total == 2);
  BOOST_TEST(alice.watch.passed == 1);
  BOOST_TEST(alice.watch.conflicts == 0);
}

// Whenever this node has last solicited, although others do not answer twice within a second.
BOOST_AUTO_TEST_CASE(a_restarted_node_has_its_name_again_within_a_second_and_a_half) {
  for (const Duration since : {0ms, 1ms, 200ms, 400ms, 900ms, 1000ms, 3000ms}) {
    Overlay net;
    auto& alice = net.add(0xa, "alice", {a});
    auto& bob = net.add(0xb, "bob", {b});
    net.add(0xd, "router", {a, b});
    net.start();
    net.world.run_for(3s);
    alice.node().with([](auto& stack, auto& cx) { static_cast<void>(stack.resolve("nobody", cx)); });
    net.world.run_for(since);
    bob.restart(0xbb);
    net.world.run_for(1500ms);
    BOOST_TEST_CONTEXT(since.count()) {
      BOOST_TEST(!alice.send("bob", 1));
      net.world.run_for(100ms);
      BOOST_TEST(bob.from[alice.nid()].total == 1);
    }
  }
}

/// `by` announces on `network` that the node `nid` is there, under the name `name`.
void forge(Endpoint& by, Locator network, Nid nid, std::string_view name, bool solicitation,
           std::uint8_t hop_limit = 3) {
  const auto octets = discovery({network, nid}, name, solicitation, hop_limit);
  by.node().with(
      [&](auto& stack, auto& cx) { BOOST_TEST(!lowest_layer(stack).send(network, Packet({}, octets), cx)); });
}

BOOST_AUTO_TEST_CASE(an_advertisement_does_not_take_the_name_of_a_node_that_is_alive) {
  for (const bool solicitation : {false, true})
    for (const Duration since : {0ms, 1ms, 300ms, 900ms, 1100ms, 20000ms}) {
      Overlay net;
      auto& alice = net.add(0xa, "alice", {a});
      auto& bob = net.add(0xb, "bob", {b});
      net.add(0xd, "router", {a, b});
      auto& mallory = net.add(0xe, "mallory", {a});
      net.start();
      std::uint64_t sent = 0;
      net.world.every(50ms, net.in(0ms), net.in(90s), [&] { BOOST_TEST(!alice.send("bob", ++sent)); });
      net.world.run_for(3s);
      // bob has just announced itself, and repeats that only when a second has passed.
      forge(mallory, a, Nid(0xe0), "stranger", true);
      net.world.run_for(since);
      forge(mallory, a, Nid(0xee), "bob", solicitation);
      net.world.run_for(91s);
      BOOST_TEST_CONTEXT(since.count() << solicitation) {
        BOOST_TEST(bob.from[alice.nid()].lost(1, sent) == 0);
        BOOST_TEST(alice.watch.passed == 0);
        BOOST_TEST(alice.watch.conflicts == 1);
        BOOST_TEST(alice.watch.conflicts_ended <= 1);
      }
    }
}

BOOST_AUTO_TEST_CASE(who_claims_a_name_for_ever_gets_neither_that_nor_many_solicitations) {
  for (const bool many : {false, true}) {
    Overlay net;
    auto& alice = net.add(0xa, "alice", {a});
    auto& bob = net.add(0xb, "bob", {b});
    net.add(0xd, "router", {a, b});
    auto& mallory = net.add(0xe, "mallory", {a});
    net.start();
    std::uint64_t sent = 0, claims = 0;
    net.world.every(50ms, net.in(0ms), net.in(90s), [&] { BOOST_TEST(!alice.send("bob", ++sent)); });
    net.world.every(100ms, net.in(5s), net.in(90s),
                    [&] { forge(mallory, a, Nid(0xee00 + (many ? ++claims : 0)), "bob", false); });
    net.world.run_for(5s);
    const auto before = alice.network().counters().solicitations_sent;
    net.world.run_for(87s);
    BOOST_TEST(bob.from[alice.nid()].lost(1, sent) == 0);
    BOOST_TEST(alice.watch.passed == 0);
    BOOST_TEST(alice.watch.conflicts == 1);
    BOOST_TEST(alice.network().counters().solicitations_sent - before <= 25U);
  }
}

BOOST_AUTO_TEST_CASE(who_claims_all_names_does_not_make_the_others_flood) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  for (std::uint64_t nid = 1; nid <= 40; ++nid) net.add(0x100 + nid, "node" + std::to_string(nid), {a});
  auto& mallory = net.add(0xe, "mallory", {a});
  net.start(3s);
  std::uint64_t claims = 0;
  net.world.every(5ms, net.in(0ms), net.in(60s), [&] {
    ++claims;
    forge(mallory, a, Nid(0xee0000 + claims), "node" + std::to_string(1 + claims % 40), claims % 2 == 0, 0);
  });
  const auto before = alice.network().counters().solicitations_sent;
  net.world.run_for(61s);
  BOOST_TEST(alice.network().counters().solicitations_sent - before <= 60U);
  for (std::uint64_t nid = 1; nid <= 40; ++nid)
    alice.node().with([&](auto& stack, auto& cx) {
      const auto found = stack.resolve("node" + std::to_string(nid), cx);
      BOOST_REQUIRE(found);
      BOOST_TEST(*found == Nid(0x100 + nid));
    });
}

/// Ten nodes in a; alice elsewhere and idle; a router between them; and mallory.
struct Many : Overlay {
  explicit Many(std::vector<Locator> alice_in, std::vector<Locator> mallory_in = {a}) {
    for (std::uint64_t nid = 1; nid <= 10; ++nid)
      others.push_back(&add(0x100 + nid, "node" + std::to_string(nid), {a}));
    alice = &add(0xa, "alice", std::move(alice_in));
    add(0xd, "router", {a, b});
    mallory = &add(0xe, "mallory", std::move(mallory_in));
    start(5s);
  }
  /// How many nodes take `name` for the node `nid`, without soliciting.
  int believers(Nid nid, std::string_view name = "alice") {
    int count = 0;
    for (Endpoint* node : others)
      node->network().hosts().for_each(world.now(), [&](Nid known, const KnownHost& host, bool owns) {
        count += owns && host.name == name && known == nid;
      });
    return count;
  }

  std::vector<Endpoint*> others;
  Endpoint* alice;
  Endpoint* mallory;
};

// Nodes that know many others leave the soliciting to the claimant, whose solicitation may not have reached the owner.
BOOST_AUTO_TEST_CASE(among_many_one_solicitation_does_not_take_the_name_of_a_live_node) {
  for (const Locator where : {a, b})
    for (const std::uint8_t hop_limit : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{3}}) {
      Many net({where});
      forge(*net.mallory, a, Nid(0xee), "alice", true, hop_limit);
      for (int second = 0; second < 20; ++second) {
        net.world.run_for(1s);
        BOOST_TEST_CONTEXT(where.value() << ' ' << int{hop_limit} << ' ' << second)
        BOOST_TEST(net.believers(net.alice->nid()) == 10);
      }
    }
}

BOOST_AUTO_TEST_CASE(nor_does_one_after_another_that_only_the_owner_has_heard) {
  for (const Duration before : {10ms, 100ms, 500ms, 900ms}) {
    Many net({a, c}, {a, c});
    forge(*net.mallory, c, Nid(0xee), "alice", true, 0);
    net.world.run_for(before);
    forge(*net.mallory, a, Nid(0xee), "alice", true, 0);
    for (int second = 0; second < 10; ++second) {
      net.world.run_for(1s);
      BOOST_TEST_CONTEXT(before.count() << ' ' << second) BOOST_TEST(net.believers(net.alice->nid()) == 10);
    }
  }
}

BOOST_AUTO_TEST_CASE(among_many_a_restarted_node_regains_its_name_within_three_seconds) {
  Many net({b});
  net.alice->restart(0xaa);
  net.world.run_for(1s);
  BOOST_TEST(net.believers(Nid(0xa)) == 10);
  net.world.run_for(2200ms);
  BOOST_TEST(net.believers(Nid(0xaa)) == 10);
}

BOOST_AUTO_TEST_CASE(one_message_with_another_name_does_not_rename_a_node) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  auto& mallory = net.add(0xe, "mallory", {a});
  net.start();
  std::uint64_t sent = 0;
  net.world.every(50ms, net.in(0ms), net.in(60s), [&] { BOOST_TEST(!alice.send("bob", ++sent)); });
  net.world.every(1900ms, net.in(5s), net.in(50s), [&] { forge(mallory, a, bob.nid(), "bill", false); });
  net.world.run_for(61s);
  BOOST_TEST(bob.from[alice.nid()].lost(1, sent) == 0);
}

BOOST_AUTO_TEST_CASE(a_node_restarted_with_the_same_identifier) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  net.start();
  alice.stream(bob, 10ms, net.in(1ms), net.in(5s));
  bob.stream(alice, 10ms, net.in(1ms), net.in(2s));
  net.world.run_for(3s);
  bob.restart();
  bob.from.clear();
  net.world.run_for(3s);
  BOOST_TEST(bob.from[alice.nid()].total >= 195);
  BOOST_TEST(bob.from[alice.nid()].duplicated() == 0);
}

BOOST_AUTO_TEST_CASE(two_nodes_claim_one_name) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& first = net.add(0xb, "bob", {a});
  auto& second = net.add(0xbb, "bob", {a});
  alice.start();
  first.start();
  net.world.run_for(1s);
  second.start();
  net.world.run_for(1s);
  // It means the first, which is still there, and continues to: it does not flap.
  for (int round = 0; round < 10; ++round) {
    BOOST_TEST(!alice.send("bob", 1));
    net.world.run_for(31s);
  }
  BOOST_TEST(first.from[alice.nid()].total == 10);
  BOOST_TEST(second.from[alice.nid()].total == 0);
  BOOST_TEST(alice.watch.conflicts == 1);  // reported once
  BOOST_TEST(alice.watch.conflicts_ended == 0);
  // Both are listed, and one of them does not own the name.
  int owners = 0, claimants = 0;
  alice.network().hosts().for_each(net.world.now(), [&](Nid, const KnownHost& host, bool owns) {
    if (host.name != "bob") return;
    ++claimants;
    owners += owns;
  });
  BOOST_TEST(claimants == 2);
  BOOST_TEST(owners == 1);
  // When its owner is no longer heard, the name passes to the other.
  first.crash();
  net.world.run_for(100s);
  BOOST_TEST(!alice.send("bob", 2));
  net.world.run_for(1s);
  BOOST_TEST(second.from[alice.nid()].total == 1);
  BOOST_TEST(alice.watch.conflicts_ended == 1);
}

BOOST_AUTO_TEST_CASE(nobody_takes_the_name_of_this_node) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  net.add(0xaa, "alice", {a});
  net.start();
  BOOST_TEST(!alice.send("alice", 1));
  net.world.run_for(1s);
  net.world.run_for(100s);
  BOOST_TEST(alice.from[alice.nid()].total == 1);
  BOOST_TEST(alice.watch.conflicts == 1);
}

BOOST_AUTO_TEST_CASE(the_first_solicitation_is_retried_until_it_is_sent) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(false); });
  net.start(2s);
  BOOST_TEST(bob.send("alice", 1) == Errc::unknown_host);
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(true); });
  net.world.run_for(300ms);
  BOOST_TEST(!bob.send("alice", 1));
}

BOOST_AUTO_TEST_CASE(a_node_announces_itself_when_the_link_is_up_again) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  net.start();
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(false); });
  net.world.run_for(200s);
  BOOST_TEST(bob.send("alice", 1) == Errc::unknown_host);
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(true); });
  net.world.run_for(300ms);
  BOOST_TEST(!bob.send("alice", 2));
}

BOOST_AUTO_TEST_CASE(a_node_that_has_just_heard_a_solicitation_sends_none) {
  Overlay net;
  std::map<std::string, int> solicitations;
  for (std::uint64_t nid = 1; nid <= 10; ++nid) net.add(nid, "node" + std::to_string(nid), {a});
  net.start();
  int sent = 0;
  net.world.tap([&](const sim::SentFrame& frame) {
    const auto message = wire::Discovery::parse(wire::IlnpHeader::parse(frame.bytes)->payload());
    sent += message && message->solicitation();
  });
  net.world.run_for(600s);
  // One node per round; at least half of wait_time between two rounds of one node.
  BOOST_TEST(sent >= 10);
  BOOST_TEST(sent <= 40);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::names_test
