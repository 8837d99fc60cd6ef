#include "ilnp/base/lifetime.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim/node.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/dies.hpp"
#include "support/node_config.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::lifetime_test {

using namespace std::chrono_literals;
using Stack = STP<ILNP<sim::SimUnderlay>>;

/// Two nodes that know each other, in virtual time.
struct Two {
  Two() {
    for (auto* node : {&alice, &bob}) node->start();
    bob.on_receive([this](const DatagramSource&, Bytes payload) { got.emplace_back(as_text(payload)); });
    bob.with([](Stack& stack, auto&) { BOOST_TEST(!stack.bind(80)); });
    world.run_for(5s);
  }
  /// Calls `f(stack, cx)` at alice.
  template <class F>
  void at_alice(F&& f) {
    alice.with([&](Stack& stack, auto& cx) { f(stack, cx); });
  }

  sim::World world{7};
  sim::SimNode<Stack> alice{world, "alice", node_config(1, "alice", {{a}})};
  sim::SimNode<Stack> bob{world, "bob", node_config(2, "bob", {{a}})};
  std::vector<std::string> got;
};

BOOST_FIXTURE_TEST_SUITE(lifetimes, Two)

BOOST_AUTO_TEST_CASE(headroom_is_taken_once_a_packet) {
  if (!ILNP_POISON) return;
  BOOST_TEST(dies([&] {
    at_alice([](Stack& stack, auto&) {
      (void)stack.headroom(8);
      (void)stack.headroom(8);
    });
  }));
  BOOST_TEST(dies([&] {
    at_alice([](Stack& stack, auto& cx) {
      ILNP<sim::SimUnderlay>& network = stack.next_layer();
      Packet first(network.headroom(0), as_bytes("first")), second(network.headroom(0), as_bytes("second"));
      (void)network.send(Nid(2), 42, first, cx);
      (void)network.send(Nid(2), 42, second, cx);
    });
  }));
}

BOOST_AUTO_TEST_CASE(a_packet_that_was_sent_gives_it_back) {
  at_alice([](Stack& stack, auto& cx) {
    Packet first(stack.headroom(0), as_bytes("first"));
    BOOST_TEST(!stack.send(1, Nid(2), 80, first, cx));
    Packet second(stack.headroom(0), as_bytes("second"));
    BOOST_TEST(!stack.send(1, Nid(2), 80, second, cx));
  });
  world.run_for(1s);
  BOOST_TEST((got == std::vector<std::string>{"first", "second"}));
}

/// Each layer refuses for a reason of its own.
BOOST_AUTO_TEST_CASE(a_send_that_fails_gives_it_back) {
  const std::vector<std::byte> too_long(1397);
  at_alice([&](Stack& stack, auto& cx) {
    ILNP<sim::SimUnderlay>& network = stack.next_layer();
    sim::SimUnderlay& underlay = network.next_layer();
    Packet for_stp(stack.headroom(0), too_long);
    BOOST_TEST(stack.send(1, Nid(2), 80, for_stp, cx) == Errc::message_too_long);
    Packet for_ilnp(network.headroom(0), as_bytes("whom?"));
    BOOST_TEST(network.send(Nid(9), 42, for_ilnp, cx) == Errc::unknown_host);
    Packet for_underlay(underlay.headroom(40), as_bytes("where?"));
    BOOST_TEST(underlay.send(Locator(0xbad), for_underlay, cx) == Errc::not_joined);
    Packet to_itself(stack.headroom(0), as_bytes("me"));
    BOOST_TEST(!stack.send(1, Nid(1), 80, to_itself, cx));
    { Packet not_sent(stack.headroom(0), as_bytes("in the end not sent")); }
    BOOST_TEST(!stack.send(1, Nid(2), 80, as_bytes("sent"), cx));
  });
  world.run_for(1s);
  BOOST_TEST((got == std::vector<std::string>{"sent"}));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_batch_gives_it_back) {
  at_alice([](Stack& stack, auto&) { (void)stack.headroom(8); });
  at_alice([](Stack& stack, auto&) { (void)stack.headroom(8); });
}

BOOST_AUTO_TEST_CASE(headroom_is_overwritten_once_it_left) {
  if (!ILNP_POISON) return;
  at_alice([](Stack& stack, auto& cx) {
    const MutableBytes room = stack.headroom(4);
    Packet packet(room, as_bytes("sent"));
    std::ranges::fill(packet.prepend(4), std::byte('!'));
    BOOST_TEST(!stack.send(1, Nid(2), 80, packet, cx));
    BOOST_TEST(std::ranges::count(room, std::byte{0xdd}) == std::ssize(room));
  });
  world.run_for(1s);
  BOOST_TEST((got == std::vector<std::string>{"!!!!sent"}));
}

BOOST_AUTO_TEST_CASE(a_payload_that_changes_before_it_leaves_is_noticed) {
  if (!ILNP_POISON) return;
  const auto send_and_change = [](Stack& stack, auto& cx) {
    std::string text = "hello";
    (void)stack.send(1, Nid(2), 80, as_bytes(text), cx);
    text.assign(5, '!');
  };
  BOOST_TEST(dies([&] {
    std::string text = "hello";
    at_alice([&](Stack& stack, auto& cx) {
      (void)stack.send(1, Nid(2), 80, as_bytes(text), cx);
      text[4] = '!';
    });
  }));
  // Outside a batch it has been sent when `send` returns.
  Random random(1);
  Context cx(world.now(), random);
  send_and_change(const_cast<Stack&>(alice.stack()), cx);
  world.run_for(1s);
  BOOST_TEST((got == std::vector<std::string>{"hello"}));
}

BOOST_AUTO_TEST_CASE(a_batch_within_one_does_not_end_it_and_what_it_sends_is_copied) {
  const auto sent = [&] { return alice.underlay().counters().sent; };
  std::string text = "hello";
  const std::uint64_t before = sent();
  at_alice([&](Stack& stack, auto& cx) {
    BOOST_TEST(!stack.send(1, Nid(2), 80, as_bytes("before"), cx));
    alice.with(
        [&](Stack& same, auto& inner) { BOOST_TEST(!same.send(1, Nid(2), 80, as_bytes(text), inner)); });
    text.assign(5, '!');
    BOOST_TEST(!stack.send(1, Nid(2), 80, as_bytes("after"), cx));
    BOOST_TEST(sent() == before);
  });
  BOOST_TEST(sent() == before + 3);
  world.run_for(1s);
  BOOST_TEST((got == std::vector<std::string>{"before", "hello", "after"}));
}

BOOST_AUTO_TEST_CASE(checks_of_what_is_borrowed) {
  if (!ILNP_POISON) return;
  std::vector<std::byte> octets(13);
  BorrowCheck check;
  check.borrow(octets);
  check.end();
  octets[12] = std::byte(1);
  check.end();
  for (std::size_t at = 0; at < octets.size(); ++at)
    BOOST_TEST(dies([&] {
      check.borrow(octets);
      octets[at] ^= std::byte(1);
      check.end();
    }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::lifetime_test
