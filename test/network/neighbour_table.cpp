#include "ilnp/network/neighbour_table.hpp"

#include <boost/test/unit_test.hpp>

#include "interface_at.hpp"
#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::neighbour_table_test {

using namespace std::chrono_literals;

struct Fixture {
  void hear(const Interface& on) { table.hear(7, Nid(2), 3, on, now); }
  bool settled() { return table.settled(*table.find(7), a, b, now); }
  bool passing() { return table.passing(*table.find(7), a, b, now); }

  NeighbourTable table{90s};
  TimePoint now = TimePoint{} + 1h;
  Interface at_a = test::interface_at(a, now - 1h);
  Interface at_b = test::interface_at(b, now - 1h);
};

BOOST_FIXTURE_TEST_SUITE(neighbours, Fixture)

BOOST_AUTO_TEST_CASE(a_node_heard_in_both_networks_at_once_is_settled) {
  BOOST_TEST(table.find(7) == nullptr);
  hear(at_a);
  BOOST_TEST(!settled());
  now += NeighbourTable::together;
  hear(at_b);
  BOOST_TEST(settled());
  BOOST_TEST(!passing());
  int count = 0;
  table.for_each([&](std::uint64_t sender, const NeighbourTable::Neighbour& neighbour) {
    BOOST_TEST(sender == 7U);
    BOOST_TEST(neighbour.nid == Nid(2));
    BOOST_TEST(neighbour.places.size() == 2U);
    ++count;
  });
  BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(a_node_heard_in_a_second_network_later_is_passing_for_a_while) {
  hear(at_a);
  now += NeighbourTable::together + 1ms;
  hear(at_b);
  hear(at_a);
  BOOST_TEST(passing());
  BOOST_TEST(!settled());
  now += NeighbourTable::probation;
  hear(at_a);
  hear(at_b);
  BOOST_TEST(!passing());
  BOOST_TEST(settled());
}

BOOST_AUTO_TEST_CASE(frames_reflected_by_a_first_implementation_node_are_not_its_own) {
  hear(at_a);
  hear(at_b);
  BOOST_TEST(!table.find(7)->habits.always_forwards());
  now += 1s;
  table.hear(7, Nid(9), 1, at_a, now);  // another node's, heard there before with hop limit 3
  BOOST_TEST(table.find(7)->nid == Nid(2));
  BOOST_TEST(table.find(7)->habits.always_forwards());
  now += 30s;
  hear(at_a);
  hear(at_b);
  BOOST_TEST(!passing());
  BOOST_TEST(settled());
  // A node that was restarted with a lower hop limit is heard once the old one is forgotten.
  now += 90s;
  table.hear(7, Nid(8), 2, at_a, now);
  BOOST_TEST(table.find(7)->nid == Nid(8));
}

BOOST_AUTO_TEST_CASE(a_node_that_was_there_before_this_one_is_settled) {
  hear(at_a);
  now += NeighbourTable::probation + 1s;
  hear(at_a);
  at_b.joined_at = now - 1s;
  hear(at_b);
  hear(at_a);
  BOOST_TEST(!passing());
  BOOST_TEST(settled());
}

BOOST_AUTO_TEST_CASE(a_node_silent_in_a_network_is_no_longer_there) {
  hear(at_a);
  hear(at_b);
  now += 90s;
  hear(at_a);
  BOOST_TEST(!settled());
}

BOOST_AUTO_TEST_CASE(a_node_that_announces_its_departure_is_passing) {
  hear(at_a);
  hear(at_b);
  table.moves(
      Nid(3), [](Locator) { return false; }, now);
  BOOST_TEST(settled());
  table.moves(
      Nid(2), [](Locator locator) { return locator == b; }, now);
  BOOST_TEST(passing());
  BOOST_TEST(!settled());
  now += NeighbourTable::probation;
  hear(at_a);
  hear(at_b);
  BOOST_TEST(!passing());
}

BOOST_AUTO_TEST_CASE(possible_forwarders_are_found_without_scanning_the_others) {
  const auto forwarders = [&] {
    std::vector<std::uint64_t> found;
    table.for_each_forwarder(
        [&](std::uint64_t sender, const NeighbourTable::Neighbour&) { found.push_back(sender); });
    return found;
  };
  for (std::uint64_t sender = 100; sender < 600; ++sender) table.hear(sender, Nid(sender), 3, at_a, now);
  BOOST_TEST(forwarders().empty());
  hear(at_a);
  hear(at_b);
  hear(at_b);
  BOOST_TEST(forwarders() == std::vector<std::uint64_t>{7}, boost::test_tools::per_element());
  // Whoever else claims to be in both, a node that is relied on stays among the few that are considered.
  table.find(7)->counted_on = now;
  for (std::uint64_t sender = 100; sender < 600; ++sender) table.hear(sender, Nid(sender), 3, at_b, now);
  BOOST_TEST(forwarders().size() == NeighbourTable::max_forwarders);
  BOOST_TEST(forwarders().front() == 7U);
  BOOST_TEST(forwarders().back() == 599U);
  table.forget(Nid(2));
  BOOST_TEST(forwarders().size() == NeighbourTable::max_forwarders - 1);
  hear(at_a);  // it has returned, to one of them
  BOOST_TEST(forwarders().size() == NeighbourTable::max_forwarders - 1);
  hear(at_b);
  BOOST_TEST(forwarders().size() == NeighbourTable::max_forwarders);
}

// A node heard in one network that announces its departure from it is passing when it is heard in the next one.
BOOST_AUTO_TEST_CASE(a_node_that_leaves_its_only_known_network_is_passing) {
  hear(at_a);
  table.moves(
      Nid(2), [](Locator locator) { return locator == b; }, now);
  hear(at_b);
  BOOST_TEST(passing());
}

BOOST_AUTO_TEST_CASE(networks_and_neighbours_are_bounded) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    now += 1s;
    hear(test::interface_at(Locator(i)));
  }
  BOOST_TEST(table.find(7)->places.size() == NeighbourTable::max_places);
  BOOST_TEST(table.find(7)->find(Locator(19)) != nullptr);
  BOOST_TEST(table.find(7)->find(Locator(0)) == nullptr);
  for (std::uint64_t sender = 100; sender < 5000; ++sender) table.hear(sender, Nid(sender), 3, at_a, now);
  std::size_t count = 0;
  table.for_each([&](std::uint64_t, const NeighbourTable::Neighbour&) { ++count; });
  BOOST_TEST(count == NeighbourTable::max_neighbours);
  BOOST_TEST(table.find(7) != nullptr);
}

BOOST_AUTO_TEST_CASE(each_further_failure_doubles_the_distrust) {
  NeighbourTable::Neighbour neighbour;
  BOOST_TEST(!neighbour.distrusted(now));
  Duration expected = NeighbourTable::distrust;
  for (int times = 0; times < 8; ++times) {
    neighbour.distrust(now);
    BOOST_TEST(neighbour.distrusted(now + expected - 1ns));
    BOOST_TEST(!neighbour.distrusted(now + expected));
    now += expected;
    expected =
        std::min<Duration>(2 * expected, NeighbourTable::distrust * (1 << NeighbourTable::max_doublings));
  }
  now += 2 * expected;  // it did well for long
  neighbour.distrust(now);
  BOOST_TEST(!neighbour.distrusted(now + NeighbourTable::distrust));
  neighbour.distrust(now);
  neighbour.trust();
  BOOST_TEST(!neighbour.distrusted(now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::neighbour_table_test
