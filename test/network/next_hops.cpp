#include "ilnp/network/next_hops.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::next_hops_test {

using namespace std::chrono_literals;

struct Fixture {
  void add(Nid to, Locator locator) { known.add(to, {{locator, b, nullptr}, epoch.stamp(), now + 1s}); }
  bool find(Nid to) { return known.find(to, epoch, now); }

  Epoch epoch;
  NextHops known;
  TimePoint now{1h};
};

BOOST_FIXTURE_TEST_SUITE(next_hops, Fixture)

BOOST_AUTO_TEST_CASE(the_next_hop_to_a_node_is_cached) {
  BOOST_TEST(!find(Nid(1)));
  add(Nid(1), a);
  BOOST_TEST(find(Nid(1)));
  BOOST_TEST(known.last().locator == a);
  BOOST_TEST(known.last().out == b);
  BOOST_TEST(!find(Nid(2)));
  BOOST_TEST(!find(Nid{}));
  BOOST_TEST(find(Nid(1)));
  BOOST_TEST(!known.find(Nid(1), epoch, now + 1s));
  epoch.bump();
  BOOST_TEST(!find(Nid(1)));
}

BOOST_AUTO_TEST_CASE(the_next_hops_to_many_nodes_in_turn_are_cached) {
  constexpr std::uint64_t nodes = NextHops::max_nodes / 8;
  for (std::uint64_t nid = 1; nid <= nodes; ++nid) add(Nid(nid), Locator(nid));
  std::uint64_t found = 0;
  for (std::uint64_t nid = 1; nid <= nodes; ++nid) {
    if (!find(Nid(nid))) continue;
    BOOST_TEST(known.last().locator == Locator(nid));
    ++found;
  }
  BOOST_TEST(found > nodes * 3 / 4);
}

BOOST_AUTO_TEST_CASE(traffic_is_settled_when_packets_to_a_node_go_another_way) {
  std::vector<std::uint64_t> settled;
  const auto settle = [&](Nid to, const Cached<NextHop>&, const Traffic& traffic) {
    settled.insert(settled.end(), {to.value(), traffic.packets, traffic.octets});
  };
  const auto known_at = [&](Locator out) { return Cached<NextHop>{{a, out}, epoch.stamp(), now + 1s}; };
  known.add(Nid(1), known_at(b), settle);
  known.traffic().count(100);
  known.add(Nid(1), known_at(b), settle);  // the same way
  known.traffic().count(20);
  BOOST_TEST(settled.empty());
  known.add(Nid(1), known_at(c), settle);
  BOOST_TEST(settled == (std::vector<std::uint64_t>{1, 2, 120}), boost::test_tools::per_element());
  BOOST_TEST(known.traffic().packets == 0u);
  known.traffic().count(5);
  known.settle(settle);
  known.settle(settle);
  BOOST_TEST(settled == (std::vector<std::uint64_t>{1, 2, 120, 1, 1, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::next_hops_test
