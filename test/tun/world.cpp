// Tunnels in virtual time: whole nodes, lost frames, moves, and nodes that know nothing of tunnels.
#include <boost/test/unit_test.hpp>

#include "ilnp/proxy/proxy.hpp"
#include "ilnp/sim/node.hpp"
#include "ilnp/sim/world.hpp"
#include "ilnp/transport/fragment.hpp"
#include "support/print.hpp"
#include "tun/tunnel.hpp"

namespace ilnp::test::tun_world_test {

using Alone = Tun<ILNP<sim::SimUnderlay>>;
using Beside = STP<Tun<ILNP<sim::SimUnderlay>>>;
using Old = STP<ILNP<sim::SimUnderlay>>;

TunConfig config() {
  TunConfig config;
  config.prefix = tunnel_prefix;
  config.exposed = {80};
  return config;
}

template <class Stack>
struct Host {
  Host(sim::World& world, std::uint64_t number, std::string name,
       std::vector<std::vector<Locator>> locators = {{a}})
      : nid(number), node(world, name, config(), node_config(number, name, std::move(locators))) {
    node.on_receive([this](const ToHost& to, MutableBytes rest) {
      Octets packet(to.ipv6.begin(), to.ipv6.end());
      packets.push_back(joined(std::move(packet), octets(rest)));
    });
    node.start();
  }
  void send(Nid to, std::size_t size = 60, std::uint8_t mark = 0) {
    Octets packet = ipv6(address_of(nid), address_of(to), 17, udp(1000, 80, size - 48));
    packet.back() = static_cast<std::byte>(mark);
    node.with([&](auto& stack, auto& cx) {
      tun_layer(stack).from_host(
          {}, packet, cx, [&](const ToHost& to_host, MutableBytes) { errors += to_host.source == Nid{}; });
    });
  }

  Nid nid;
  std::vector<Octets> packets;
  int errors = 0;
  sim::SimNode<Stack> node;
};

BOOST_AUTO_TEST_SUITE(tun_world)

BOOST_AUTO_TEST_CASE(the_first_packet_arrives_though_a_third_of_all_frames_is_lost) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    world.defaults.loss = 0.3;
    Host<Alone> alice(world, 0xa, "alice"), bob(world, 0xb, "bob");
    world.run_for(2s);
    alice.send(bob.nid);  // the packet itself may be lost
    world.run_for(100ms);
    for (int i = 0; i < 80; ++i) alice.send(bob.nid), world.run_for(250ms);
    BOOST_TEST(!bob.packets.empty(), seed);
  }
}

BOOST_AUTO_TEST_CASE(packets_go_both_ways_and_survive_moves) {
  sim::World world(7);
  Host<Alone> alice(world, 0xa, "alice", {{a}, {a, b}, {b}}), bob(world, 0xb, "bob", {{a, b}});
  world.run_for(1s);
  world.every(10ms, world.now(), world.now() + 20s, [&] { alice.send(bob.nid), bob.send(alice.nid, 1436); });
  world.run_for(21s);
  BOOST_TEST(alice.packets.size() == 2000u);
  BOOST_TEST(bob.packets.size() == 2000u);
  BOOST_TEST(alice.errors == 0);
  BOOST_TEST(bob.errors == 0);
}

BOOST_AUTO_TEST_CASE(a_tunnel_lies_below_a_transport) {
  sim::World world(3);
  Host<Beside> alice(world, 0xa, "alice"), bob(world, 0xb, "bob");
  world.run_for(1s);
  alice.send(bob.nid);
  bob.node.with([&](auto& stack, auto& cx) {
    BOOST_TEST(!stack.bind(7));
    BOOST_TEST(!stack.ping(alice.nid, std::nullopt, cx).has_error());
  });
  world.run_for(1s);
  BOOST_TEST(bob.packets.size() == 1u);
  BOOST_TEST(bob.node.stack().counters().ping_replies_received == 1u);
  BOOST_TEST(alice.node.stack().counters().pings_answered == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_without_a_tunnel_sees_no_packet_of_one) {
  sim::World world(4);
  std::vector<int> next_headers;
  std::size_t probes = 0;
  world.tap([&](const sim::SentFrame& frame) {
    const auto next_header = wire::load<std::uint8_t>(frame.bytes, 6);
    next_headers.push_back(next_header);
    if (next_header == 42) {
      BOOST_TEST(wire::load<std::uint32_t>(frame.bytes, 40) == 0u);  // to port 0
      BOOST_TEST(wire::load<std::uint8_t>(frame.bytes, 44) == 7);
      ++probes;
    }
  });
  Host<Beside> alice(world, 0xa, "alice");
  sim::SimNode<Old> old(world, "old", node_config(0xd, "old", {{a}}));
  old.start();
  world.run_for(2s);
  const auto begun = world.now();
  world.every(100ms, begun, begun + 60s, [&] { alice.send(Nid(0xd)); });
  world.run_for(62s);
  for (const int next_header : next_headers)
    BOOST_TEST((next_header == 42 || next_header == 43 || next_header == 44), next_header);
  // Four within 2 s, then 5 s without.
  BOOST_TEST(probes >= 28u);
  BOOST_TEST(probes <= 40u);
  BOOST_TEST(old.stack().counters().dropped_port_not_bound == probes);
  BOOST_TEST(alice.errors > 0);
}

BOOST_AUTO_TEST_CASE(a_peer_that_crashes_is_noticed_and_found_again) {
  sim::World world(5);
  Host<Alone> alice(world, 0xa, "alice"), bob(world, 0xb, "bob");
  world.run_for(1s);
  alice.send(bob.nid);
  world.run_for(1s);
  BOOST_TEST(bob.packets.size() == 1u);
  bob.node.restart();
  bob.node.start();
  world.run_for(1s);
  bob.packets.clear();
  alice.send(bob.nid);
  world.run_for(1s);
  BOOST_TEST(bob.packets.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_world_test
