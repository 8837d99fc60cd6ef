#include "ilnp/sim/line.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::line_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(sim_line)

BOOST_AUTO_TEST_CASE(frames_are_transmitted_in_turn_and_wait_in_a_bounded_queue) {
  sim::Line line;
  const auto carried = [&](std::size_t size, std::size_t limit, Duration at) {
    TimePoint time(at);
    return line.carry(size, 8000, limit, time) ? time - TimePoint(at) : Duration(-1);
  };
  BOOST_TEST(carried(10, 30, 1s) == 10ms);
  BOOST_TEST(carried(10, 30, 1s) == 20ms);
  BOOST_TEST(carried(10, 30, 1s) == 30ms);
  BOOST_TEST(carried(1, 30, 1s) == Duration(-1));  // 30 octets are waiting
  BOOST_TEST(carried(1, 30, 1s + 1ms) == 30ms);
  BOOST_TEST(carried(31, 30, 2s) == Duration(-1));  // never
  BOOST_TEST(carried(31, 0, 2s) == 31ms);
}

BOOST_AUTO_TEST_CASE(without_bandwidth_nothing_waits) {
  sim::Line line;
  TimePoint time(1s);
  BOOST_TEST(line.carry(1'000'000, 0, 1, time));
  BOOST_TEST(time == TimePoint(1s));
}

BOOST_AUTO_TEST_CASE(long_queues_and_fast_lines_do_not_overflow) {
  sim::Line line;
  TimePoint time(1s);
  for (int i = 0; i < 100'000; ++i) {
    time = TimePoint(1s);
    BOOST_REQUIRE(line.carry(65'535, 1'000, 10'000'000'000, time));
  }
  BOOST_TEST(time == TimePoint(1s) + 100'000 * Duration(524'280'000'000));
  time = TimePoint(1s);
  BOOST_TEST(!line.carry(65'535, 1'000'000'000'000, 1'000'000'000, time));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::line_test
