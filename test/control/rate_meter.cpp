#include "ilnp/control/rate_meter.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::rate_meter_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(the_rate_of_the_last_seconds) {
  RateMeter meter;
  NetworkCounters counters;
  TimePoint now{1h};
  BOOST_TEST(meter.rates(counters, now).seconds == 0);
  meter.sample(counters, now);
  BOOST_TEST(meter.rates(counters, now).seconds == 0);  // too early to tell
  counters.sent = 30;
  BOOST_TEST(meter.rates(counters, now + 3s).sent == 10);
  // Samples that follow each other closely do not push out older ones.
  for (int i = 0; i < 100; ++i) meter.sample(counters, now + 1ms * i);
  BOOST_TEST(meter.rates(counters, now + 3s).seconds == 3);
  // What is longer ago than the oldest sample counts no more.
  for (int second = 1; second <= 10; ++second) meter.sample(counters, now + 1s * second);
  BOOST_TEST(meter.rates(counters, now + 10s).sent == 0);
  BOOST_TEST(meter.rates(counters, now + 10s).seconds == 5);
}

}  // namespace ilnp::test::rate_meter_test
