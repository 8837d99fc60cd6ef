#include "ilnp/network/parts.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::parts_test {

struct Node : HandFed<ILNP<MemoryUnderlay>> {
  explicit Node(NetworkConfig config = node_config(1, "alice", {{a, b}})) : HandFed(std::move(config)) {}
};

BOOST_AUTO_TEST_SUITE(network_parts)

BOOST_FIXTURE_TEST_CASE(a_node_joins_its_first_locators_and_solicits_there, Node) {
  BOOST_TEST(!stack.start(cx));
  BOOST_TEST((stack.interfaces().locators() == List<Locator>{a, b}));
  BOOST_TEST((stack.next_deadline() <= cx.now()));
  run(Duration{});
  BOOST_TEST(counters().solicitations_sent == 2U);
  BOOST_TEST((stack.next_deadline() > cx.now()));
}

BOOST_FIXTURE_TEST_CASE(a_node_does_not_start_where_it_cannot_join, Node) {
  underlay().join_error = Errc::queue_full;
  BOOST_TEST(stack.start(cx) == Errc::queue_full);
  BOOST_TEST(stack.interfaces().all().empty());
}

BOOST_FIXTURE_TEST_CASE(every_table_has_a_name_and_a_limit, Node) {
  start();
  feed(a, discovery({a, Nid(2)}, "bob"));
  std::map<std::string_view, std::size_t> sizes;
  stack.for_each_table([&](std::string_view name, std::size_t size, std::size_t limit) {
    BOOST_TEST(size <= limit, name);
    BOOST_TEST(limit > 0U, name);
    BOOST_TEST(sizes.emplace(name, size).second, name);
  });
  BOOST_TEST(sizes.at("interfaces") == 2U);
  BOOST_TEST(sizes.at("hosts") == 1U);
  BOOST_TEST(sizes.at("neighbours") == 1U);
  BOOST_TEST(sizes.size() >= 14U);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_name_is_asked_for_and_a_known_one_resolves, Node) {
  start();
  run(1h);  // it was quiet for long
  take();
  BOOST_TEST(stack.resolve("bob", cx).error() == Errc::unknown_host);
  run(Duration{});
  BOOST_TEST(take(43).size() == 2U);  // asked on both interfaces
  feed(a, discovery({a, Nid(2)}, "bob"));
  BOOST_TEST(stack.resolve("bob", cx).value() == Nid(2));
  ResolvedName known;
  BOOST_TEST(!stack.holds(known, cx));
  BOOST_TEST(!stack.resolve("bob", known, cx));
  BOOST_TEST((known.value == Nid(2) && stack.holds(known, cx)));
  BOOST_TEST(stack.resolve("carol", known, cx) == Errc::unknown_host);
  BOOST_TEST(!stack.holds(known, cx));
  BOOST_TEST((known.value == Nid(2)));  // unchanged
}

BOOST_FIXTURE_TEST_CASE(traffic_is_settled_by_host_and_interface, Node) {
  start();
  feed(a, discovery({a, Nid(2)}, "bob"));
  feed(a, datagram({a, Nid(2)}, {a, Nid(1)}, 5, 6, "hello"));
  Packet reply(stack.headroom(0), as_bytes("hi"));
  BOOST_TEST(!stack.send(Nid(2), 42, reply, cx));
  stack.end_batch(cx);
  const Interface& at = *stack.interfaces().find(a);
  BOOST_TEST((at.sent == Traffic{} && at.received == Traffic{}));  // not yet
  stack.settle_traffic();
  BOOST_TEST((at.sent == Traffic{1, 2}));
  BOOST_TEST((at.received == Traffic{1, wire::StpHeader::size + 5}));
  stack.hosts().for_each(cx.now(), [&](Nid, const KnownHost& bob, bool) {
    BOOST_TEST((bob.sent == at.sent && bob.received == at.received));
  });
  stack.settle_traffic();
  BOOST_TEST((at.sent == Traffic{1, 2}));  // counted once
}

BOOST_FIXTURE_TEST_CASE(what_was_decided_for_packets_is_decided_anew_after_a_move, Node) {
  start();
  feed(a, discovery({c, Nid(3)}, "carol"));
  feed(b, datagram({b, Nid(2)}, {c, Nid(3)}, 5, 6, "x"));
  BOOST_TEST(take(42).size() == 1U);  // forwarded to a, which leads to c
  BOOST_TEST(stack.move_to(std::array{b, c}, cx));
  take();
  feed(b, datagram({b, Nid(2)}, {c, Nid(3)}, 5, 6, "y"));
  run(1s);
  for (const auto& sent : take(42)) BOOST_TEST((sent.locator == c));
}

BOOST_AUTO_TEST_CASE(a_node_of_several_sets_moves_unless_that_is_suspended) {
  auto config = node_config(1, "alice", {{a}, {b}});
  config.move_time = 10s;
  config.handoff_time = 1s;
  Node node(config);
  node.start();
  node.run(5s);
  node.stack.suspend_moves();
  node.run(60s);
  BOOST_TEST((node.stack.interfaces().locators() == List<Locator>{a}));
  BOOST_TEST(node.stack.resume_moves(node.cx));
  node.run(12s);
  BOOST_TEST((node.stack.interfaces().locators() == List<Locator>{b}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::parts_test
