#include "ilnp/network/forwarder_election.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/base/random.hpp"

#include "ilnp/wire/field.hpp"
#include "interface_at.hpp"
#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::forwarder_election_test {

using namespace std::chrono_literals;
using Verdict = ForwarderElection::Verdict;

constexpr Nid self{5};
constexpr std::uint64_t source = 1, lower = 4, higher = 6;  // senders, and their identifiers
const ForwardedFlow flow{{a, Nid(1)}, {b, Nid(2)}};

struct Fixture {
  void meet(std::uint64_t sender) {
    for (const Locator locator : {a, b})
      neighbours.hear(sender, Nid(sender), 3, test::interface_at(locator), now);
  }
  /// The next packet of the flow has arrived; `again`: the same packet arrives once more.
  Verdict decide(std::uint8_t hop_limit = 3, bool passing = false) {
    ++number;
    return again(source, hop_limit, a, passing);
  }
  Verdict again(std::uint64_t sender, std::uint8_t hop_limit, Locator in = a, bool passing = false) {
    return election.decide(flow, in, b, packet(sender, hop_limit), passing, now);
  }
  /// A new flow.
  Verdict decide(const ForwardedFlow& another) {
    ++number;
    return election.decide(another, a, b, packet(source, 3), false, now);
  }
  /// The last packet is overheard on the far network.
  bool overhear(std::uint64_t sender, std::uint8_t hop_limit = 2, bool passing = false) {
    return election.overhear(flow, b, packet(sender, hop_limit), passing, now);
  }
  FlowPacket packet(std::uint64_t sender, std::uint8_t hop_limit) {
    wire::store(MutableBytes(content), 0, number);
    return {sender, hop_limit, 42, Bytes(content)};
  }
  /// Something that was not a packet of the flow.
  void forge(Locator on, std::uint8_t hop_limit) {
    std::array<std::byte, 9> forged{};
    wire::store(MutableBytes(forged), 0, ++forgeries);
    const FlowPacket its{99, hop_limit, 42, Bytes(forged)};
    if (on == b) {
      static_cast<void>(election.overhear(flow, b, its, false, now));
    } else {
      static_cast<void>(election.decide(flow, on, b, its, false, now));
    }
  }

  NeighbourTable neighbours{90s};
  ForwarderElection election{self, neighbours};
  TimePoint now = TimePoint{} + 1h;
  std::uint64_t number = 0, forgeries = 0;
  std::array<std::byte, 8> content{};
};

BOOST_FIXTURE_TEST_SUITE(forwarder_elections, Fixture)

BOOST_AUTO_TEST_CASE(alone_it_forwards) {
  for (int i = 0; i < 5; ++i, now += 1ms) BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(a_duplicate_has_a_lower_hop_limit_or_another_interface) {
  BOOST_TEST(decide(3) == Verdict::forward);
  BOOST_TEST(again(source, 2) == Verdict::duplicate);
  BOOST_TEST(again(source, 3, Locator(0xc)) == Verdict::duplicate);
  now += ForwarderElection::duplicate_window;
  BOOST_TEST(decide(2) == Verdict::forward_alone);
}

BOOST_AUTO_TEST_CASE(a_packet_on_the_network_of_its_source_is_no_duplicate) {
  BOOST_TEST(again(source, 3, Locator(0xc)) == Verdict::forward);
  BOOST_TEST(again(source, 2) == Verdict::duplicate);
  BOOST_TEST(decide(3) == Verdict::forward_alone);
  BOOST_TEST(again(higher, 3, Locator(0xc)) == Verdict::duplicate);
}

BOOST_AUTO_TEST_CASE(it_yields_to_a_settled_neighbour_with_a_lower_identifier) {
  meet(lower);
  BOOST_TEST(decide() == Verdict::another);
  overhear(lower);
  now += 400ms;
  BOOST_TEST(decide() == Verdict::another);
}

BOOST_AUTO_TEST_CASE(it_does_not_yield_to_one_with_a_higher_identifier) {
  meet(higher);
  BOOST_TEST(decide() == Verdict::forward);
  overhear(higher);
  BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(it_takes_over_from_one_that_does_not_forward) {
  meet(lower);
  BOOST_TEST(decide() == Verdict::another);
  now += ForwarderElection::takeover - 1ms;
  BOOST_TEST(decide() == Verdict::another);
  now += 1ms;
  BOOST_TEST(decide() == Verdict::forward);
  BOOST_TEST(neighbours.find(lower)->failed_at == now);
  const ForwardedFlow another{{a, Nid(8)}, {b, Nid(9)}};
  BOOST_TEST(decide(another) == Verdict::forward);  // not relied on
}

BOOST_AUTO_TEST_CASE(it_yields_when_it_hears_a_better_forwarder) {
  meet(higher);
  BOOST_TEST(decide() == Verdict::forward);
  BOOST_TEST(overhear(higher, 3));  // a shorter path
  BOOST_TEST(decide() == Verdict::another);
}

BOOST_AUTO_TEST_CASE(it_ignores_packets_on_a_longer_path) {
  BOOST_TEST(decide() == Verdict::forward);
  BOOST_TEST(!overhear(lower, 1));
  BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(it_does_not_yield_on_a_longer_path_though_the_worse_of_two_duplicates_came_first) {
  neighbours.hear(lower, Nid(lower), 3, test::interface_at(b), now);
  BOOST_TEST(decide(2) == Verdict::forward);
  now += 1ms;
  BOOST_TEST(again(higher, 3) == Verdict::forward);
  BOOST_TEST(!overhear(lower, 1));
  now += 1s;
  BOOST_TEST(decide(3) == Verdict::forward_alone);
  BOOST_TEST(overhear(lower, 2));  // nor does that keep it from yielding to a path of equal length
}

BOOST_AUTO_TEST_CASE(it_yields_to_one_that_always_forwards) {
  meet(higher);
  for (Duration spent{}; spent <= ForwarderElection::grace; spent += 50ms, now += 50ms) {
    BOOST_TEST(decide() == Verdict::forward);
    overhear(higher);
    overhear(higher);  // overhearing it twice makes no difference
  }
  BOOST_TEST(decide() == Verdict::another);
  // The other may run this toolkit and rely on this node from now on: in the next flow it would yield.
  const ForwardedFlow another{{a, Nid(8)}, {b, Nid(9)}};
  BOOST_TEST(decide(another) == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(it_yields_from_the_first_packet_to_one_known_to_always_forward) {
  meet(higher);
  neighbours.hear(higher, Nid(1), 2, test::interface_at(a), now);  // reflects another node's message
  BOOST_TEST(decide() == Verdict::another);
}

BOOST_AUTO_TEST_CASE(a_node_that_forwards_an_occasional_packet_does_not_always_forward) {
  meet(higher);
  for (int i = 0; i < 2; ++i, now += ForwarderElection::conflict_memory - 1s) {
    BOOST_TEST(decide() == Verdict::forward);
    overhear(higher);
  }
  BOOST_TEST(decide() == Verdict::forward);
  BOOST_TEST(!neighbours.find(higher)->habits.always_forwards());
}

BOOST_AUTO_TEST_CASE(several_nodes_that_forward_once_each_do_not_always_forward) {
  for (std::uint64_t each = higher; each < higher + 5; ++each, now += 2s) {
    meet(each);
    BOOST_TEST(decide() == Verdict::forward);
    overhear(each);
  }
  BOOST_TEST(decide() == Verdict::forward);
  for (std::uint64_t each = higher; each < higher + 5; ++each)
    BOOST_TEST(!neighbours.find(each)->habits.always_forwards());
}

BOOST_AUTO_TEST_CASE(a_node_believed_to_always_forward_that_does_not_is_reconsidered) {
  meet(higher);
  neighbours.hear(higher, Nid(1), 2, test::interface_at(a), now);
  BOOST_TEST(decide() == Verdict::another);
  now += ForwarderElection::takeover;
  BOOST_TEST(decide() == Verdict::forward);
  BOOST_TEST(!neighbours.find(higher)->habits.always_forwards());
}

BOOST_AUTO_TEST_CASE(it_does_not_replace_a_passing_node_while_another_forwards) {
  constexpr std::uint64_t passer = 3;
  meet(lower), meet(passer);
  BOOST_TEST(decide() == Verdict::another);
  overhear(lower);
  neighbours.moves(
      Nid(passer), [](Locator locator) { return locator == b; }, now);
  BOOST_TEST(decide() == Verdict::another);
  overhear(passer);
  BOOST_TEST(decide() == Verdict::another);
  overhear(lower);
  BOOST_TEST(decide() == Verdict::another);
  neighbours.moves(
      Nid(lower), [](Locator locator) { return locator == b; }, now);
  overhear(lower);  // the node that this one relied on is about to go
  BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(during_a_handoff_it_listens_first) {
  BOOST_TEST(decide(3, true) == Verdict::another);
  now += ForwarderElection::takeover;
  BOOST_TEST(decide(3, true) == Verdict::forward);
  overhear(higher, 2, true);
  BOOST_TEST(decide(3, true) == Verdict::another);
}

BOOST_AUTO_TEST_CASE(it_never_waits_for_a_passing_node) {
  meet(lower);
  neighbours.moves(
      Nid(lower), [](Locator locator) { return locator == b; }, now);
  BOOST_TEST(decide() == Verdict::forward);
  overhear(lower);
  BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(it_forwards_what_the_forwarder_reflects) {
  meet(lower);
  BOOST_TEST(decide(3) == Verdict::another);
  BOOST_TEST(again(lower, 2) == Verdict::returned);
  BOOST_TEST(again(higher, 2) == Verdict::duplicate);  // another node
  BOOST_TEST(again(lower, 1) == Verdict::duplicate);   // a reflection of a reflection
  BOOST_TEST(again(lower, 2, Locator(0xc)) == Verdict::duplicate);
  now += ForwarderElection::takeover;
  BOOST_TEST(decide(3) == Verdict::forward);
  BOOST_TEST(again(lower, 2) == Verdict::duplicate);  // it has been forwarded
}

BOOST_AUTO_TEST_CASE(a_packet_that_did_not_arrive_before_is_no_reflection) {
  meet(lower);
  BOOST_TEST(decide(3) == Verdict::another);
  ++number;  // on another path, and never here with the usual hop limit
  BOOST_TEST(again(lower, 2) != Verdict::returned);
}

BOOST_AUTO_TEST_CASE(after_a_suspension_it_listens_first_if_another_could_have_forwarded) {
  meet(higher);
  BOOST_TEST(decide() == Verdict::forward);
  const TimePoint since = now;
  now += 100s;
  election.resumed(since, now);
  BOOST_TEST(decide() == Verdict::another);
  overhear(higher);
  now += 400ms;
  BOOST_TEST(decide() == Verdict::another);
  now += ForwarderElection::takeover;
  BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(after_a_suspension_it_still_relies_on_the_other) {
  meet(lower);
  BOOST_TEST(decide() == Verdict::another);
  const TimePoint since = now;
  now += 40s;
  election.resumed(since, now);
  BOOST_TEST(decide() == Verdict::another);
}

BOOST_AUTO_TEST_CASE(after_a_suspension_it_forwards_if_it_is_alone) {
  BOOST_TEST(decide() == Verdict::forward);
  const TimePoint since = now;
  now += 40s;
  election.resumed(since, now);
  BOOST_TEST(decide() == Verdict::forward);
}

BOOST_AUTO_TEST_CASE(in_doubt_it_forwards) {
  for (std::uint64_t i = 0; i < 4 * ForwarderElection::max_flows; ++i)
    BOOST_REQUIRE((decide({{a, Nid(100 + i)}, {b, Nid(2)}}) == Verdict::forward));
}

/// How many of the packets that arrive from now on, one every `period` for `duration`, nobody forwards if `lower` drops
/// some.
struct DropFixture : Fixture {
  int unforwarded(Duration duration, Duration period, unsigned percent, bool forge_all = false) {
    int missing = 0;
    for (const TimePoint end = now + duration; now < end; now += period) {
      const bool mine = decide() != Verdict::another;
      if (forge_all) forge(b, 2), forge(b, 255);
      now += 1ms;
      const bool others = random.below(100) >= percent;
      if (others && heard) overhear(lower);
      now -= 1ms;
      missing += !mine && !others;
    }
    return missing;
  }
  Random random{1};
  bool heard = true;
};

BOOST_FIXTURE_TEST_CASE(it_takes_over_within_a_second_from_one_that_forwards_only_a_part, DropFixture) {
  for (const auto period : {1ms, 10ms, 50ms, 100ms, 1000ms})
    for (const unsigned percent : {10U, 30U, 60U, 100U}) {
      if (percent * (1s / period) < 300) continue;  // too few are missed to be significant
      election = ForwarderElection(self, neighbours);
      meet(lower);
      neighbours.find(lower)->trust();
      BOOST_TEST_CONTEXT("every " << period.count() << " ms, " << percent << " %") {
        unforwarded(1s, period, percent);
        BOOST_TEST(unforwarded(5s, period, percent) <= 2 + 2 * (5s / period) / 100);
        BOOST_TEST(neighbours.find(lower)->distrusted(now));
      }
    }
}

BOOST_FIXTURE_TEST_CASE(a_node_that_rarely_misses_a_packet_remains_the_forwarder, DropFixture) {
  meet(lower);
  for (int i = 0; i < 5000; ++i, now += 10ms) {
    BOOST_REQUIRE((decide() == Verdict::another));
    if (i % 100 != 0) overhear(lower);
  }
}

BOOST_FIXTURE_TEST_CASE(it_yields_again_only_to_one_that_has_shown_that_it_forwards, DropFixture) {
  meet(lower);
  unforwarded(1s, 10ms, 60);
  BOOST_TEST(decide() == Verdict::forward);
  unforwarded(5s, 10ms, 60);  // it overhears a part of them from the other, and continues
  BOOST_TEST(decide() == Verdict::forward);
  unforwarded(900ms, 10ms, 0);
  BOOST_TEST(decide() == Verdict::forward);
  unforwarded(5s, 10ms, 0);
  BOOST_TEST(decide() == Verdict::another);
  BOOST_TEST(!neighbours.find(lower)->distrusted(now));
}

BOOST_FIXTURE_TEST_CASE(after_repeated_failures_the_proof_takes_longer, DropFixture) {
  meet(lower);
  int forwarded_by_itself = 0;
  for (int times = 0; times < 20; ++times) {
    unforwarded(1s, 10ms, 100);
    unforwarded(2500ms, 10ms, 0);
    forwarded_by_itself += decide() != Verdict::another;
  }
  BOOST_TEST(forwarded_by_itself >= 15);
}

BOOST_FIXTURE_TEST_CASE(forged_frames_prove_nothing, DropFixture) {
  for (const auto period : {1ms, 100ms, 400ms, 2000ms}) {
    election = ForwarderElection(self, neighbours);
    meet(lower);
    neighbours.find(lower)->trust();
    BOOST_TEST_CONTEXT("every " << period.count() << " ms") {
      unforwarded(std::max<Duration>(1s, period), period, 100, true);
      BOOST_TEST(unforwarded(10s, period, 100, true) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(forged_frames_do_not_make_it_yield) {
  meet(higher);
  for (int i = 0; i < 1000; ++i, now += 1ms) {
    BOOST_REQUIRE((decide() == Verdict::forward));
    forge(b, 255), forge(b, 2);
  }
}

BOOST_AUTO_TEST_CASE(a_forged_higher_hop_limit_does_not_turn_later_packets_into_duplicates) {
  int forwarded = 0;
  for (int i = 0; i < 1000; ++i, now += 10ms) {
    if (i % 40 == 0) forge(i % 80 ? a : Locator(0xc), 255);
    forwarded += decide() != Verdict::duplicate;
    if (i > 0) BOOST_REQUIRE((again(higher, 2) == Verdict::duplicate));  // it remains a duplicate
  }
  BOOST_TEST(forwarded >= 999);
}

BOOST_AUTO_TEST_CASE(in_a_flow_with_duplicates_the_first_of_two_is_forwarded_on_either_path) {
  const Locator c(0xc);
  const ForwardedFlow far{{Locator(0xf), Nid(1)}, {b, Nid(2)}};
  const auto decide = [&](std::uint64_t sender, std::uint8_t hop_limit, Locator in) {
    return election.decide(far, in, b, packet(sender, hop_limit), false, now);
  };
  const auto forwarded = [](Verdict verdict) {
    return verdict == Verdict::forward || verdict == Verdict::forward_alone;
  };
  for (int i = 0; i < 200; ++i, ++number, now += 10ms) {
    // First on the usual path, or first on another of the same length or longer.
    const bool usual_first = i < 100 || i % 3 == 0;
    const std::uint8_t other_limit = i % 3 == 1 ? 2 : 3;
    const auto one = usual_first ? decide(source, 3, a) : decide(higher, other_limit, c);
    const auto two = usual_first ? decide(higher, other_limit, c) : decide(source, 3, a);
    BOOST_REQUIRE_MESSAGE(forwarded(one), "packet " << i);
    BOOST_REQUIRE_MESSAGE(two == Verdict::duplicate, "packet " << i);
  }
}

BOOST_AUTO_TEST_CASE(a_few_packets_that_a_stranger_forwards_do_not_silence_the_flow) {
  int missing = 0;
  for (int i = 0; i < 10000; ++i, now += 10ms) {
    missing += decide() == Verdict::another;
    if (i % 50 == 0) {
      overhear(100 + static_cast<std::uint64_t>(i), 255);  // from a different sender each time
      missing -= 1;
    }
  }
  BOOST_TEST(missing <= 100);
}

// One and the same packet again and again, on both networks, beside the packets of a program that nobody forwards.
BOOST_AUTO_TEST_CASE(a_repeated_forged_packet_does_not_hide_missing_packets) {
  for (const auto period : {100ms, 10ms, 1ms}) {
    election = ForwarderElection(self, neighbours);
    meet(lower);
    neighbours.find(lower)->trust();
    const std::array<std::byte, 9> forged{};
    const auto repeat = [&](std::uint8_t hop_limit) {
      const FlowPacket its{99, hop_limit, 42, Bytes(forged)};
      static_cast<void>(election.decide(flow, a, b, its, false, now));
      static_cast<void>(election.overhear(flow, b, its, false, now));
    };
    int forwarded = 0, sent = 0;
    const TimePoint end = now + 10s;
    for (TimePoint next = now; now < end; now += 1ms) {
      if (now.time_since_epoch() % 4ms == Duration{}) repeat(2), repeat(255);
      if (now < next) continue;
      next += period;
      ++sent;
      forwarded += decide() != Verdict::another;
    }
    BOOST_TEST(forwarded > sent / 2, forwarded << " of " << sent << ", every " << period.count() << " ms");
  }
}

BOOST_AUTO_TEST_CASE(a_packet_overheard_before_it_arrives_counts) {
  meet(lower);
  for (int i = 0; i < 200; ++i, now += 100ms) {
    ++number;
    static_cast<void>(overhear(lower));
    BOOST_REQUIRE((again(source, 3) == Verdict::another || i == 0));
  }
  meet(higher);
  const ForwardedFlow another{{a, Nid(8)}, {b, Nid(9)}};
  BOOST_TEST(decide(another) == Verdict::another);
}

BOOST_AUTO_TEST_CASE(identical_packets_are_distinguished_by_their_number) {
  meet(lower);
  Verdict last{};
  for (int i = 0; i < 100; ++i, now += 10ms) {
    last = again(source, 3);
    if (i % 5 < 2) overhear(lower);
  }
  BOOST_TEST(last == Verdict::forward);
  election = ForwarderElection(self, neighbours);
  neighbours.find(lower)->trust();
  for (int i = 0; i < 500; ++i, now += 10ms) {
    BOOST_REQUIRE((again(source, 3) == Verdict::another));
    overhear(lower);
  }
}

BOOST_AUTO_TEST_CASE(flows_are_distinguished) {
  BOOST_TEST((flow == ForwardedFlow{{a, Nid(1)}, {b, Nid(2)}}));
  BOOST_TEST(!(flow == ForwardedFlow{{b, Nid(1)}, {b, Nid(2)}}));
  BOOST_TEST(ForwardedFlowHash{}({}, flow) != ForwardedFlowHash{}({}, {flow.destination, flow.source}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::forwarder_election_test
