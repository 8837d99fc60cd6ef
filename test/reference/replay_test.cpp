// The events of the captures, played to the model: it must put the same octets on the same networks, in the same order.
#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>

#include "captures.hpp"

namespace ilnp::test::replay_test {

using sim::HostId;

/// What nobody but a person, or chance, decides in a capture: starts, rounds of discovery, datagrams of applications.
class Replay {
 public:
  explicit Replay(const std::vector<NetworkConfig>& configs, std::vector<Captured> capture)
      : world(1), log(world), capture_(std::move(capture)) {
    for (NetworkConfig each : configs) {
      each.wait_time = 1000s;  // rounds are when the capture has them
      stations_.try_emplace(each.host_name, std::make_unique<ReferenceStation>(world, each));
    }
  }

  ReferenceStation& operator[](const std::string& name) { return *stations_.at(name); }

  /// Plays all events from `offset` on, and runs until after the last.
  void play(Duration offset = Duration::zero()) {
    std::map<std::string, TimePoint> rounds;
    for (const Captured& each : capture_) {
      if (each.frame[7] != std::byte{3}) continue;
      ReferenceStation& station = (*this)[each.who];
      const TimePoint time = each.time + offset;
      if (each.frame[6] == std::byte{42}) {
        world.at(time, [&] { send(station, each.frame); });
      } else if (each.frame[6] == std::byte{43} && each.frame[56] == std::byte{1}) {
        // A round is a solicitation an interface; the first one starts the node.
        const auto [last, first] = rounds.try_emplace(each.who, time);
        if (!first && time - last->second < 100ms) continue;
        last->second = time;
        world.at(time, [&station, begins = first] {
          if (begins) return station.begin();
          station.with([](auto& stack, auto& cx) { stack.next_layer().solicit(cx); });
        });
      }
    }
    world.run_until(capture_.back().time + offset + 50ms);
  }

  sim::World world;
  Log log;

 private:
  static void send(ReferenceStation& station, const Octets& frame) {
    const auto packet = wire::StpHeader::parse(Bytes(frame).subspan(40));
    station.with([&](auto& stack, auto& cx) {
      const Nid to(wire::load<std::uint64_t>(frame, 32));
      BOOST_TEST(!stack.send(packet->source_port(), to, packet->destination_port(), packet->payload(), cx));
    });
  }

  std::vector<Captured> capture_;
  std::map<std::string, std::unique_ptr<ReferenceStation>> stations_;
};

void same_for_each(const Lines& got, const std::vector<Captured>& capture) {
  const Lines expected = lines_of(capture);
  for (const char* who : {"alice", "bob", "router"}) {
    BOOST_TEST_CONTEXT(who) {
      BOOST_TEST(of(who, got) == of(who, expected), boost::test_tools::per_element());
    }
  }
}

NetworkConfig moving(NetworkConfig config, Duration move, Duration handoff) {
  config.move_time = move;
  config.handoff_time = handoff;
  return config;
}

const NetworkConfig bob = config("bob", nid_bob, {{net_b}});
const NetworkConfig router_ab = config("router", nid_router, {{net_a, net_b}});
const NetworkConfig router_abc = config("router", nid_router, {{net_a, net_b, net_c}});

BOOST_AUTO_TEST_SUITE(reference_replay)

BOOST_AUTO_TEST_CASE(a_startup_discovery) {
  const auto capture = captured("a_startup_discovery.pcap");
  Replay replay({config("alice", nid_alice, {{net_a}}), bob, router_ab}, capture);
  replay.play();
  BOOST_TEST(replay.log.lines == lines_of(capture), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(b_datagrams_via_router) {
  const auto capture = captured("b_datagrams_via_router.pcap");
  Replay replay({config("alice", nid_alice, {{net_a}}), bob, router_ab}, capture);
  for (const char* who : {"router", "alice", "bob"}) replay[who].begin();
  replay.world.run_for(1s);
  replay.log.lines.clear();
  replay.play(1s);
  BOOST_TEST(replay.log.lines == lines_of(capture), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(c_mobility) {
  const auto capture = captured("c_mobility_a-b-c.pcap");
  Replay replay({moving(config("alice", nid_alice, {{net_a}, {net_b}, {net_c}}), 6s, 3s), bob, router_abc},
                capture);
  replay.play();
  same_for_each(replay.log.lines, capture);
  BOOST_TEST(replay["alice"].stack().counters().moves == 4U);
  BOOST_TEST(replay["alice"].stack().counters().acknowledged == 4U);
}

BOOST_AUTO_TEST_CASE(c2_two_locators) {
  const auto capture = captured("c2_locator_update_two_locators.pcap");
  Replay replay({moving(config("alice", nid_alice, {{net_a}, {net_b, net_c}}), 4s, 2s), bob, router_abc},
                capture);
  // That node joined c a moment after b: it did not hear on c how the router passed its first advertisement on.
  auto& network = replay.world.network(net_c);
  const HostId from = replay["router"].id(), to = replay["alice"].id();
  replay.world.at(TimePoint(6577ms), [&] { network.cut(from, to); });
  replay.world.at(TimePoint(6578ms), [&] { network.mend(from, to); });
  replay.play();
  same_for_each(replay.log.lines, capture);
}

BOOST_AUTO_TEST_CASE(c3_retries) {
  const auto capture = captured("c3_locator_update_retries.pcap");
  Replay replay({moving(config("alice", nid_alice, {{net_a}, {net_c}}), 6s, 2s), bob, router_abc}, capture);
  replay.world.at(TimePoint(4200ms), [&] { replay["bob"].crash(); });
  replay.play();
  same_for_each(replay.log.lines, capture);
}

// Two nodes that join the same two networks: a storm, in which the order is a matter of microseconds.
BOOST_AUTO_TEST_CASE(d_multihoming) {
  const auto capture = captured("d_multihoming_alice_a+c.pcap");
  Replay replay({config("alice", nid_alice, {{net_a, net_c}}), bob, router_abc}, capture);
  replay.play();
  Lines got = replay.log.lines, expected = lines_of(capture);
  std::ranges::sort(got);
  std::ranges::sort(expected);
  BOOST_TEST(got == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::replay_test
