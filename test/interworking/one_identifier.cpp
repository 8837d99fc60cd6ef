#include <boost/test/unit_test.hpp>

#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/transport/stp.hpp"
#include "reference/scene.hpp"
#include "support/print.hpp"

namespace ilnp::test::one_identifier_test {

// Two nodes with the same identifier, next to nodes of the reference, which pass on and reflect what others send.

using State = event::DuplicateNid::State;

struct Watching {
  std::vector<State>* states;
  void operator()(const event::DuplicateNid& e) const { states->push_back(e.state); }
  template <class Event>
  void operator()(const Event&) const {}
};

/// A node of ours that records what it reports about others with its identifier.
struct Ours {
  Ours(sim::World& world, const NetworkConfig& its)
      : node(world, its.host_name, sim::Observing{Watching{&states}}, its) {}

  std::uint64_t heard() const { return network_layer(node.stack()).counters().duplicate_nid; }

  std::vector<State> states;
  sim::SimNode<STP<ILNP<sim::SimUnderlay>>, Watching> node;
};

constexpr Nid shared{0x5a};
const std::vector<State> began{State::began};

BOOST_AUTO_TEST_SUITE(one_identifier)

BOOST_AUTO_TEST_CASE(behind_a_reference_router_both_report_it) {
  for (const char* name : {"one", "other"})
    for (const Duration later : {0s, 100s}) {
      sim::World world(1);
      Reference router(world, "router", config("router", nid_router, {{net_a, net_b}}));
      Ours one(world, config("one", shared, {{net_a}})), other(world, config(name, shared, {{net_b}}));
      router.start();
      one.node.start();
      world.run_for(later);
      other.node.start();
      world.run_for(10s);
      BOOST_TEST_CONTEXT(name << " " << later / 1s << " s later") {
        BOOST_TEST(one.states == began);
        BOOST_TEST(other.states == began);
      }
    }
}

BOOST_AUTO_TEST_CASE(our_node_reports_a_reference_node) {
  sim::World world(1);
  Ours one(world, config("one", shared, {{net_a}}));
  Reference other(world, "other", config("other", shared, {{net_a}}));
  one.node.start();
  world.run_for(20s);
  other.start();
  world.run_for(10s);
  BOOST_TEST(one.states == began);
}

BOOST_AUTO_TEST_CASE(what_the_reference_sends_back_is_no_alarm) {
  for (const Duration handoff : {Duration(0s), Duration(300ms), Duration(2s)}) {
    sim::World world(2);
    world.defaults.delay = 20ms, world.defaults.jitter = 10ms, world.defaults.loss = 0.05;
    Reference first(world, "first", config("first", nid_router, {{net_a, net_b, net_c}}));
    Reference second(world, "second", config("second", Nid(0xe), {{net_a, net_b}}));
    auto moving = config("bob", nid_bob, {{net_a}, {net_b}, {net_b, net_c}});
    moving.move_time = 3s, moving.handoff_time = handoff;
    Ours homed(world, config("alice", nid_alice, {{net_a, net_b, net_c}})), mover(world, moving);
    first.start(), second.start(), homed.node.start(), mover.node.start();
    for (const auto& [from, to] : {std::pair(&homed, nid_bob), std::pair(&mover, nid_alice)})
      world.every(50ms, world.now() + 5s, world.now() + 100s, [sender = from, receiver = to] {
        sender->node.with([&](auto& stack, auto& cx) {
          static_cast<void>(stack.send(4000, receiver, 4000, as_bytes("text"), cx));
        });
      });
    world.run_for(150s);
    for (const Ours* each : {&homed, &mover}) {
      BOOST_TEST(each->states.empty());
      BOOST_TEST(each->heard() == 0U);
      BOOST_TEST(network_layer(each->node.stack()).counters().of(Drop::own_frame) > 0U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::one_identifier_test
