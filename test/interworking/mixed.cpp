#include <boost/test/unit_test.hpp>
#include <memory>
#include <set>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/transport/stp.hpp"
#include "reference/scene.hpp"
#include "support/print.hpp"

namespace ilnp::test::mixed_test {

// Our nodes and the model of the reference in one network, in every role.

using Ours = Station<STP<ILNP<sim::SimUnderlay>>>;
using Theirs = ReferenceStation;

struct Books {
  int lost = 0;
  int duplicated = 0;
  int reordered = 0;
};

template <class Node>
Books books(const Node& node, int sent) {
  Books result;
  std::set<int> seen;
  int last = 0;
  for (const auto& arrival : node.arrivals) {
    const int number = std::stoi(arrival.text);
    if (!seen.insert(number).second)
      ++result.duplicated;
    else if (number < last)
      ++result.reordered;
    last = std::max(last, number);
  }
  result.lost = sent - static_cast<int>(seen.size());
  return result;
}

NetworkConfig moving(NetworkConfig config, Duration move = 20s, Duration handoff = 10s) {
  config.move_time = move;
  config.handoff_time = handoff;
  return config;
}

/// Sends numbers in both directions between alice and bob, one every `period`, for `length`; returns how many.
template <class A, class B>
int flow(A& alice, B& bob, Duration length, Duration period = 1ms) {
  auto& world = alice.world();
  const TimePoint end = world.now() + length;
  int sent = 0;
  world.every(period, world.now() + 350us, end, [&] {
    const std::string number = std::to_string(++sent);
    BOOST_TEST(!alice.say("bob", number));
    BOOST_TEST(!bob.say("alice", number));
  });
  world.run_until(end + 5s);
  return sent;
}

/// alice moves a-b-c as published, bob is in b, the router in all three; two more nodes observe.
template <class Alice, class Bob, class Router>
void published(bool third_nodes, int most_reordered) {
  sim::World world(7);
  Alice alice(world, moving(config("alice", nid_alice, {{net_a}, {net_b}, {net_c}})));
  Bob bob(world, config("bob", nid_bob, {{net_b}}));
  Router router(world, config("router", nid_router, {{net_a, net_b, net_c}}));
  Ours carol(world, config("carol", Nid{0xc0}, {{net_a}}));
  Theirs dave(world, config("dave", Nid{0xd0}, {{net_c}}));
  router.begin();
  world.run_for(700ms);
  bob.begin();
  if (third_nodes) carol.begin(), dave.begin();
  alice.begin();
  world.run_for(1s);
  const int sent = flow(alice, bob, 108s);
  for (const Books& result : {books(alice, sent), books(bob, sent)}) {
    BOOST_TEST(result.lost == 0);
    BOOST_TEST(result.duplicated == 0);
    BOOST_TEST(result.reordered <= most_reordered);
  }
}

/// alice, one of ours, sends for 300 s to bob, which is two routers away and silent.
template <class Bob, class Router>
void one_way_behind_two_routers() {
  sim::World world(7);
  const Locator net_d{0xd};
  Ours alice(world, config("alice", nid_alice, {{net_a}}));
  Bob bob(world, config("bob", nid_bob, {{net_d}}));
  Router first(world, config("first", Nid{1}, {{net_a, net_b}}));
  Router second(world, config("second", Nid{2}, {{net_b, net_d}}));
  first.begin(), second.begin(), alice.begin(), bob.begin();
  world.run_for(2s);
  int sent = 0;
  world.every(50ms, world.now(), world.now() + 300s,
              [&] { BOOST_TEST(!alice.say("bob", std::to_string(++sent))); });
  world.run_for(301s);
  BOOST_TEST(books(bob, sent).lost == 0);
}

BOOST_AUTO_TEST_SUITE(interworking)

BOOST_AUTO_TEST_CASE(one_of_theirs_in_our_network) {
  published<Theirs, Ours, Ours>(false, 4);
  published<Ours, Theirs, Ours>(false, 4);
  published<Ours, Ours, Theirs>(false, 4);
}

BOOST_AUTO_TEST_CASE(one_of_ours_in_their_network) {
  published<Ours, Theirs, Theirs>(false, 4);
  published<Theirs, Ours, Theirs>(false, 4);
  published<Theirs, Theirs, Ours>(false, 4);
}

BOOST_AUTO_TEST_CASE(theirs_reflect_and_ours_deliver_once) {
  published<Ours, Ours, Ours>(true, 4);
  published<Ours, Ours, Theirs>(true, 4);
}

BOOST_AUTO_TEST_CASE(both_move_at_once) {
  const auto run = [](auto make_router) {
    sim::World world(7);
    Ours alice(world, moving(config("alice", nid_alice, {{net_a}, {net_b}, {net_c}}), 6s, 3s));
    Ours bob(world, moving(config("bob", nid_bob, {{net_b}, {net_c}, {net_a}}), 6s, 3s));
    auto router = make_router(world);
    router->begin();
    bob.begin();
    world.run_for(1s);
    alice.begin();
    world.run_for(4s);
    const int sent = flow(alice, bob, 120s);
    for (const Books& result : {books(alice, sent), books(bob, sent)}) {
      BOOST_TEST(result.lost == 0);
      BOOST_TEST(result.duplicated == 0);
    }
  };
  const auto all = config("router", nid_router, {{net_a, net_b, net_c}});
  run([&](sim::World& world) { return std::make_unique<Ours>(world, all); });
  run([&](sim::World& world) { return std::make_unique<Theirs>(world, all); });
}

BOOST_AUTO_TEST_CASE(our_router_yields_to_theirs) {
  for (const std::uint64_t ours : {std::uint64_t{0x1}, std::uint64_t{0xff}}) {
    sim::World world(7);
    Ours alice(world, config("alice", nid_alice, {{net_a}}));
    Ours bob(world, config("bob", nid_bob, {{net_b}}));
    Ours first(world, config("first", Nid{ours}, {{net_a, net_b}}));
    Theirs second(world, config("second", Nid{0x2}, {{net_a, net_b}}));
    first.begin();
    world.run_for(300ms);
    second.begin();
    alice.begin();
    bob.begin();
    world.run_for(3s);
    int sent = flow(alice, bob, 5s);
    const int before = books(bob, sent).duplicated;
    BOOST_TEST(before == 0);  // its handling of discovery messages has revealed it
    alice.arrivals.clear(), bob.arrivals.clear();
    sent = flow(alice, bob, 20s);
    BOOST_TEST(books(bob, sent).duplicated == 0);
    BOOST_TEST(books(bob, sent).lost == 0);
    BOOST_TEST(books(alice, sent).duplicated == 0);
    alice.arrivals.clear(), bob.arrivals.clear();
    second.crash();
    sent = flow(alice, bob, 20s);
    BOOST_TEST(books(bob, sent).lost <= 1000);
    BOOST_TEST(books(alice, sent).lost <= 1000);
  }
}

// Through many rounds of discovery, in which theirs reflects what it hears.
BOOST_AUTO_TEST_CASE(our_router_yields_to_theirs_permanently) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    sim::World world(seed);
    Ours alice(world, config("alice", nid_alice, {{net_a}}));
    Theirs bob(world, config("bob", nid_bob, {{net_b}}));
    Ours ours(world, config("ours", Nid{0xff}, {{net_a, net_b}}));
    Theirs theirs(world, config("theirs", Nid{0x2}, {{net_a, net_b}}));
    theirs.begin();
    ours.begin();
    alice.begin();
    bob.begin();
    world.run_for(3s);
    flow(alice, bob, 1s, 10ms);
    alice.arrivals.clear(), bob.arrivals.clear();
    const int sent = flow(alice, bob, 200s, 10ms);
    BOOST_TEST(books(alice, sent).duplicated == 0);
    BOOST_TEST(books(bob, sent).duplicated == 0);
    BOOST_TEST(books(alice, sent).lost == 0);
    BOOST_TEST(books(bob, sent).lost == 0);
  }
}

// Theirs hears messages from network c that ours passes on in network a, and then takes a for the route to c.
BOOST_AUTO_TEST_CASE(our_router_forwards_what_theirs_reflects) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    sim::World world(seed);
    Ours alice(world, config("alice", nid_alice, {{net_a}}));
    Ours bob(world, config("bob", nid_bob, {{net_c}}));
    Ours ours(world, config("ours", Nid{0x1}, {{net_a, net_b}}));
    Theirs theirs(world, config("theirs", Nid{0x2}, {{net_a, net_b}}));
    Ours next(world, config("next", Nid{0x3}, {{net_b, net_c}}));
    ours.begin();
    theirs.begin();
    next.begin();
    alice.begin();
    bob.begin();
    world.run_for(3s);
    flow(alice, bob, 1s, 10ms);
    alice.arrivals.clear(), bob.arrivals.clear();
    const int sent = flow(alice, bob, 200s, 10ms);
    BOOST_TEST(books(alice, sent).lost == 0);
    BOOST_TEST(books(bob, sent).lost == 0);
    BOOST_TEST(books(alice, sent).duplicated == 0);
    BOOST_TEST(books(bob, sent).duplicated == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_multihomed_node_with_their_router) {
  for (const auto& places : {std::vector{net_a, net_c}, std::vector{net_a, net_b}}) {
    sim::World world(7);
    Ours alice(world, config("alice", nid_alice, {places}));
    Ours bob(world, config("bob", nid_bob, {{net_b}}));
    Theirs router(world, config("router", nid_router, {{net_a, net_b, net_c}}));
    router.begin();
    bob.begin();
    alice.begin();
    world.run_for(2s);
    const int sent = flow(alice, bob, 120s, 10ms);
    for (const Books& result : {books(alice, sent), books(bob, sent)}) {
      BOOST_TEST(result.lost == 0);
      BOOST_TEST(result.duplicated == 0);
      BOOST_TEST(result.reordered == 0);
    }
  }
}

// A correspondent behind their router, which forgets a silent node after 30 s.
BOOST_AUTO_TEST_CASE(a_one_way_flow_behind_two_of_their_routers) {
  one_way_behind_two_routers<Ours, Theirs>();
}
BOOST_AUTO_TEST_CASE(their_receiver_behind_our_routers) { one_way_behind_two_routers<Theirs, Ours>(); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::mixed_test
