// One of our nodes replaces one of the captured ones, among models of the others. For the same events it puts the same
// octets on the same networks. Where ours does more (repeats the announcement of a move) or less (passes nothing on twice),
// the test says what.
#include "reference/captures.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/print.hpp"

namespace ilnp::test::captures_test {

using Ours = Station<STP<ILNP<sim::SimUnderlay>>>;

int next_header(const Captured& each) { return std::to_integer<int>(each.frame[6]); }
bool first_hand(const Captured& each) { return each.frame[7] == std::byte{3}; }
bool solicitation(const Captured& each) { return next_header(each) == 43 && each.frame[56] == std::byte{1}; }

class Stage {
 public:
  Stage(const std::vector<NetworkConfig>& configs, std::string who_is_ours, const std::string& file)
      : world(1), log(world), capture(captured(file)), ours_(std::move(who_is_ours)) {
    for (NetworkConfig each : configs) {
      each.wait_time = 1000s;  // rounds take place when the capture has them
      if (each.host_name == ours_) {
        mine_ = std::make_unique<Ours>(world, each);
      } else {
        theirs_.try_emplace(each.host_name, std::make_unique<ReferenceStation>(world, each));
      }
    }
  }

  /// Starts all nodes, for a capture that begins later.
  void start_all() {
    for (const char* who : {"router", "alice", "bob"}) start(who);
    world.run_for(1s);
    log.lines.clear();
  }

  void crash_at(TimePoint time, const std::string& who) {
    world.at(time, [this, who] { theirs_.at(who)->crash(); });
  }

  /// Plays the starts, the rounds of the others, and the datagrams of the applications, each `offset` later.
  void play(Duration offset = Duration::zero()) {
    std::map<std::string, TimePoint> rounds;
    for (const Captured& each : capture) {
      if (!first_hand(each)) continue;
      const TimePoint time = each.time + offset;
      if (next_header(each) == 42) {
        world.at(time, [&] { send(each); });
      } else if (solicitation(each)) {
        const auto [last, first] = rounds.try_emplace(each.who, time);
        if (!first && time - last->second < 100ms) continue;
        last->second = time;
        if (!first && each.who == ours_) continue;  // ours schedules its own rounds
        world.at(time, [this, who = each.who, starts = first] {
          if (starts) return start(who);
          theirs_.at(who)->with([](auto& stack, auto& cx) { stack.next_layer().solicit(cx); });
        });
      }
    }
    world.run_until(capture.back().time + offset + 3s);
  }

  /// The captured lines of one kind of the node that ours replaces, without its rounds of discovery except the first.
  Lines expected(int kind) const {
    Lines lines;
    std::optional<TimePoint> first;
    for (const Captured& each : capture) {
      if (each.who != ours_ || next_header(each) != kind) continue;
      if (solicitation(each) && first_hand(each)) {
        if (!first) first = each.time;
        if (each.time - *first > 100ms) continue;
      }
      lines.push_back(each.line);
    }
    return lines;
  }
  /// What our node did.
  Lines got(int kind) const {
    Lines lines;
    for (const std::string& line : of(ours_, log.lines)) {
      const auto octets_at = line.find(": ") + 2;
      if (std::stoi(line.substr(octets_at + 12, 2), nullptr, 16) == kind) lines.push_back(line);
    }
    return lines;
  }

  sim::World world;
  Log log;
  std::vector<Captured> capture;

 private:
  void start(const std::string& who) {
    if (who == ours_) return mine_->begin();
    theirs_.at(who)->begin();
  }

  void send(const Captured& each) {
    const auto packet = wire::StpHeader::parse(Bytes(each.frame).subspan(40));
    const Nid to(wire::load<std::uint64_t>(each.frame, 32));
    const auto from = [&](auto& station) {
      station.with([&](auto& stack, auto& cx) {
        BOOST_TEST(!stack.send(packet->source_port(), to, packet->destination_port(), packet->payload(), cx));
      });
    };
    if (each.who == ours_)
      from(*mine_);
    else
      from(*theirs_.at(each.who));
  }

  std::string ours_;
  std::unique_ptr<Ours> mine_;
  std::map<std::string, std::unique_ptr<ReferenceStation>> theirs_;
};

NetworkConfig moving(NetworkConfig config, Duration move, Duration handoff) {
  config.move_time = move;
  config.handoff_time = handoff;
  return config;
}

std::set<std::string> distinct(const Lines& lines) { return {lines.begin(), lines.end()}; }

const NetworkConfig alice_a = config("alice", nid_alice, {{net_a}});
const NetworkConfig bob_b = config("bob", nid_bob, {{net_b}});
const NetworkConfig router_ab = config("router", nid_router, {{net_a, net_b}});
const NetworkConfig router_abc = config("router", nid_router, {{net_a, net_b, net_c}});

/// The captures with moves. Updates and acknowledgements are the same, in the same order. Every discovery message is there,
/// some of them more often. The datagrams are the same, whichever path they took during the handoff.
void play_moving(const std::vector<NetworkConfig>& configs, const std::string& who, const std::string& file) {
  BOOST_TEST_CONTEXT(file << ", ours: " << who) {
    Stage stage(configs, who, file);
    stage.play();
    BOOST_TEST(stage.got(44) == stage.expected(44), boost::test_tools::per_element());
    const auto got = distinct(stage.got(43));
    for (const std::string& line : distinct(stage.expected(43))) {
      const int hop_limit = std::stoi(line.substr(line.find(": ") + 2 + 14, 2), nullptr, 16);
      if (hop_limit >= 2) BOOST_TEST(got.contains(line), line);  // ours passes on no copies of copies
    }
    BOOST_TEST(stage.got(42).size() == stage.expected(42).size());
  }
}

BOOST_AUTO_TEST_SUITE(interworking_captures)

BOOST_AUTO_TEST_CASE(a_startup_discovery) {
  for (const char* who : {"alice", "bob", "router"}) {
    Stage stage({alice_a, bob_b, router_ab}, who, "a_startup_discovery.pcap");
    stage.play();
    BOOST_TEST_CONTEXT(who) {
      BOOST_TEST(stage.got(43) == stage.expected(43), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(b_datagrams_via_router) {
  for (const char* who : {"alice", "bob", "router"}) {
    Stage stage({alice_a, bob_b, router_ab}, who, "b_datagrams_via_router.pcap");
    stage.start_all();
    stage.play(1s);
    BOOST_TEST_CONTEXT(who) {
      BOOST_TEST(!stage.got(42).empty());
      BOOST_TEST(stage.got(42) == stage.expected(42), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(c_mobility) {
  const std::vector configs{moving(config("alice", nid_alice, {{net_a}, {net_b}, {net_c}}), 6s, 3s), bob_b,
                            router_abc};
  for (const char* who : {"alice", "bob", "router"}) play_moving(configs, who, "c_mobility_a-b-c.pcap");
}

BOOST_AUTO_TEST_CASE(c2_two_locators) {
  const std::vector configs{moving(config("alice", nid_alice, {{net_a}, {net_b, net_c}}), 4s, 2s), bob_b,
                            router_abc};
  for (const char* who : {"alice", "bob", "router"})
    play_moving(configs, who, "c2_locator_update_two_locators.pcap");
}

BOOST_AUTO_TEST_CASE(c3_retries_to_a_correspondent_that_is_gone) {
  Stage stage({moving(config("alice", nid_alice, {{net_a}, {net_c}}), 6s, 2s), bob_b, router_abc}, "alice",
              "c3_locator_update_retries.pcap");
  stage.crash_at(TimePoint(4200ms), "bob");
  stage.play();
  // The last of the four leaves after the handoff. Ours then sends it on the new interface, because it has left the old
  // one.
  const Lines got = stage.got(44), expected = stage.expected(44);
  BOOST_TEST(got.size() == expected.size());
  for (std::size_t attempt = 0; attempt < std::min<std::size_t>(2, got.size()); ++attempt)
    BOOST_TEST(got[attempt] == expected[attempt]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::captures_test
