#include <boost/test/unit_test.hpp>

#include "overlay.hpp"

namespace ilnp::test::multihoming_test {

/// alice is in a and c, bob in b; in both directions for three rounds of discovery with the default times.
struct Multihomed : Overlay {
  void run(std::vector<Locator> router, Locator bobs, Duration period = 10ms) {
    alice = &add(0xa, "alice", {a, c});
    bob = &add(0xb, "bob", {bobs});
    if (!router.empty()) add(0xd, "router", std::move(router));
    start(2s);
    alice->stream(*bob, period, in(1ms), in(200s));
    bob->stream(*alice, period, in(1ms), in(200s));
    world.run_for(201s);
    bob->expect_all_once_from(*alice);
    alice->expect_all_once_from(*bob);
    BOOST_TEST(bob->watch.moved == 0);
    BOOST_TEST(alice->watch.moved == 0);
  }

  Endpoint* alice = nullptr;
  Endpoint* bob = nullptr;
};

BOOST_AUTO_TEST_SUITE(multihoming)

BOOST_AUTO_TEST_CASE(with_a_router_between) { Multihomed().run({a, b, c}, b); }
BOOST_AUTO_TEST_CASE(the_correspondent_in_one_of_the_two_networks) { Multihomed().run({a, c}, c); }
BOOST_AUTO_TEST_CASE(the_only_link_between_two_networks) { Multihomed().run({}, a); }

BOOST_AUTO_TEST_CASE(the_only_link_also_forwards_for_others) {
  Overlay net;
  net.add(0x11, "link", {a, b});
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.start();
  alice.stream(bob, 10ms, net.in(1ms), net.in(20s));
  net.world.run_for(21s);
  bob.expect_all_once_from(alice);
}

BOOST_AUTO_TEST_CASE(packets_to_either_locator_arrive_once_with_and_without_a_router) {
  // bob, in a, sends to alice's other locator: alice hears it on a and, if there is a router, on c as well.
  for (const bool with_router : {false, true}) {
    Overlay net;
    auto& alice = net.add(0xa, "alice", {c, a});
    auto& bob = net.add(0xb, "bob", {a});
    Endpoint* router = with_router ? &net.add(0xd, "router", {a, c}) : nullptr;
    net.start();
    // bob believes that alice is in c only: a locator update says so.
    alice.stream(bob, 10ms, net.in(1ms), net.in(1s));
    net.world.run_for(2s);
    bob.node().with([&](auto& stack, auto& cx) {
      std::array<std::byte, 9> update{};
      wire::LocatorUpdateRepr{std::array{c}}.write_to(update);
      std::vector<std::byte> frame(wire::IlnpHeader::size + update.size());
      wire::IlnpHeaderRepr{9, 44, 3, {a, alice.nid()}, {a, bob.nid()}}.write_to(frame);
      std::ranges::copy(update, frame.begin() + 40);
      stack.feed({a, 99}, MutableBytes(frame), cx, [](const auto&, Bytes) {});
    });
    net.world.run_for(100ms);
    bob.stream(alice, 1ms, net.in(1ms), net.in(10s));
    net.world.run_for(5s);
    if (router) {
      BOOST_TEST(router->network().counters().forwarded > 0U);
      router->crash();  // and alice continues to hear it on a
    }
    net.world.run_for(6s);
    alice.expect_all_once_from(bob);
  }
}

BOOST_AUTO_TEST_CASE(identical_datagrams_in_a_row_arrive_as_often_as_they_were_sent) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a, c});
  auto& bob = net.add(0xb, "bob", {a});
  net.add(0xd, "router", {a, c});
  net.start();
  int sent = 0;
  net.world.every(1ms, net.in(1ms), net.in(10s), [&] { sent += !bob.send(alice.nid(), Bytes()); });
  net.world.run_for(11s);
  BOOST_TEST(sent > 9000);
  BOOST_TEST(alice.other == sent);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::multihoming_test
