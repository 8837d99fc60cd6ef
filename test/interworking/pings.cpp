#include <boost/test/unit_test.hpp>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/transport/stp.hpp"
#include "reference/scene.hpp"
#include "support/print.hpp"

namespace ilnp::test::interworking_pings_test {

// Pings next to nodes of the first implementation, which drop them, and forward them as any other datagram.

using Ours = Station<STP<ILNP<sim::SimUnderlay>>>;
using Theirs = ReferenceStation;

struct Net {
  template <class Node>
  std::optional<PingReply> ask(Node& from, Nid to, std::optional<std::uint8_t> hops = {}) {
    const auto sent =
        from.with([&](auto& stack, auto& cx) { return pinging_layer(stack).ping(to, hops, cx); });
    BOOST_TEST_REQUIRE(sent.has_value());
    world.run_for(500ms);
    const PingReply* reply = from.stack().pings().reply(*sent);
    return reply ? std::optional(*reply) : std::nullopt;
  }
  sim::World world{7};
};

BOOST_FIXTURE_TEST_SUITE(pings, Net)

BOOST_AUTO_TEST_CASE(one_forwards_a_ping_and_its_reply_and_says_nothing_itself) {
  Ours alice(world, config("alice", nid_alice, {{net_a}}));
  Ours bob(world, config("bob", nid_bob, {{net_b}}));
  Theirs router(world, config("router", nid_router, {{net_a, net_b}}));
  router.begin(), bob.begin(), alice.begin();
  world.run_for(3s);
  const auto reply = ask(alice, nid_bob);
  BOOST_TEST_REQUIRE(reply.has_value());
  BOOST_TEST(reply->reached);
  BOOST_TEST(reply->forwarders() == 1U);
  BOOST_TEST(!ask(alice, nid_bob, 0).has_value());  // `*` in a trace
  BOOST_TEST(ask(alice, nid_bob, 1).has_value());
}

BOOST_AUTO_TEST_CASE(next_to_one_that_forwards_ours_does_not_claim_to) {
  Ours alice(world, config("alice", nid_alice, {{net_a}}));
  Ours bob(world, config("bob", nid_bob, {{net_b}}));
  Theirs router(world, config("router", nid_router, {{net_a, net_b}}));
  Ours ours(world, config("ours", Nid(1), {{net_a, net_b}}));
  router.begin(), ours.begin(), bob.begin(), alice.begin();
  world.run_for(6s);
  BOOST_TEST(!ask(alice, nid_bob, 0).has_value());
  BOOST_TEST(ask(alice, nid_bob).has_value());
}

BOOST_AUTO_TEST_CASE(one_that_is_pinged_drops_it_and_goes_on) {
  Ours alice(world, config("alice", nid_alice, {{net_a}}));
  Theirs bob(world, config("bob", nid_bob, {{net_b}}));
  Ours router(world, config("router", nid_router, {{net_a, net_b}}));
  router.begin(), bob.begin(), alice.begin();
  world.run_for(3s);
  for (int round = 0; round < 10; ++round) {
    BOOST_TEST(!ask(alice, nid_bob).has_value());
    const auto reply = ask(alice, nid_bob, 0);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->replier.nid == nid_router);
    BOOST_TEST(!alice.say("bob", std::to_string(round)));
    BOOST_TEST(!bob.say("alice", std::to_string(round)));
  }
  world.run_for(1s);
  BOOST_TEST(bob.texts().size() == 10U);
  BOOST_TEST(alice.texts() == bob.texts());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::interworking_pings_test
