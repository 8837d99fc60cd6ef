// The sample layers in virtual time.
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include "bursts.hpp"
#include "ilnp/sim.hpp"

namespace ilnp::test::virtual_time_test {

using namespace std::chrono_literals;
using Link = sim::SimUnderlay;
using Stacks = boost::mpl::list<AboveNetwork<Link, Seal>, AboveNetwork<Link, Deflate>,
                                AboveTransport<Link, Seal>, AboveTransport<Link, Deflate>, Both<Link>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(bursts_arrive_whole_and_in_order, Stack, Stacks) {
  sim::World world(7);
  sim::SimNode<Stack> alice(world, "alice", node_config(1, "alice", {{a}}));
  sim::SimNode<Stack> bob(world, "bob", node_config(2, "bob", {{a}}));
  std::vector<std::uint32_t> got;
  bob.on_receive([&](LocalPort, Bytes payload) { got.push_back(number_of(payload).value_or(0xffffffff)); });
  for (auto* node : {&alice, &bob}) node->start();
  alice.with([](Stack& stack, auto&) { BOOST_TEST(!stack.map(LocalPort(4000), {"bob", 4000})); });
  bob.with([](Stack& stack, auto&) { BOOST_TEST(!stack.map(LocalPort(4000), {"alice", 4000})); });
  world.run_for(5s);
  std::uint32_t number = 0;
  for (int burst = 0; burst < 20; ++burst) {
    std::vector<std::vector<std::byte>> datagrams;
    for (int i = 0; i < 100; ++i) datagrams.push_back(datagram(number++));
    alice.with([&](Stack& stack, auto& cx) {
      for (const auto& each : datagrams) BOOST_TEST(!stack.send(LocalPort(4000), each, cx));
    });
    world.run_for(100ms);
  }
  BOOST_TEST_REQUIRE(got.size() == 2000u);
  for (std::uint32_t i = 0; i < 2000; ++i) BOOST_TEST_REQUIRE(got[i] == i);
}

BOOST_AUTO_TEST_CASE(a_datagram_to_oneself_is_opened_too) {
  using Stack = AboveNetwork<Link, Seal>;
  sim::World world(7);
  sim::SimNode<Stack> alice(world, "alice", node_config(1, "alice", {{a}}));
  int got = 0;
  alice.on_receive([&](LocalPort, Bytes payload) { got += as_text(payload) == "myself"; });
  alice.start();
  alice.with([](Stack& stack, auto& cx) {
    BOOST_TEST(!stack.map(LocalPort(4000), {"alice", 4000}));
    BOOST_TEST(!stack.send(LocalPort(4000), as_bytes("myself"), cx));
  });
  world.run_for(1s);
  BOOST_TEST(got == 1);
}

BOOST_AUTO_TEST_CASE(what_was_changed_on_the_way_is_not_opened) {
  Seal seal, other;
  Arena arena;
  std::vector<std::byte> out(5 + Seal::room);
  BOOST_TEST(seal.pack(as_bytes("he"), as_bytes("llo"), out) == out.size());
  for (std::size_t at = 0; at < out.size(); ++at) {
    auto changed = out;
    changed[at] ^= std::byte(1);
    BOOST_TEST(!other.unpack(changed, arena));
  }
  for (std::size_t size = 0; size < out.size(); ++size) {
    auto cut = out;
    BOOST_TEST(!other.unpack(MutableBytes(cut).first(size), arena));
  }
  const auto opened = other.unpack(out, arena);
  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST(as_text(*opened) == "hello");
  BOOST_TEST(static_cast<void*>(opened->data()) == static_cast<void*>(out.data()));  // in place
}

/// One who keeps what was lent reads something else: the memory is overwritten when the batch ends.
BOOST_AUTO_TEST_CASE(what_was_lent_is_overwritten_when_the_batch_ends) {
  using Stack = AboveTransport<Link, Deflate>;
  sim::World world(7);
  sim::SimNode<Stack> alice(world, "alice", node_config(1, "alice", {{a}}));
  sim::SimNode<Stack> bob(world, "bob", node_config(2, "bob", {{a}}));
  Bytes kept;
  bob.on_receive([&](LocalPort, Bytes payload) { kept = payload; });
  for (auto* node : {&alice, &bob}) node->start();
  alice.with([](Stack& stack, auto&) { BOOST_TEST(!stack.map(LocalPort(4000), {"bob", 4000})); });
  bob.with([](Stack& stack, auto&) { BOOST_TEST(!stack.map(LocalPort(4000), {"alice", 4000})); });
  world.run_for(5s);
  const std::string text(500, 'x');
  alice.with([&](Stack& stack, auto& cx) { BOOST_TEST(!stack.send(LocalPort(4000), as_bytes(text), cx)); });
  world.run_for(100ms);
  BOOST_TEST_REQUIRE(kept.size() == text.size());
  if (ILNP_POISON) BOOST_TEST(std::ranges::count(kept, std::byte{0xdd}) == 500);
}

}  // namespace ilnp::test::virtual_time_test
