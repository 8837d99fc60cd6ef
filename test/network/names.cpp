#include <boost/test/unit_test.hpp>

#include "overlay.hpp"

namespace ilnp::test::names_test {

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(a_node_restarted_with_another_identifier_takes_its_name_along) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  net.start();
  BOOST_TEST(!alice.send("bob", 1));
  net.world.run_for(1s);
  bob.restart(0xbb);
  net.world.run_for(100ms);
  BOOST_TEST(!alice.send("bob", 2));
  net.world.run_for(1s);
  BOOST_TEST(bob.from[alice.nid()].total == 2);
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
  // It means the one that claimed it last, and goes on to: there is no flapping.
  for (int round = 0; round < 10; ++round) {
    BOOST_TEST(!alice.send("bob", 1));
    net.world.run_for(31s);
  }
  BOOST_TEST(first.from[alice.nid()].total == 0);
  BOOST_TEST(second.from[alice.nid()].total == 10);
  BOOST_TEST(alice.watch.conflicts > 0);
  // Both are shown, and one is known not to own the name.
  int owners = 0, claimants = 0;
  alice.network().hosts().for_each(net.world.now(), [&](Nid, const Host& host, bool owns) {
    if (host.name != "bob") return;
    ++claimants;
    owners += owns;
  });
  BOOST_TEST(claimants == 2);
  BOOST_TEST(owners == 1);
  // When nothing more is heard of it, the name goes to the other.
  second.crash();
  net.world.run_for(100s);
  BOOST_TEST(!alice.send("bob", 2));
  net.world.run_for(1s);
  BOOST_TEST(first.from[alice.nid()].total == 1);
}

BOOST_AUTO_TEST_CASE(nobody_takes_the_name_of_this_node) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  net.add(0xaa, "alice", {a});
  net.start();
  BOOST_TEST(!alice.send("alice", 1));
  net.world.run_for(1s);
  BOOST_TEST(alice.from[alice.nid()].total == 1);
  BOOST_TEST(alice.watch.conflicts > 0);
}

BOOST_AUTO_TEST_CASE(the_first_solicitation_is_repeated_until_it_was_sent) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(false); });
  net.start(2s);
  BOOST_TEST((bob.send("alice", 1) == Errc::unknown_host));
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(true); });
  net.world.run_for(300ms);
  BOOST_TEST(!bob.send("alice", 1));
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_back_makes_the_node_announce_itself) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {a});
  net.start();
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(false); });
  net.world.run_for(200s);
  BOOST_TEST((bob.send("alice", 1) == Errc::unknown_host));
  alice.node().with([](auto& stack, auto&) { lowest_layer(stack).set_link(true); });
  net.world.run_for(300ms);
  BOOST_TEST(!bob.send("alice", 2));
}

BOOST_AUTO_TEST_CASE(solicitations_are_not_sent_by_who_has_just_heard_one) {
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
  // One node a round; between two rounds of one node, half of wait_time at the least.
  BOOST_TEST(sent >= 10);
  BOOST_TEST(sent <= 40);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::names_test
