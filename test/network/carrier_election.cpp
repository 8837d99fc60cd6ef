#include "ilnp/network/carrier_election.hpp"

#include <boost/test/unit_test.hpp>

#include "interface_at.hpp"
#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::carrier_election_test {

using namespace std::chrono_literals;
using Verdict = CarrierElection::Verdict;

constexpr Nid self{5};
constexpr std::uint64_t source = 1, lower = 4, higher = 6;  // senders, and their identifiers
const Flow flow{{a, Nid(1)}, {b, Nid(2)}};

struct Fixture {
  void meet(std::uint64_t sender) {
    for (const Locator locator : {a, b})
      neighbours.hear(sender, Nid(sender), 3, test::interface_at(locator), now);
  }
  Verdict decide(std::uint8_t hop_limit = 3, bool passing = false) {
    return election.decide(flow, a, b, source, hop_limit, passing, now);
  }
  bool overhear(std::uint64_t sender, std::uint8_t hop_limit = 2, bool passing = false) {
    return election.overhear(flow, b, sender, hop_limit, passing, now);
  }

  NeighbourTable neighbours{90s};
  CarrierElection election{self, neighbours};
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(carrier_elections, Fixture)

BOOST_AUTO_TEST_CASE(alone_it_carries) {
  for (int i = 0; i < 5; ++i, now += 1ms) BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(a_copy_has_a_lower_hop_limit_or_another_interface) {
  BOOST_TEST((decide(3) == Verdict::carry));
  BOOST_TEST((decide(2) == Verdict::copy));
  BOOST_TEST((election.decide(flow, Locator(0xc), b, source, 3, false, now) == Verdict::copy));
  now += CarrierElection::copy_window;
  BOOST_TEST((decide(2) == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(what_comes_in_where_its_source_is_is_no_copy_of_what_came_in_elsewhere) {
  BOOST_TEST((election.decide(flow, Locator(0xc), b, source, 3, false, now) == Verdict::carry));
  BOOST_TEST((decide(2) == Verdict::copy));
  BOOST_TEST((decide(3) == Verdict::carry));
  BOOST_TEST((election.decide(flow, Locator(0xc), b, source, 3, false, now) == Verdict::copy));
}

BOOST_AUTO_TEST_CASE(it_stands_back_for_a_settled_neighbour_with_a_lower_identifier) {
  meet(lower);
  BOOST_TEST((decide() == Verdict::another));
  overhear(lower);
  now += 400ms;
  BOOST_TEST((decide() == Verdict::another));
}

BOOST_AUTO_TEST_CASE(it_does_not_for_one_with_a_higher_identifier) {
  meet(higher);
  BOOST_TEST((decide() == Verdict::carry));
  overhear(higher);
  BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(it_takes_over_from_one_that_does_not_carry) {
  meet(lower);
  BOOST_TEST((decide() == Verdict::another));
  now += CarrierElection::takeover - 1ms;
  BOOST_TEST((decide() == Verdict::another));
  now += 1ms;
  BOOST_TEST((decide() == Verdict::carry));
  BOOST_TEST((neighbours.find(lower)->failed_at == now));
  const Flow another{{a, Nid(8)}, {b, Nid(9)}};
  BOOST_TEST((election.decide(another, a, b, source, 3, false, now) == Verdict::carry));  // not counted on
}

BOOST_AUTO_TEST_CASE(it_stands_back_when_it_hears_a_better_carrier) {
  meet(higher);
  BOOST_TEST((decide() == Verdict::carry));
  BOOST_TEST(overhear(higher, 3));   // a shorter way
  BOOST_TEST(!overhear(higher, 3));  // as before
  BOOST_TEST((decide() == Verdict::another));
}

BOOST_AUTO_TEST_CASE(it_ignores_what_comes_a_longer_way) {
  BOOST_TEST((decide() == Verdict::carry));
  BOOST_TEST(!overhear(lower, 1));
  BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(beside_one_that_always_carries_it_stands_back) {
  meet(higher);
  for (Duration spent{}; spent <= CarrierElection::grace; spent += 50ms, now += 50ms) {
    BOOST_TEST((decide() == Verdict::carry));
    overhear(higher);
  }
  BOOST_TEST((decide() == Verdict::another));
  // It may be one of our kind that did not count on this node, and does now: in the next flow it would stand back.
  const Flow another{{a, Nid(8)}, {b, Nid(9)}};
  BOOST_TEST((election.decide(another, a, b, source, 3, false, now) == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(beside_one_that_is_known_to_carry_always_it_stands_back_from_the_first_packet_on) {
  meet(higher);
  neighbours.hear(higher, Nid(1), 2, test::interface_at(a), now);  // sends back what is not its own
  BOOST_TEST((decide() == Verdict::another));
}

BOOST_AUTO_TEST_CASE(who_carries_a_packet_now_and_then_does_not_always_carry) {
  meet(higher);
  for (int i = 0; i < 2; ++i, now += CarrierElection::conflict_memory - 1s) {
    BOOST_TEST((decide() == Verdict::carry));
    overhear(higher);
  }
  BOOST_TEST((decide() == Verdict::carry));
  BOOST_TEST(!neighbours.find(higher)->always_carries);
}

BOOST_AUTO_TEST_CASE(several_that_carry_once_each_do_not_always_carry) {
  for (std::uint64_t each = higher; each < higher + 5; ++each, now += 2s) {
    meet(each);
    BOOST_TEST((decide() == Verdict::carry));
    overhear(each);
  }
  BOOST_TEST((decide() == Verdict::carry));
  for (std::uint64_t each = higher; each < higher + 5; ++each)
    BOOST_TEST(!neighbours.find(each)->always_carries);
}

BOOST_AUTO_TEST_CASE(who_was_taken_for_one_that_always_carries_and_does_not_is_known_again) {
  meet(higher);
  neighbours.hear(higher, Nid(1), 2, test::interface_at(a), now);
  BOOST_TEST((decide() == Verdict::another));
  now += CarrierElection::takeover;
  BOOST_TEST((decide() == Verdict::carry));
  BOOST_TEST(!neighbours.find(higher)->always_carries);
}

BOOST_AUTO_TEST_CASE(while_another_carries_it_does_not_step_in_for_one_that_is_passing_through) {
  constexpr std::uint64_t passer = 3;
  meet(lower), meet(passer);
  BOOST_TEST((decide() == Verdict::another));
  overhear(lower);
  neighbours.moves(
      Nid(passer), [](Locator locator) { return locator == b; }, now);
  overhear(passer);
  BOOST_TEST((decide() == Verdict::another));
  overhear(lower);
  neighbours.moves(
      Nid(lower), [](Locator locator) { return locator == b; }, now);
  overhear(lower);  // who is waited for is about to go
  BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(in_handoff_it_listens_first) {
  BOOST_TEST((decide(3, true) == Verdict::another));
  now += CarrierElection::takeover;
  BOOST_TEST((decide(3, true) == Verdict::carry));
  overhear(higher, 2, true);
  BOOST_TEST((decide(3, true) == Verdict::another));
}

BOOST_AUTO_TEST_CASE(it_never_waits_for_one_that_is_passing_through) {
  meet(lower);
  neighbours.moves(
      Nid(lower), [](Locator locator) { return locator == b; }, now);
  BOOST_TEST((decide() == Verdict::carry));
  overhear(lower);
  BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(what_the_carrier_sends_back_it_carries_in_its_place) {
  meet(lower);
  BOOST_TEST((decide(3) == Verdict::another));
  BOOST_TEST((election.decide(flow, a, b, lower, 2, false, now) == Verdict::returned));
  BOOST_TEST((election.decide(flow, a, b, higher, 2, false, now) == Verdict::copy));  // somebody else
  BOOST_TEST((election.decide(flow, a, b, lower, 1, false, now) == Verdict::copy));   // a copy of a copy
  BOOST_TEST((election.decide(flow, Locator(0xc), b, lower, 2, false, now) == Verdict::copy));
  now += CarrierElection::takeover;
  BOOST_TEST((decide(3) == Verdict::carry));
  BOOST_TEST((election.decide(flow, a, b, lower, 2, false, now) == Verdict::copy));  // it has been carried
}

BOOST_AUTO_TEST_CASE(after_it_was_stopped_it_listens_first_if_another_could_have_carried) {
  meet(higher);
  BOOST_TEST((decide() == Verdict::carry));
  const TimePoint since = now;
  now += 100s;
  election.resumed(since, now);
  BOOST_TEST((decide() == Verdict::another));
  overhear(higher);
  now += 400ms;
  BOOST_TEST((decide() == Verdict::another));
  now += CarrierElection::takeover;
  BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(after_it_was_stopped_it_does_not_take_the_other_for_gone) {
  meet(lower);
  BOOST_TEST((decide() == Verdict::another));
  const TimePoint since = now;
  now += 40s;
  election.resumed(since, now);
  BOOST_TEST((decide() == Verdict::another));
}

BOOST_AUTO_TEST_CASE(after_it_was_stopped_it_carries_if_it_is_alone) {
  BOOST_TEST((decide() == Verdict::carry));
  const TimePoint since = now;
  now += 40s;
  election.resumed(since, now);
  BOOST_TEST((decide() == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(in_doubt_it_carries) {
  for (std::uint64_t i = 0; i < 4 * CarrierElection::max_flows; ++i)
    BOOST_REQUIRE(
        (election.decide({{a, Nid(100 + i)}, {b, Nid(2)}}, a, b, source, 3, false, now) == Verdict::carry));
}

BOOST_AUTO_TEST_CASE(flows_are_told_apart) {
  BOOST_TEST((flow == Flow{{a, Nid(1)}, {b, Nid(2)}}));
  BOOST_TEST(!(flow == Flow{{b, Nid(1)}, {b, Nid(2)}}));
  BOOST_TEST(FlowHash{}({}, flow) != FlowHash{}({}, {flow.destination, flow.source}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::carrier_election_test
