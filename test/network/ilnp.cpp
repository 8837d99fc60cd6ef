// The network layer through its public interface: frames and time go in; frames and packets come out.
#include "ilnp/network/ilnp.hpp"

#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::ilnp_test {

constexpr Ilv bob{b, Nid(2)};
constexpr Nid alice{1};

struct Node : HandFed<ILNP<MemoryUnderlay>> {
  explicit Node(std::vector<std::vector<Locator>> locators)
      : HandFed(node_config(1, "alice", std::move(locators))) {
    start();
  }
  error_code send(Nid to, std::string_view text) {
    Packet down(stack.headroom(0), as_bytes(text));
    return stack.send(to, 42, down, cx);
  }
};

static_assert(NetworkLayer<ILNP<MemoryUnderlay>>);
static_assert(!std::is_copy_constructible_v<ILNP<MemoryUnderlay>>);

BOOST_AUTO_TEST_SUITE(ilnp_layer)

BOOST_AUTO_TEST_CASE(an_invalid_configuration_is_refused) {
  BOOST_CHECK_THROW(ILNP<MemoryUnderlay>(NetworkConfig{}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(at_start_up_it_joins_and_solicits) {
  HandFed<ILNP<MemoryUnderlay>> node(node_config(1, "alice", {{a, b}, {c}}));
  BOOST_TEST(!node.stack.start(node.cx));
  BOOST_TEST((node.underlay().joined(a) && node.underlay().joined(b) && !node.underlay().joined(c)));
  BOOST_TEST(node.stack.next_deadline() <= node.cx.now());
  node.run(0s);
  const auto sent = node.take();
  BOOST_TEST_REQUIRE(sent.size() == 2U);
  BOOST_TEST((sent[0].locator == a && sent[0].octets == discovery({a, alice}, "alice", true)));
  BOOST_TEST((sent[1].locator == b && sent[1].octets == discovery({b, alice}, "alice", true)));
  BOOST_TEST(node.counters().solicitations_sent == 2U);
  BOOST_TEST(node.stack.local_nid() == alice);
  BOOST_TEST(node.stack.max_payload() == 1400U);
  BOOST_TEST(node.stack.config().host_name == "alice");
}

BOOST_AUTO_TEST_CASE(a_solicitation_is_answered_on_every_interface_and_passed_on) {
  Node node({{a, b}});
  node.feed(a, discovery({a, Nid(2)}, "bob", true));
  const auto sent = node.take();
  BOOST_TEST_REQUIRE(sent.size() == 3U);
  const Octets answer = discovery({a, alice}, "alice");
  BOOST_TEST((sent[0].locator == a && sent[0].octets == answer));
  BOOST_TEST((sent[1].locator == b && Octets(sent[1].octets.begin() + 40, sent[1].octets.end()) ==
                                          Octets(answer.begin() + 40, answer.end())));  // names a as well
  BOOST_TEST((sent[2].locator == b && sent[2].octets == discovery({a, Nid(2)}, "bob", true, 2)));
  node.feed(a, discovery({a, Nid(2)}, "bob", true));
  BOOST_TEST(node.take().empty());
  BOOST_TEST(node.drops(Drop::discovery_repeated) == 1U);
  node.feed(a, discovery({a, Nid(3)}, "eve", false, 0));
  BOOST_TEST(node.take().empty());  // its hop limit does not allow that
}

BOOST_AUTO_TEST_CASE(payload_sizes_and_errors_of_send) {
  Node node({{a}});
  BOOST_TEST(node.send(bob.nid, "x") == Errc::unknown_host);
  BOOST_TEST(node.stack.resolve("bob", node.cx).error() == Errc::unknown_host);
  node.feed(a, discovery(bob, "bob", false, 2), 9);
  BOOST_TEST(node.stack.resolve("bob", node.cx) == bob.nid);
  node.take();
  BOOST_TEST(!node.send(bob.nid, "x"));
  BOOST_TEST(node.take().at(0).octets == frame({a, alice}, bob, 42, as_bytes("x")));
  BOOST_TEST(node.send(bob.nid, std::string(1401, 'x')) == Errc::message_too_long);
  BOOST_TEST(node.stack.correspondents().active(bob.nid, node.cx.now()));
  BOOST_TEST(node.stack.hosts().size() == 1U);
  BOOST_TEST(node.stack.forwarding().size() == 1U);
}

BOOST_AUTO_TEST_CASE(it_solicits_for_an_unknown_host) {
  Node node({{a}});
  node.run(6s);
  node.take();
  BOOST_TEST(node.send(bob.nid, "x") == Errc::unknown_host);
  node.run(0s);
  BOOST_TEST(node.take(43).size() == 1U);
}

BOOST_AUTO_TEST_CASE(it_solicits_when_the_link_is_up_again) {
  Node node({{a}});
  node.underlay().link_back = true;
  node.stack.on_timer(node.cx, node.up());
  BOOST_TEST(node.take(43).size() == 1U);
}

BOOST_AUTO_TEST_CASE(looped_packets_wait_for_the_next_deadline_and_are_bounded) {
  Node node({{a}});
  for (std::size_t i = 0; i < Loopback::max_packets; ++i) BOOST_TEST(!node.send(alice, "me"));
  BOOST_TEST(node.send(alice, "me") == Errc::queue_full);
  node.run(0s);
  BOOST_TEST(node.take_delivered().size() == Loopback::max_packets);
  BOOST_TEST(node.packet->source == (Ilv{a, alice}));
}

BOOST_AUTO_TEST_CASE(packets_for_others_are_forwarded) {
  Node node({{a, c}});
  const Ilv eve{a, Nid(7)}, dan{c, Nid(8)};
  node.feed(a, frame(eve, dan, 99, as_bytes("x"), 3));
  auto sent = node.take();
  BOOST_TEST_REQUIRE(sent.size() == 1U);
  BOOST_TEST((sent[0].locator == c && sent[0].octets == frame(eve, dan, 99, as_bytes("x"), 2)));
  node.feed(c, frame(eve, dan, 99, as_bytes("x"), 2));  // its own or another node's: never back
  node.feed(a, frame(eve, {d, Nid(9)}, 99, as_bytes("x")));
  node.feed(a, frame(eve, dan, 99, as_bytes("x"), 0));
  BOOST_TEST(node.take().empty());
  BOOST_TEST(node.drops(Drop::overheard) == 1U);
  BOOST_TEST(node.drops(Drop::no_route) == 1U);
  BOOST_TEST(node.drops(Drop::hop_limit) == 1U);
  BOOST_TEST(node.counters().forwarded == 1U);
}

BOOST_AUTO_TEST_CASE(it_stops_forwarding_within_a_batch_once_another_node_forwards) {
  Node node({{a, c}});
  const Ilv eve{a, Nid(7)}, dan{c, Nid(8)};
  for (int i = 0; i < 3; ++i) node.feed(a, frame(eve, dan, 99, as_bytes("x"), 3));
  BOOST_TEST(node.take().size() == 3U);
  node.feed(c, frame(eve, dan, 99, as_bytes("x"), 3), 0x9);  // over a shorter path
  node.feed(a, frame(eve, dan, 99, as_bytes("x"), 3));
  BOOST_TEST(node.take().empty());
  BOOST_TEST(node.drops(Drop::another_forwards) == 1U);
}

BOOST_AUTO_TEST_CASE(a_move_from_the_first_frame_to_the_last) {
  Node node({{a}, {c}});
  node.feed(a, discovery(bob, "bob", false, 2), 9);
  BOOST_TEST(!node.send(bob.nid, "x"));
  node.run(19s);
  node.take();
  node.run(1s);  // at 20 s
  auto sent = node.take(43);
  BOOST_TEST_REQUIRE(!sent.empty());
  BOOST_TEST((sent[0].locator == c && sent[0].octets == discovery({c, alice}, "alice")));
  BOOST_TEST(node.events.began == 1);
  node.run(100ms);
  sent = node.take(44);
  BOOST_TEST_REQUIRE(sent.size() == 1U);
  BOOST_TEST((sent[0].locator == a && sent[0].octets == locator_update({a, alice}, bob, {c})));
  node.feed(c, locator_update(bob, {c, alice}, {}), 9);
  BOOST_TEST(node.events.acknowledged == 1);
  node.run(9900ms);
  BOOST_TEST(!node.underlay().joined(a));
  BOOST_TEST((node.stack.interfaces().locators() == List<Locator>{c}));
  BOOST_TEST(node.take(44).empty());
  BOOST_TEST(node.events.ended == 1);
  BOOST_TEST(node.counters().handoffs == 1U);
}

BOOST_AUTO_TEST_CASE(a_move_without_traffic_is_announced_twice_at_once) {
  Node node({{a}});
  node.run(7s);
  node.take();
  BOOST_TEST(node.stack.move_to(std::array{c}, node.cx));
  const auto announced = [&] {
    const auto sent = node.take();
    return sent.size() == 1 && sent[0].locator == c && sent[0].octets == discovery({c, alice}, "alice");
  };
  BOOST_TEST(announced());
  node.run(1s);
  BOOST_TEST(node.take().empty());
  node.run(500ms);
  BOOST_TEST(announced());
}

BOOST_AUTO_TEST_CASE(a_packet_does_not_leave_where_it_arrived) {
  Node node({{a, b}});
  const Ilv dan{d, Nid(9)}, eve{c, Nid(5)};
  node.feed(a, discovery(dan, "dan", false, 2), 8);  // d and c both lie behind a
  node.feed(a, discovery(eve, "eve", false, 2), 8);
  node.run(2s);
  node.take();
  node.feed(a, frame(eve, dan, 99, as_bytes("x")), 8);
  BOOST_TEST(node.take().empty());
  BOOST_TEST(node.drops(Drop::overheard) == 1U);
  node.feed(b, frame({b, Nid(6)}, dan, 99, as_bytes("x")), 6);
  BOOST_TEST(node.take(99).size() == 1U);
}

BOOST_AUTO_TEST_CASE(solicitations_during_a_handoff_are_answered_with_the_new_locator_only) {
  Node node({{a}, {c}});
  node.run(25s);
  BOOST_TEST(node.stack.interfaces().locators().size() == 2U);
  node.take();
  node.feed(a, discovery(bob, "bob", true, 2), 9);
  node.run(1500ms);
  int answers = 0;
  for (const auto& sent : node.take(43)) {
    const auto header = wire::IlnpHeader::parse(sent.octets);
    BOOST_TEST_REQUIRE(header.has_value());
    if (header->source().nid != alice) continue;  // bob's own message, passed on
    ++answers;
    BOOST_TEST((sent.locator == c && sent.octets == discovery({c, alice}, "alice")));
  }
  BOOST_TEST(answers == 1);
}

BOOST_AUTO_TEST_CASE(an_update_is_acknowledged_where_it_arrived) {
  Node node({{a}});
  node.feed(a, discovery(bob, "bob", false, 2), 9);
  BOOST_TEST(!node.send(bob.nid, "x"));
  node.take();
  node.feed(a, locator_update(bob, {a, alice}, {d, c}), 9);
  const auto sent = node.take();
  BOOST_TEST_REQUIRE(sent.size() == 1U);
  BOOST_TEST((sent[0].locator == a && sent[0].octets == locator_update({a, alice}, {d, bob.nid}, {})));
  node.feed(a, frame({d, bob.nid}, {a, alice}, 42, as_bytes("y")), 9);
  BOOST_TEST(!node.send(bob.nid, "z"));
  BOOST_TEST(wire::IlnpHeader::parse(node.take().at(0).octets)->destination() == (Ilv{d, bob.nid}));
}

BOOST_AUTO_TEST_CASE(events_and_counters_agree) {
  Node node({{a}});
  node.feed(a, Octets(3));
  node.feed(b, discovery(bob, "bob"));  // the underlay does not deliver it
  BOOST_TEST(node.events.dropped[Drop::too_short] == 1);
  BOOST_TEST(node.all_drops() == 1U);
  BOOST_TEST(node.events.sent == static_cast<int>(node.counters().sent));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ilnp_test
