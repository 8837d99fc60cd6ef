#include "ilnp/network/correspondent_table.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::correspondent_table_test {

using namespace std::chrono_literals;

constexpr Nid bob{2}, carol{3};

struct Fixture {
  CorrespondentTable table{30s};
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(correspondents, Fixture)

BOOST_AUTO_TEST_CASE(traffic_makes_a_node_active_for_its_time_to_live) {
  BOOST_TEST(table.last_traffic() == long_ago);
  BOOST_TEST(!table.active(bob, now));
  BOOST_TEST(table.touch(bob, true, 0xd, now));
  BOOST_TEST(!table.touch(bob, true, 0xd, now));
  BOOST_TEST(!table.touch(bob, false, 0xd, now));
  BOOST_TEST(table.last_traffic() == now);
  now += 29s;
  BOOST_TEST(table.active(bob, now));
  BOOST_TEST(!table.touch(bob, false, 0xd, now));
  now += 30s;
  BOOST_TEST(!table.active(bob, now));
  BOOST_TEST(table.touch(bob, false, 0xd, now));  // not active in the meantime
}

BOOST_AUTO_TEST_CASE(all_active_nodes_are_listed) {
  table.touch(bob, true, 0xd, now);
  now += 20s;
  table.touch(carol, false, 0xd, now);
  BOOST_TEST((table.all_active(now) == List<Nid>{bob, carol}));
  now += 15s;
  BOOST_TEST(table.all_active(now) == List<Nid>{carol});
  BOOST_TEST(table.size() == 2U);
}

BOOST_AUTO_TEST_CASE(changes_per_second_are_limited) {
  BOOST_TEST(!table.admit_change(bob, now));  // unknown
  table.touch(bob, true, 0xd, now);
  for (unsigned i = 0; i < CorrespondentTable::max_changes_a_second; ++i)
    BOOST_TEST(table.admit_change(bob, now));
  BOOST_TEST(!table.admit_change(bob, now + 999ms));
  BOOST_TEST(table.admit_change(bob, now + 1s));
}

BOOST_AUTO_TEST_CASE(strangers_do_not_displace_nodes_that_this_one_has_sent_to) {
  for (std::uint64_t i = 0; i < CorrespondentTable::max_correspondents * 3 / 4; ++i)
    table.touch(Nid(100 + i), false, 0xd, now);
  table.touch(bob, true, 0xd, now);
  for (std::uint64_t i = 0; i < 20'000; ++i) table.touch(Nid(10'000 + i), false, 0xd, now);
  BOOST_TEST(table.active(bob, now));
  BOOST_TEST(table.active(Nid(10'000 + 19'999), now));
  BOOST_TEST(table.size() == CorrespondentTable::max_correspondents);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::correspondent_table_test
