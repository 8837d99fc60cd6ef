#include "ilnp/network/nid_watch.hpp"

#include <boost/test/unit_test.hpp>

#include "stranger.hpp"
#include "support/print.hpp"

namespace ilnp::test::nid_watch_test {

using State = event::DuplicateNid::State;

const std::vector<State> none, began{State::began};

constexpr std::uint64_t shared = 0x5a;

/// Both report it within ten seconds, and a counter shows it.
void expect_both_say_so(Overlay& net, Endpoint& one, Endpoint& other) {
  net.world.run_for(10s);
  for (const Endpoint* each : {&one, &other}) {
    BOOST_TEST(each->watch.namesakes == began);
    BOOST_TEST(each->network().counters().duplicate_nid >= 2U);
  }
}

BOOST_AUTO_TEST_SUITE(nid_watch)

BOOST_AUTO_TEST_CASE(both_notice_in_one_network) {
  for (const char* name : {"one", "other"})
    for (const Duration later : {0s, 1s, 100s}) {
      Overlay net;
      auto& one = net.add(shared, "one", {a});
      auto& bystander = net.add(0xb, "bob", {a});
      net.start(later);
      auto& other = net.add(shared, name, {a});
      other.start();
      BOOST_TEST_CONTEXT(name << " " << later / 1s << " s later") expect_both_say_so(net, one, other);
      BOOST_TEST(bystander.watch.namesakes == none);
    }
}

BOOST_AUTO_TEST_CASE(both_notice_in_two_networks_behind_a_router) {
  for (const char* name : {"one", "other"})
    for (const Duration later : {0s, 100s}) {
      Overlay net;
      net.add(0xd, "router", {a, b});
      auto& one = net.add(shared, "one", {a});
      net.start(later);
      auto& other = net.add(shared, name, {b});
      other.start();
      BOOST_TEST_CONTEXT(name << " " << later / 1s << " s later") expect_both_say_so(net, one, other);
    }
}

BOOST_AUTO_TEST_CASE(both_notice_with_several_networks_hop_limits_and_losses) {
  Overlay net;
  net.world.defaults.loss = 0.1;
  net.add(0xd, "router", {b, c});
  auto first = node_config(shared, "one", {{a, b}}), second = node_config(shared, "one", {{b, c}});
  second.hop_limit = 2;
  auto& one = net.add(first);
  net.start(50s);
  auto& other = net.add(second);
  other.start();
  expect_both_say_so(net, one, other);
}

BOOST_AUTO_TEST_CASE(a_node_that_moves_to_the_network_of_the_other_is_noticed_at_once) {
  Overlay net;
  auto& one = net.add(shared, "one", {a});
  auto& other = net.add(shared, "one", {b});
  net.start(30s);
  BOOST_TEST(one.watch.namesakes == none);
  other.move_to({a});
  expect_both_say_so(net, one, other);
}

BOOST_AUTO_TEST_CASE(the_alarm_repeats_every_minute_and_ends) {
  for (const Duration wait_time : {30s, 3600s}) {
    Overlay net;
    auto config = node_config(shared, "one", {{a}});
    config.wait_time = wait_time;
    auto& one = net.add(config);
    auto& other = net.add(config);
    net.start(10s);
    net.world.run_for(300s);
    for (const Endpoint* each : {&one, &other})
      BOOST_TEST((each->watch.namesakes == std::vector{State::began, State::lasts, State::lasts, State::lasts,
                                                       State::lasts, State::lasts}));
    other.crash();
    one.watch.namesakes.clear();
    net.world.run_for(120s);
    BOOST_TEST(one.watch.namesakes.back() == State::ended);
    one.watch.namesakes.clear();
    const auto heard = one.network().counters().duplicate_nid;
    net.world.run_for(300s);
    BOOST_TEST(one.watch.namesakes == none);
    BOOST_TEST(one.network().counters().duplicate_nid == heard);
  }
}

BOOST_AUTO_TEST_CASE(no_false_alarm_in_several_networks_in_handoffs_and_after_a_restart) {
  for (const Duration handoff : {Duration(0s), Duration(300ms), Duration(2s)}) {
    Overlay net;
    net.world.defaults.delay = 40ms, net.world.defaults.jitter = 30ms;
    net.world.defaults.duplication = 0.1, net.world.defaults.loss = 0.05;
    net.add(0xe0, "router", {a, b, c});
    net.add(0xe1, "other router", {b, d});
    auto& homed = net.add(0xa, "alice", {a, b, d});
    auto mover_config = node_config(0xb, "bob", {{a}, {b, d}, {c}, {d}});
    mover_config.move_time = 3s, mover_config.handoff_time = handoff;
    auto& mover = net.add(mover_config);
    net.start(5s);
    homed.stream(mover, 50ms, net.in(1ms), net.in(60s));
    mover.stream(homed, 50ms, net.in(1ms), net.in(60s));
    for (int i = 0; i < 6; ++i) {
      net.world.run_for(10s);
      homed.restart();  // what it sent before is still on its way
      net.world.run_for(200ms);
      mover.restart();
    }
    net.world.run_for(60s);
    for (const auto& node : net.nodes) {
      BOOST_TEST(node->watch.namesakes == none);
      BOOST_TEST(node->network().counters().duplicate_nid == 0U);
    }
    BOOST_TEST(homed.drops(Drop::own_frame) > 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_stranger_with_its_identifier_causes_few_messages) {
  Overlay net;
  auto& one = net.add(shared, "one", {a});
  net.start(10s);
  Stranger stranger(net.world, {a});
  std::vector<std::byte> payload(wire::Discovery::fixed_size + 3);
  wire::DiscoveryRepr{one.nid(), a, true, "one"}.write_to(payload);
  const auto put = [&] {
    stranger.put(a, Stranger::frame({a, one.nid()}, {all_nodes_locator, Nid{}}, 255, 43, payload));
  };
  put();
  net.world.run_for(100s);
  BOOST_TEST(one.watch.namesakes == none);  // a single frame is no node
  const auto before = one.network().counters();
  net.world.every(1ms, net.in(1ms), net.in(120s), put);
  net.world.run_for(120s);
  BOOST_TEST(one.watch.namesakes.size() == 2U);
  BOOST_TEST(one.network().counters().sent - before.sent <= 150U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::nid_watch_test
