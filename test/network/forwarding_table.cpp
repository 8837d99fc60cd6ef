#include "ilnp/network/forwarding_table.hpp"

#include <boost/test/unit_test.hpp>

#include "interface_at.hpp"
#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::forwarding_table_test {

using namespace std::chrono_literals;

constexpr Locator far{0xf};

struct Fixture {
  Fixture() {
    interfaces.add(test::interface_at(a));
    interfaces.add(test::interface_at(b));
  }
  void learn(Locator locator, Locator interface, std::uint64_t sender = 0xd) {
    table.learn(locator, interface, sender, interfaces, now);
  }
  std::optional<Locator> way(Locator locator, bool use = true) {
    const auto found = table.find(locator, now, use);
    return found ? std::optional(found->interface) : std::nullopt;
  }

  Interfaces interfaces;
  ForwardingTable table{30s, 90s};
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(forwarding_table, Fixture)

BOOST_AUTO_TEST_CASE(a_locator_leads_to_where_it_was_heard) {
  BOOST_TEST(way(far) == std::nullopt);
  const auto before = table.generation();
  learn(far, a);
  BOOST_TEST(table.generation() > before);
  BOOST_TEST(way(far) == a);
  BOOST_TEST(table.size() == 1U);
  now += 5s;
  int routes = 0;
  table.for_each(now, [&](Locator locator, Locator interface, Duration age) {
    BOOST_TEST((locator == far && interface == a && age == 5s));
    ++routes;
  });
  BOOST_TEST(routes == 1);
}

BOOST_AUTO_TEST_CASE(a_route_that_is_doubted_gives_way_to_the_first_that_is_heard) {
  const Locator near{0xe}, lost{0xd};
  for (const Locator locator : {far, near, lost}) learn(locator, a);
  now += 2s;
  table.doubt_all(now);
  BOOST_TEST(way(far) == a);  // as a last resort
  BOOST_TEST(table.find(far, now)->wants_probe);
  learn(far, b);
  BOOST_TEST(way(far) == b);
  learn(far, a);  // from here on, as ever
  BOOST_TEST(way(far) == b);
  now += 1s;
  learn(near, a);
  now += ForwardingTable::probe_time;
  BOOST_TEST(way(near) == a);
  BOOST_TEST(way(lost) == std::nullopt);
}

BOOST_AUTO_TEST_CASE(a_shorter_way_is_taken_when_it_lasts) {
  const auto prefer = [&](Locator nearer, Locator farther) {
    table.prefer(far, nearer, farther, interfaces, now);
  };
  const auto heard = [&](Duration until, Locator nearer, Locator farther) {
    for (const TimePoint end = now + until; now < end; now += 15s) {
      learn(far, a), learn(far, b);  // by both, as often
      prefer(nearer, farther);
    }
    return *way(far);
  };
  prefer(b, a);  // nothing is known of it
  BOOST_TEST(way(far) == std::nullopt);
  learn(far, a);
  BOOST_TEST(heard(31s, a, b) == a);
  BOOST_TEST(heard(30s, b, a) == a);
  BOOST_TEST(heard(1s, a, b) == a);  // not any more
  BOOST_TEST(heard(30s, b, a) == a);
  const auto before = table.generation();
  BOOST_TEST(heard(1s, b, a) == b);
  BOOST_TEST(table.generation() > before);
  interfaces.find(a)->leaving = true;
  BOOST_TEST(heard(61s, a, b) == b);
  BOOST_TEST(heard(61s, c, b) == b);  // where this node is not
}

// The shorter way may take longer. Then what this node passes on from the longer way comes back by the shorter one first.
BOOST_AUTO_TEST_CASE(a_shorter_way_that_is_slower_is_taken_all_the_same) {
  learn(far, a);
  for (const TimePoint end = now + 31s; now < end; now += 5s) {
    BOOST_TEST(way(far) == a);
    learn(far, a);
    table.prefer(far, a, b, interfaces, now);
    now += 10ms;
    learn(far, b);
    table.prefer(far, b, a, interfaces, now);
  }
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_CASE(its_own_locators_are_not_learnt) {
  learn(a, b);
  BOOST_TEST(table.size() == 0U);
  interfaces.find(a)->leaving = true;
  learn(a, a);
  BOOST_TEST(table.size() == 0U);
  learn(a, b);  // another way to where it is leaving
  BOOST_TEST(way(a) == b);
}

BOOST_AUTO_TEST_CASE(a_route_in_use_wants_a_probe_before_it_expires) {
  learn(far, a);
  now += 19s;
  BOOST_TEST(!table.find(far, now)->wants_probe);
  now += 1s;
  BOOST_TEST(!table.find(far, now, false)->wants_probe);  // only looked at
  BOOST_TEST(table.find(far, now)->wants_probe);
  learn(far, a);
  BOOST_TEST(!table.find(far, now)->wants_probe);
}

BOOST_AUTO_TEST_CASE(a_route_that_was_not_used_is_tried_once_after_its_time) {
  learn(far, a);
  now += 100s;
  BOOST_TEST(way(far, false) == a);
  BOOST_TEST(table.find(far, now)->wants_probe);
  now += ForwardingTable::probe_time - 1ns;
  BOOST_TEST(way(far) == a);
  now += 1ns;
  BOOST_TEST(way(far) == std::nullopt);  // the probe was not answered
  learn(far, a);
  BOOST_TEST(way(far) == a);
  now += 120s;
  BOOST_TEST(way(far, false) == std::nullopt);
  table.for_each(now, [](Locator, Locator, Duration) { BOOST_ERROR("a route that has expired"); });
}

BOOST_AUTO_TEST_CASE(heard_on_two_interfaces_it_stays_on_the_first) {
  learn(far, a);
  for (int i = 0; i < 100; ++i) {
    now += 100ms;
    learn(far, b);
    learn(far, a);
    BOOST_TEST(way(far) == a);
  }
  for (int i = 0; i < 19; ++i) {  // a is silent
    now += 100ms;
    learn(far, b);
    BOOST_TEST(way(far) == a);
  }
  now += 100ms;
  learn(far, b);
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_CASE(the_other_interface_takes_over_with_the_first_frame_after_it_was_alone) {
  learn(far, a);
  now += 1s;
  learn(far, b);
  BOOST_TEST(way(far) == a);
  now += 1s;
  const auto before = table.generation();
  BOOST_TEST(way(far) == b);
  BOOST_TEST(table.generation() > before);
}

// In a ring: what a router of that network says comes by one way only, for it does not pass on its own messages.
BOOST_AUTO_TEST_CASE(what_comes_by_a_longer_way_alone_now_and_then_changes_nothing) {
  for (const bool alike : {false, true}) {
    const Locator there = alike ? far : c;
    for (int round = 0; round < 20; ++round) {
      learn(there, a), learn(there, b);
      if (alike) {
        table.alike(there, b, a, now);
      } else {
        table.prefer(there, a, b, interfaces, now);
      }
      now += 2s;
      learn(there, b);  // alone
      BOOST_TEST(way(there) == a);
      BOOST_TEST(!table.find(there, now)->wants_probe);
      now += 2s;
      BOOST_TEST(way(there) == a);
      BOOST_TEST(table.find(there, now)->wants_probe);
      learn(there, b);  // the first of two
      now += 20ms;
      BOOST_TEST(way(there) == a);
    }
  }
}

BOOST_AUTO_TEST_CASE(nor_does_what_comes_by_one_of_several_longer_ways) {
  interfaces.add(test::interface_at(c));
  learn(far, a), learn(far, b), learn(far, c);
  table.prefer(far, a, b, interfaces, now);
  table.prefer(far, a, c, interfaces, now);
  for (const Locator alone : {b, c}) {
    now += 2s;
    learn(far, alone);
    now += 2s;
    BOOST_TEST(way(far) == a);
    learn(far, a);
  }
}

BOOST_AUTO_TEST_CASE(when_the_shorter_way_is_gone_the_longer_is_taken) {
  learn(far, a);
  table.prefer(far, a, b, interfaces, now);
  now += 1s;
  for (const TimePoint end = now + ForwardingTable::switch_time + ForwardingTable::settle_time; now < end;
       now += 50ms) {
    learn(far, b);
    BOOST_TEST(way(far) == a);
  }
  BOOST_TEST(way(far) == b);
  // One that has not been heard by both for long is a new way, and no longer one.
  table.prefer(far, b, a, interfaces, now);
  now += 29s;
  learn(far, b);
  now += 1s;
  learn(far, a);
  now += 1s;
  BOOST_TEST(way(far) == a);
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_being_left_gives_way_at_once_and_takes_none_over) {
  learn(far, a);
  interfaces.find(a)->leaving = true;
  now += 1ms;
  learn(far, b);
  BOOST_TEST(way(far) == b);
  for (int i = 0; i < 50; ++i) now += 100ms, learn(far, a);
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_CASE(what_was_learnt_through_an_interface_is_forgotten_with_it) {
  learn(far, a);
  interfaces.remove(a);
  const auto before = table.generation();
  BOOST_TEST(!table.forget(a, std::nullopt, now));
  BOOST_TEST(table.generation() > before);
  BOOST_TEST(way(far) == std::nullopt);
  BOOST_TEST(table.size() == 0U);
  learn(far, a);  // the same frame again: it is not taken for one that was learnt already
  BOOST_TEST(table.size() == 1U);
}

BOOST_AUTO_TEST_CASE(instead_goes_through_another_until_it_is_confirmed) {
  learn(far, a);
  learn(c, b);
  interfaces.remove(a);
  BOOST_TEST(table.forget(a, b, now));
  BOOST_TEST(way(far) == b);
  BOOST_TEST(way(a) == b);  // the place that was left as well
  BOOST_TEST(way(c) == b);
  now += ForwardingTable::probe_time;
  BOOST_TEST(way(far) == std::nullopt);
  BOOST_TEST(way(a) == std::nullopt);
  BOOST_TEST(way(c) == b);
  learn(far, b);
  now += 10s;
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_CASE(instead_goes_the_other_way_that_was_heard) {
  interfaces.add(test::interface_at(c));
  learn(far, a);
  now += 1100ms;
  learn(far, c);
  interfaces.remove(a);
  table.forget(a, b, now);
  BOOST_TEST(way(far) == c);
  now += 29s;
  BOOST_TEST(way(far) == c);  // that is a route like any other
}

BOOST_AUTO_TEST_CASE(strangers_displace_no_route_that_is_used_or_of_another_sender) {
  for (std::uint64_t i = 0; i < ForwardingTable::max_routes * 3 / 4; ++i) learn(Locator(0x1000 + i), a);
  learn(far, a);  // these two in the part that turns over
  learn(c, a, 0xc);
  way(far);
  for (std::uint64_t i = 0; i < 20'000; ++i) learn(Locator(0x10'0000 + i), a);
  BOOST_TEST(way(far) == a);
  BOOST_TEST(way(c) == a);
  BOOST_TEST(table.size() == ForwardingTable::max_routes);
}

BOOST_AUTO_TEST_CASE(a_full_table_learns_what_is_new) {
  for (std::uint64_t i = 0; i < 2 * ForwardingTable::max_routes; ++i) {
    learn(Locator(0x1000 + i), a);
    way(Locator(0x1000 + i));
  }
  learn(far, b, 0xb);
  for (std::uint64_t i = 0; i < ForwardingTable::max_routes; ++i) learn(Locator(0x10'0000 + i), a);
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::forwarding_table_test
