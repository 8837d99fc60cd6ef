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

  Epoch epoch;
  Interfaces interfaces{epoch};
  ForwardingTable table{epoch, 30s, 90s};
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(forwarding_table, Fixture)

BOOST_AUTO_TEST_CASE(a_locator_leads_to_where_it_was_heard) {
  BOOST_TEST(way(far) == std::nullopt);
  const Epoch::Stamp before = epoch.stamp();
  learn(far, a);
  BOOST_TEST(epoch.stamp() > before);
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

BOOST_AUTO_TEST_CASE(a_doubted_route_is_replaced_by_the_first_interface_that_hears_the_locator) {
  const Locator near{0xe}, lost{0xd};
  for (const Locator locator : {far, near, lost}) learn(locator, a);
  now += 2s;
  table.doubt_all(now);
  BOOST_TEST(way(far) == a);  // as a last resort
  BOOST_TEST(table.find(far, now)->wants_probe);
  learn(far, b);
  BOOST_TEST(way(far) == b);
  learn(far, a);  // from now on, as usual
  BOOST_TEST(way(far) == b);
  now += 1s;
  learn(near, a);
  now += ForwardingTable::probe_time;
  BOOST_TEST(way(near) == a);
  BOOST_TEST(way(lost) == std::nullopt);
}

BOOST_AUTO_TEST_CASE(a_shorter_path_is_used_once_it_lasts) {
  const auto prefer = [&](Locator nearer, Locator farther) {
    table.prefer(far, nearer, farther, interfaces, now);
  };
  const auto heard = [&](Duration until, Locator nearer, Locator farther) {
    for (const TimePoint end = now + until; now < end; now += 15s) {
      learn(far, a), learn(far, b);  // on both, equally often
      prefer(nearer, farther);
    }
    return *way(far);
  };
  prefer(b, a);  // it is unknown
  BOOST_TEST(way(far) == std::nullopt);
  learn(far, a);
  BOOST_TEST(heard(31s, a, b) == a);
  BOOST_TEST(heard(30s, b, a) == a);
  BOOST_TEST(heard(1s, a, b) == a);  // no longer
  BOOST_TEST(heard(30s, b, a) == a);
  const Epoch::Stamp before = epoch.stamp();
  BOOST_TEST(heard(1s, b, a) == b);
  BOOST_TEST(epoch.stamp() > before);
  interfaces.find(a)->leaving = true;
  BOOST_TEST(heard(61s, a, b) == b);
  BOOST_TEST(heard(61s, c, b) == b);  // this node is not in c
}

// The shorter path may take longer. Then what this node passes on from the longer path returns first on the shorter one.
BOOST_AUTO_TEST_CASE(a_shorter_path_is_used_even_if_it_is_slower) {
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

BOOST_AUTO_TEST_CASE(own_locators_are_not_learnt) {
  learn(a, b);
  BOOST_TEST(table.size() == 0U);
  interfaces.find(a)->leaving = true;
  learn(a, a);
  BOOST_TEST(table.size() == 0U);
  learn(a, b);  // another route to a locator that it is leaving
  BOOST_TEST(way(a) == b);
}

BOOST_AUTO_TEST_CASE(a_route_in_use_wants_a_probe_before_it_expires) {
  learn(far, a);
  now += 19s;
  BOOST_TEST(!table.find(far, now)->wants_probe);
  now += 1s;
  BOOST_TEST(!table.find(far, now, false)->wants_probe);  // without using it
  BOOST_TEST(table.find(far, now)->wants_probe);
  learn(far, a);
  BOOST_TEST(!table.find(far, now)->wants_probe);
}

BOOST_AUTO_TEST_CASE(an_unused_route_is_tried_once_after_its_time_to_live) {
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

BOOST_AUTO_TEST_CASE(a_locator_heard_on_two_interfaces_stays_on_the_first) {
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

BOOST_AUTO_TEST_CASE(the_other_interface_takes_over_once_it_alone_was_heard_for_a_while) {
  learn(far, a);
  now += 1s;
  learn(far, b);
  BOOST_TEST(way(far) == a);
  now += 1s;
  const Epoch::Stamp before = epoch.stamp();
  BOOST_TEST(way(far) == b);
  BOOST_TEST(epoch.stamp() > before);
}

// In a ring, the messages of a router of that network arrive on one path only, because it does not pass on its own
// messages.
BOOST_AUTO_TEST_CASE(occasional_messages_on_a_longer_path_alone_change_nothing) {
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

BOOST_AUTO_TEST_CASE(nor_do_messages_on_one_of_several_longer_paths) {
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

BOOST_AUTO_TEST_CASE(without_the_shorter_path_the_longer_one_is_used) {
  learn(far, a);
  table.prefer(far, a, b, interfaces, now);
  now += 1s;
  for (const TimePoint end = now + ForwardingTable::switch_time + ForwardingTable::settle_time; now < end;
       now += 50ms) {
    learn(far, b);
    BOOST_TEST(way(far) == a);
  }
  BOOST_TEST(way(far) == b);
  // A path on which nothing has been heard for long is a new one, and no longer known as shorter.
  table.prefer(far, b, a, interfaces, now);
  now += 29s;
  learn(far, b);
  now += 1s;
  learn(far, a);
  now += 1s;
  BOOST_TEST(way(far) == a);
}

BOOST_AUTO_TEST_CASE(an_interface_being_left_is_replaced_at_once_and_takes_over_nothing) {
  learn(far, a);
  interfaces.find(a)->leaving = true;
  now += 1ms;
  learn(far, b);
  BOOST_TEST(way(far) == b);
  for (int i = 0; i < 50; ++i) now += 100ms, learn(far, a);
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_CASE(routes_through_an_interface_are_forgotten_with_it) {
  learn(far, a);
  interfaces.remove(a, now);
  const Epoch::Stamp before = epoch.stamp();
  BOOST_TEST(!table.forget(a, std::nullopt, now));
  BOOST_TEST(epoch.stamp() > before);
  BOOST_TEST(way(far) == std::nullopt);
  BOOST_TEST(table.size() == 0U);
  learn(far, a);  // the same frame again must not count as learnt already
  BOOST_TEST(table.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_lost_route_goes_through_another_interface_until_it_is_confirmed) {
  learn(far, a);
  learn(c, b);
  interfaces.remove(a, now);
  BOOST_TEST(table.forget(a, b, now));
  BOOST_TEST(way(far) == b);
  BOOST_TEST(way(a) == b);  // the locator that was left, too
  BOOST_TEST(way(c) == b);
  now += ForwardingTable::probe_time;
  BOOST_TEST(way(far) == std::nullopt);
  BOOST_TEST(way(a) == std::nullopt);
  BOOST_TEST(way(c) == b);
  learn(far, b);
  now += 10s;
  BOOST_TEST(way(far) == b);
}

BOOST_AUTO_TEST_CASE(a_lost_route_moves_to_the_other_interface_that_heard_the_locator) {
  interfaces.add(test::interface_at(c));
  learn(far, a);
  now += 1100ms;
  learn(far, c);
  interfaces.remove(a, now);
  table.forget(a, b, now);
  BOOST_TEST(way(far) == c);
  now += 29s;
  BOOST_TEST(way(far) == c);  // that is a normal route
}

BOOST_AUTO_TEST_CASE(strangers_displace_no_route_in_use_or_of_another_sender) {
  for (std::uint64_t i = 0; i < ForwardingTable::max_routes * 3 / 4; ++i) learn(Locator(0x1000 + i), a);
  learn(far, a);  // these two are in the part that is reused in turn
  learn(c, a, 0xc);
  way(far);
  for (std::uint64_t i = 0; i < 20'000; ++i) learn(Locator(0x10'0000 + i), a);
  BOOST_TEST(way(far) == a);
  BOOST_TEST(way(c) == a);
  BOOST_TEST(table.size() == ForwardingTable::max_routes);
}

BOOST_AUTO_TEST_CASE(a_full_table_learns_new_routes) {
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
