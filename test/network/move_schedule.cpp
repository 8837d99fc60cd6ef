#include "ilnp/network/move_schedule.hpp"

#include <boost/test/unit_test.hpp>

#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::move_schedule_test {

using namespace std::chrono_literals;

using Set = NetworkConfig::LocatorSet;

NetworkConfig cycle(std::vector<Set> sets) {
  NetworkConfig config;
  config.locators = std::move(sets);
  return config;
}

BOOST_AUTO_TEST_SUITE(move_schedule)

BOOST_AUTO_TEST_CASE(a_single_set_never_moves) {
  const auto config = cycle({{a, b}});
  MoveSchedule schedule(config);
  schedule.start(TimePoint{});
  BOOST_TEST(schedule.next_move() == never);
  BOOST_TEST(schedule.handoff_end() == never);
}

BOOST_AUTO_TEST_CASE(it_cycles_on_the_grid) {
  const auto config = cycle({{a}, {b}, {c}});
  MoveSchedule schedule(config);
  const TimePoint start = TimePoint{} + 1h;
  BOOST_TEST(schedule.next_move() == never);
  schedule.start(start);
  const std::vector<Set> expected{{b}, {c}, {a}, {b}};
  for (int i = 0; i < 4; ++i) {
    BOOST_TEST(schedule.next_move() == start + (i + 1) * 20s);
    BOOST_TEST(schedule.next_set() == expected[static_cast<std::size_t>(i)]);
    schedule.tried(true, schedule.next_move() + 5s);  // late
  }
}

BOOST_AUTO_TEST_CASE(a_failed_move_is_retried_at_the_next_time) {
  const auto config = cycle({{a}, {b}});
  MoveSchedule schedule(config);
  schedule.start(TimePoint{});
  schedule.tried(false, TimePoint{} + 20s);
  BOOST_TEST(schedule.next_set() == Set{b});
  BOOST_TEST(schedule.next_move() == TimePoint{} + 40s);
}

BOOST_AUTO_TEST_CASE(missed_moves_are_skipped) {
  const auto config = cycle({{a}, {b}});
  MoveSchedule schedule(config);
  schedule.start(TimePoint{});
  schedule.tried(true, TimePoint{} + 75s);
  BOOST_TEST(schedule.next_move() == TimePoint{} + 80s);
}

BOOST_AUTO_TEST_CASE(a_handoff_has_an_end) {
  const auto config = cycle({{a}, {b}});
  MoveSchedule schedule(config);
  schedule.begin_handoff(TimePoint{} + 1s);
  BOOST_TEST(schedule.handoff_end() == TimePoint{} + 11s);
  schedule.end_handoff();
  BOOST_TEST(schedule.handoff_end() == never);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::move_schedule_test
