#include <boost/test/unit_test.hpp>
#include <set>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/transport/fragment.hpp"
#include "ilnp/transport/stp.hpp"
#include "reference/scene.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::long_datagrams_test {

// Datagrams longer than a frame, between nodes that reassemble them, and next to nodes that do not.

using Long = Station<Fragment<STP<ILNP<sim::SimUnderlay>>>>;
using Short = Station<STP<ILNP<sim::SimUnderlay>>>;
using Theirs = ReferenceStation;

std::string text(int number, std::size_t size) {
  std::string out = std::to_string(number) + ' ';
  while (out.size() < size)
    out += static_cast<char>('a' + (out.size() * 7 + static_cast<std::size_t>(number)) % 26);
  return out;
}

template <class Node>
std::uint64_t fragments_sent(const Node& node) {
  return node.stack().counters().fragments_sent;
}

/// alice wants to send long datagrams to bob for two minutes; bob does not know them and must not notice anything.
template <class Bob>
void with_a_node_that_has_only_short_ones() {
  sim::World world(7);
  Long alice(world, config("alice", nid_alice, {{net_a}}));
  Bob bob(world, config("bob", nid_bob, {{net_b}}));
  Theirs router(world, config("router", nid_router, {{net_a, net_b}}));
  router.begin(), bob.begin(), alice.begin();
  world.run_for(2s);
  std::vector<std::string> sent;
  int refused = 0;
  std::size_t probes = 0;
  world.tap([&](const sim::SentFrame& frame) {
    if (world.host(frame.host)->name() == "alice" &&
        frame.bytes.size() == 40 + 4 + wire::FragmentMessage::probe_size)
      ++probes;
  });
  for (int number = 0; number < 1200; ++number) {
    if (alice.say("bob", text(number, 2000))) ++refused;
    sent.push_back(text(number, 1396));
    BOOST_TEST(!alice.say("bob", sent.back()));
    BOOST_TEST(!bob.say("alice", sent.back()));
    BOOST_TEST(bob.say("alice", std::string(1397, 'x')) == Errc::message_too_long);
    world.run_for(100ms);
  }
  BOOST_TEST(bob.texts() == sent);
  BOOST_TEST(alice.texts() == sent);
  BOOST_TEST(refused > 1100);
  BOOST_TEST(probes <= 8U * FragmentPeers::max_probes);  // three at a time, at growing intervals
  BOOST_TEST(probes >= std::size_t{FragmentPeers::max_probes});
  BOOST_TEST(fragments_sent(alice) == 0U);
  if constexpr (requires { bob.stack().deaf(); }) BOOST_TEST(!bob.stack().deaf());
}

BOOST_AUTO_TEST_SUITE(long_datagrams)

BOOST_AUTO_TEST_CASE(reference_nodes_are_not_harmed) { with_a_node_that_has_only_short_ones<Theirs>(); }

BOOST_AUTO_TEST_CASE(nodes_without_the_layer_are_not_harmed) {
  with_a_node_that_has_only_short_ones<Short>();
}

BOOST_AUTO_TEST_CASE(each_size_passes_through_a_reference_router) {
  sim::World world(7);
  Long alice(world, config("alice", nid_alice, {{net_a}}));
  Long bob(world, config("bob", nid_bob, {{net_b}}));
  Theirs router(world, config("router", nid_router, {{net_a, net_b}}));
  router.begin(), bob.begin(), alice.begin();
  world.run_for(2s);
  std::vector<std::string> sent;
  for (const std::size_t size : {65'507U, 1396U, 1397U, 1378U * 2, 1378U * 2 + 1, 9000U, 57'000U, 65'506U}) {
    sent.push_back(text(static_cast<int>(size), size));
    BOOST_TEST(!alice.say("bob", sent.back()));
    world.run_for(10ms);
    BOOST_TEST(!bob.say("alice", sent.back()));
    world.run_for(10ms);
  }
  BOOST_TEST(bob.texts() == sent);
  BOOST_TEST(alice.texts() == sent);
}

BOOST_AUTO_TEST_CASE(losses_cost_whole_datagrams_and_reordering_none) {
  const auto run_with = [](double loss, double reordering) {
    sim::World world(seed("long datagrams"));
    world.defaults.loss = loss;
    world.defaults.reordering = reordering;
    Long alice(world, config("alice", nid_alice, {{net_a}}));
    Long bob(world, config("bob", nid_bob, {{net_a}}));
    bob.begin(), alice.begin();
    world.run_for(5s);
    std::set<std::string> sent;
    for (int number = 0; number < 500; ++number) {
      sent.insert(text(number, 14'000));  // eleven fragments
      (void)alice.say("bob", *sent.find(text(number, 14'000)));
      world.run_for(10ms);
    }
    world.run_for(3s);
    for (const auto& got : bob.texts()) BOOST_REQUIRE(sent.contains(got));
    BOOST_TEST(bob.stack().counters().dropped_conflict == 0U);
    return bob.texts().size();
  };
  BOOST_TEST(run_with(0, 0) == 500U);
  BOOST_TEST(run_with(0, 0.1) == 500U);
  const auto one_in_a_hundred = run_with(0.01, 0);  // 0.99 to the eleventh is 0.895
  BOOST_TEST(one_in_a_hundred > 400U);
  BOOST_TEST(one_in_a_hundred < 480U);
}

BOOST_AUTO_TEST_CASE(a_move_loses_no_long_datagrams) {
  sim::World world(7);
  NetworkConfig moving = config("alice", nid_alice, {{net_a}, {net_b}, {net_c}});
  moving.move_time = 6s;
  moving.handoff_time = 3s;
  Long alice(world, moving);
  Long bob(world, config("bob", nid_bob, {{net_b}}));
  Theirs router(world, config("router", nid_router, {{net_a, net_b, net_c}}));
  router.begin(), bob.begin(), alice.begin();
  world.run_for(2s);
  std::vector<std::string> sent;
  for (int number = 0; number < 3000; ++number) {
    sent.push_back(text(number, 10'000));
    BOOST_REQUIRE(!alice.say("bob", sent.back()));
    BOOST_REQUIRE(!bob.say("alice", sent.back()));
    world.run_for(20ms);
  }
  const auto compare = [&](std::vector<std::string> got) {
    std::ranges::sort(got);
    auto all = sent;
    std::ranges::sort(all);
    BOOST_TEST(got == all);
  };
  compare(bob.texts());
  compare(alice.texts());
}

BOOST_AUTO_TEST_CASE(a_node_that_restarts_is_heard_again_soon) {
  sim::World world(7);
  Long alice(world, config("alice", nid_alice, {{net_a}}));
  Long bob(world, config("bob", nid_bob, {{net_a}}));
  bob.begin(), alice.begin();
  world.run_for(2s);
  const auto talk = [&](Duration length) {
    for (Duration left = length; left > 0s; left -= 50ms) {
      (void)alice.say("bob", text(1, 5000));
      world.run_for(50ms);
    }
  };
  talk(1s);
  BOOST_TEST(bob.arrivals.size() == 20U);
  bob.restart();  // with another secret: fragments with the old key are dropped
  bob.begin();
  talk(FragmentPeers::refresh + 100ms);
  bob.arrivals.clear();
  talk(1s);
  BOOST_TEST(bob.arrivals.size() == 20U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::long_datagrams_test
