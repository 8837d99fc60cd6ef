#include "ilnp/tun/rate_limit.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::tun_rate_limit_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_burst_at_once_and_then_so_many_in_a_second) {
  tun::RateLimit limit(100, 20);
  TimePoint now = TimePoint{} + 1h;
  const auto admitted = [&](int attempts) {
    int count = 0;
    while (attempts-- > 0) count += limit.admit(now);
    return count;
  };
  BOOST_TEST(admitted(1000) == 20);
  int count = 0;
  for (int step = 0; step < 2000; ++step) now += 1ms, count += admitted(3);
  BOOST_TEST(count == 200);
  now += 10s;  // what was not used does not add up
  BOOST_TEST(admitted(1000) == 20);
}

}  // namespace ilnp::test::tun_rate_limit_test
