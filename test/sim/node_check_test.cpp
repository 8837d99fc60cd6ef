#include "ilnp/sim/node_check.hpp"

#include <deque>

#include "checked.hpp"
#include "support/locators.hpp"

namespace ilnp::test::node_check_test {

using Sound = ILNP<sim::SimUnderlay>;

struct Overfull : Sound {
  using Sound::Sound;
  template <class F>
  void for_each_table(F&& f) const {
    f("routes", 5, 5);
    f("hosts", counters().discovery_received, 1);
  }
};

/// Its timer is always due.
struct Stuck : Sound {
  using Sound::Sound;
  TimePoint next_deadline() const noexcept { return std::min(Sound::next_deadline(), TimePoint(50s)); }
};

/// Claims to be where it is not.
struct Liar : UnderlayAdaptor<sim::SimUnderlay> {
  using UnderlayAdaptor::UnderlayAdaptor;
  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx& cx) {
    std::vector<std::byte> frame(packet.head().begin(), packet.head().end());
    frame.insert(frame.end(), packet.payload().begin(), packet.payload().end());
    wire::store(MutableBytes(frame), 48, std::uint64_t{0xbad});
    kept.push_back(std::move(frame));
    return UnderlayAdaptor::send(locator, Packet({}, kept.back()), cx);
  }
  std::deque<std::vector<std::byte>> kept;
};

template <class Network>
std::string beside() {
  sim::World world(1);
  sim::NodeCheck check(world);
  sim::SimNode<Sound> first(world, "first", at(1, {a, b}));
  sim::SimNode<Network> second(world, "second", at(2, {a}));
  check.watch(first), check.watch(second);
  first.start(), second.start();
  return said(world, 100s);
}

BOOST_AUTO_TEST_SUITE(sim_node_check)

BOOST_AUTO_TEST_CASE(correct_nodes_pass) {
  sim::World world(1);
  sim::NodeCheck check(world);
  sim::SimNode<Sound> first(world, "first", at(1, {a, b})), second(world, "second", at(2, {a}));
  check.watch(first), check.watch(second);
  first.start(), second.start();
  world.at(TimePoint(50s),
           [&] { second.with([](auto& stack, auto& cx) { BOOST_TEST(stack.move_to(std::array{b}, cx)); }); });
  world.at(TimePoint(90s), [&] { second.crash(); });
  world.at(TimePoint(91s), [&] { second.restart(at(4, {b})), second.start(); });
  BOOST_TEST(said(world, 200s) == "");
}

BOOST_AUTO_TEST_CASE(a_table_over_its_limit_is_caught) {
  BOOST_TEST(contains(beside<Overfull>(), "second: table of hosts holds 2, at most 1"));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_remains_in_the_past_is_caught) {
  BOOST_TEST(beside<Stuck>() == "50.000000000 s: second: its deadline stays in the past");
}

BOOST_AUTO_TEST_CASE(a_busy_node_is_not_caught_before_it_is_woken) {
  sim::World world(1);
  sim::NodeCheck check(world);
  sim::SimNode<Sound> first(world, "first", at(1, {a})), second(world, "second", at(2, {a}));
  check.watch(first), check.watch(second);
  first.start(), second.start();
  int heard = 0;
  second.on_receive([&](const NetworkSource&, Bytes) { ++heard; });
  const auto send = [&] {
    first.with([](auto& stack, auto& cx) {
      Packet packet(stack.headroom(0), Bytes{});
      BOOST_TEST(!stack.send(Nid(2), 42, packet, cx));
    });
  };
  for (int i = 0; i < 1000; ++i) world.at(TimePoint(50s), send);
  BOOST_TEST(said(world, 100s) == "");
  BOOST_TEST(heard == 1000);
}

BOOST_AUTO_TEST_CASE(a_locator_that_a_peer_never_had_is_caught) {
  BOOST_TEST(beside<Sound>() == "");
  BOOST_TEST(contains(beside<ILNP<Liar>>(), "first believes 0:0:0:2 to be at 0:0:0:bad, where it never was"));
}

BOOST_AUTO_TEST_CASE(a_locator_may_be_noted) {
  sim::World world(1);
  sim::NodeCheck check(world);
  sim::SimNode<Sound> first(world, "first", at(1, {a}));
  sim::SimNode<ILNP<Liar>> second(world, "second", at(2, {a}));
  check.watch(first);
  check.note_place(Nid(2), Locator(0xbad));
  check.note_place(Nid(2), a);
  first.start(), second.start();
  BOOST_TEST(said(world, 10s) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::node_check_test
