// A node that was suspended: the machine slept, or the process was stopped.
#include "ilnp/network/resumption.hpp"
#include "ilnp/base/stack.hpp"

#include <boost/test/unit_test.hpp>

#include "overlay.hpp"

namespace ilnp::test::resumption_test {

/// alice in a, bob in b, a router between them and c. alice and bob exchange datagrams.
struct Asleep : Overlay {
  Asleep() {
    alice = &add(0xa, "alice", {a});
    bob = &add(0xb, "bob", {b});
    carol = &add(0xc, "carol", {b});
    router = &add(0xd, "router", {a, b, c});
    start();
    talk(1s);
    world.run_for(1500ms);
  }

  void talk(Duration length) {
    alice->stream(*bob, 10ms, in(1ms), in(length));
    bob->stream(*alice, 10ms, in(1ms), in(length));
  }

  /// Both send for `length` after that; returns how many datagrams from alice did not reach bob.
  int lost_from_alice(Duration length) {
    const std::uint64_t before = alice->sent[bob->nid()];
    talk(length);
    world.run_for(length + 500ms);
    return bob->from[alice->nid()].lost(before + 1, alice->sent[bob->nid()]);
  }

  Endpoint* alice;
  Endpoint* bob;
  Endpoint* carol;
  Endpoint* router;
};

BOOST_FIXTURE_TEST_SUITE(resumption, Asleep)

BOOST_AUTO_TEST_CASE(a_peer_that_has_moved_in_the_meantime_is_reached_at_once) {
  // Like that of a stopped process, its socket holds the earliest frames, in which bob announces that it is in b.
  alice->node().suspend(10);
  carol->restart();
  world.run_for(1s);
  bob->move_to({c});
  world.run_for(19s);
  alice->node().resume();
  BOOST_TEST(lost_from_alice(3s) <= 2);
  BOOST_TEST(alice->drops(Drop::discovery_stale) > 0U);
}

BOOST_AUTO_TEST_CASE(a_peer_that_stayed_never_misses_anything) {
  alice->node().suspend();
  world.run_for(10s);
  alice->node().resume();
  BOOST_TEST(lost_from_alice(5s) == 0);
  BOOST_TEST(alice->refused == 0);
}

BOOST_AUTO_TEST_CASE(a_peer_that_has_gone_is_forgotten_soon) {
  alice->node().suspend();
  world.run_for(5s);
  bob->crash();
  alice->node().resume();
  BOOST_TEST(!alice->send(bob->nid(), 1));  // as a last resort
  world.run_for(Resumption<>::confirm_time + 1ms);
  BOOST_TEST(alice->send(bob->nid(), 2) == error_code(Errc::unknown_host));
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_it_solicits_again) {
  alice->node().suspend();
  world.run_for(5s);
  const TimePoint end = in(1s);
  world.lose_if([&](const sim::SentFrame& frame, sim::HostId) { return frame.time < end; });
  alice->node().resume();
  world.run_for(3s);
  BOOST_TEST(!alice->send(bob->nid(), 1));
  BOOST_TEST(lost_from_alice(1s) == 0);
}

BOOST_AUTO_TEST_CASE(a_router_does_not_pass_on_outdated_messages) {
  router->node().suspend(10);
  carol->restart();
  world.run_for(1s);
  bob->move_to({c});
  world.run_for(12s);
  const auto passed_on = router->network().counters().discovery_passed_on;
  router->node().resume();
  BOOST_TEST(router->drops(Drop::discovery_stale) > 0U);
  BOOST_TEST(router->network().counters().discovery_passed_on == passed_on);
  world.run_for(2s);
  BOOST_TEST(lost_from_alice(2s) <= 2);
}

BOOST_AUTO_TEST_CASE(without_caught_up_a_node_believes_again_after_a_while) {
  alice->node().with([&](auto& stack, auto& cx) { network_layer(stack).resumed(world.now() - 5s, cx); });
  BOOST_TEST(alice->network().next_deadline() <= in(Resumption<>::catch_up_time));
  world.run_for(1s);
  BOOST_TEST(lost_from_alice(4s) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::resumption_test
