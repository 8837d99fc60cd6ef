#include "ilnp/transport/stp.hpp"
#include "ilnp/base/stack.hpp"

#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::stp_test {

constexpr Ilv bob{a, Nid(2)};
constexpr Ilv self{a, Nid(1)};

struct Fixture : HandFed<STP<ILNP<MemoryUnderlay>>> {
  Fixture() : HandFed(node_config(1, "alice", {{a}})) {
    start();
    feed(a, discovery(bob, "bob"));
    take();
  }
};

static_assert(TransportLayer<STP<ILNP<MemoryUnderlay>>>);

BOOST_FIXTURE_TEST_SUITE(stp, Fixture)

BOOST_AUTO_TEST_CASE(ports_are_bound_once) {
  BOOST_TEST(!stack.bound(4000));
  BOOST_TEST(stack.bind(0) == Errc::invalid_port);
  BOOST_TEST(!stack.bind(4000));
  BOOST_TEST(stack.bound(4000));
  BOOST_TEST(stack.bind(4000) == Errc::port_in_use);
  BOOST_TEST(!stack.bind(65535));
  stack.unbind(4000);
  stack.unbind(4000);
  BOOST_TEST(!stack.bound(4000));
  BOOST_TEST(!stack.bind(4000));
}

BOOST_AUTO_TEST_CASE(octets_on_the_wire) {
  BOOST_TEST(!stack.send(0x1234, bob.nid, 0x5678, as_bytes("hello"), cx));
  const auto sent = take();
  BOOST_TEST_REQUIRE(sent.size() == 1U);
  BOOST_TEST(sent[0].octets == datagram(self, bob, 0x1234, 0x5678, "hello"));
  BOOST_TEST(stack.counters().sent == 1U);
}

BOOST_AUTO_TEST_CASE(the_longest_and_the_empty_datagram) {
  BOOST_TEST(stack.max_payload() == 1396U);
  BOOST_TEST(!stack.send(1, bob.nid, 2, as_bytes(std::string(1396, 'x')), cx));
  BOOST_TEST(take().at(0).octets.size() == 1440U);
  BOOST_TEST(stack.send(1, bob.nid, 2, as_bytes(std::string(1397, 'x')), cx) == Errc::message_too_long);
  BOOST_TEST(stack.counters().refused_too_long == 1U);
  BOOST_TEST(!stack.send(1, bob.nid, 2, {}, cx));
  BOOST_TEST(take().at(0).octets.size() == 44U);
  BOOST_TEST(stack.send(1, Nid(9), 2, {}, cx) == Errc::unknown_host);
  BOOST_TEST(stack.counters().sent == 2U);
}

BOOST_AUTO_TEST_CASE(goodbye_goes_to_the_correspondents) {
  constexpr Ilv carol{a, Nid(3)}, dave{a, Nid(4)};
  feed(a, discovery(carol, "carol"));
  feed(a, discovery(dave, "dave"));
  BOOST_TEST(!stack.send(1, bob.nid, 2, as_bytes("hello"), cx));
  run(20s);
  feed(a, datagram(carol, self, 5000, 4000, "hello"));
  BOOST_TEST(!stack.send(1, carol.nid, 2, as_bytes("hello"), cx));
  take();
  say_goodbye(stack, cx);
  std::vector<std::vector<std::byte>> sent;
  for (const auto& each : take(42)) sent.push_back(each.octets);
  const std::string_view goodbye("\6\0\0\0", 4);
  BOOST_TEST((sent == std::vector{datagram(self, bob, 0, 0, goodbye), datagram(self, carol, 0, 0, goodbye)}));
  BOOST_TEST(stack.counters().goodbyes_sent == 2U);
  run(40s);
  take();
  say_goodbye(stack, cx);
  BOOST_TEST(take(42).empty());
}

BOOST_AUTO_TEST_CASE(a_goodbye_is_not_delivered_and_other_messages_to_port_0_are_on_request) {
  feed(a, datagram(bob, self, 0, 0, {"\6\0\0\0", 4}));
  BOOST_TEST(stack.counters().goodbyes_received == 1U);
  stack.accept_reserved_port();
  feed(a, datagram(bob, self, 0, 0, {"\6\0\0\0", 4}));
  BOOST_TEST(stack.counters().goodbyes_received == 2U);
  BOOST_TEST(take_delivered().empty());
  feed(a, datagram(bob, self, 0, 0, {"\6\0\0\0\0", 5}));
  feed(a, datagram(bob, self, 0, 0, {"\5\0\0\0", 4}));
  BOOST_TEST(take_delivered().size() == 2U);
  BOOST_TEST(stack.counters().goodbyes_received == 2U);
  run(2s);
  BOOST_TEST(stack.resolve("bob", cx) == Errc::unknown_host);
  BOOST_TEST(counters().peers_left == 1U);
}

BOOST_AUTO_TEST_CASE(datagrams_to_a_bound_port_are_delivered) {
  BOOST_TEST(!stack.bind(4000));
  feed(a, datagram(bob, self, 5000, 4000, "hello"));
  BOOST_TEST(take_delivered() == std::vector<std::string>{"hello"});
  BOOST_TEST_REQUIRE(from.has_value());
  BOOST_TEST(from->nid == bob.nid);
  BOOST_TEST(from->port == 5000);
  BOOST_TEST(from->destination_port == 4000);
  BOOST_TEST(from->network.source == bob);
  BOOST_TEST(from->network.interface == a);
  BOOST_TEST(from->network.hop_limit == 3);
  feed(a, datagram(bob, self, 0, 4000, ""));
  BOOST_TEST(take_delivered() == std::vector<std::string>{""});
  BOOST_TEST(stack.counters().delivered == 2U);
}

BOOST_AUTO_TEST_CASE(other_datagrams_are_dropped_and_counted) {
  BOOST_TEST(!stack.bind(4000));
  feed(a, datagram(bob, self, 5000, 4001, "hello"));
  feed(a, frame(bob, self, 42, as_bytes("abc")));
  feed(a, frame(bob, self, 99, as_bytes("abcdef")));
  BOOST_TEST(take_delivered().empty());
  BOOST_TEST(stack.counters().dropped_port_not_bound == 1U);
  BOOST_TEST(stack.counters().dropped_too_short == 1U);
  BOOST_TEST(stack.counters().dropped_unknown_next_header == 1U);
}

BOOST_AUTO_TEST_CASE(datagrams_to_itself_arrive_at_the_next_deadline) {
  BOOST_TEST(!stack.bind(4000));
  BOOST_TEST(!stack.send(4001, self.nid, 4000, as_bytes("me"), cx));
  BOOST_TEST(stack.next_deadline() <= cx.now());
  BOOST_TEST(take_delivered().empty());
  run(0s);
  BOOST_TEST(take_delivered() == std::vector<std::string>{"me"});
  BOOST_TEST(from->nid == self.nid);
  BOOST_TEST(take().empty());
}

BOOST_AUTO_TEST_CASE(names_and_layers) {
  BOOST_TEST(stack.resolve("bob", cx) == bob.nid);
  BOOST_TEST(stack.resolve("eve", cx).error() == Errc::unknown_host);
  BOOST_TEST(&stack.next_layer() == &network());
  BOOST_TEST(&std::as_const(stack).next_layer() == &network());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stp_test
