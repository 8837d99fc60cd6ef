#include "ilnp/network/reflection_filter.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

using namespace ilnp;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(reflection_filters)

BOOST_AUTO_TEST_CASE(only_the_best_hop_limit_counts) {
  ReflectionFilter filter;
  constexpr Locator a{0xa}, b{0xb};
  const Flow flow{{b, Nid(2)}, {b, Nid(1)}};
  const Flow other{{b, Nid(2)}, {a, Nid(1)}};
  TimePoint now = TimePoint{} + 1h;
  BOOST_TEST(filter.admit(flow, a, 2, now));
  BOOST_TEST(!filter.admit(flow, a, 1, now));
  BOOST_TEST(filter.admit(flow, a, 2, now));
  BOOST_TEST(filter.admit(flow, b, 1, now));   // on another interface
  BOOST_TEST(filter.admit(other, a, 1, now));  // of another flow
  BOOST_TEST(filter.admit(flow, a, 3, now));
  BOOST_TEST(!filter.admit(flow, a, 2, now));
  now += ReflectionFilter::window;
  BOOST_TEST(filter.admit(flow, a, 1, now));  // the way has become longer
}

BOOST_AUTO_TEST_CASE(in_doubt_it_lets_through) {
  ReflectionFilter filter;
  for (std::uint64_t i = 0; i < 4 * ReflectionFilter::max_flows; ++i)
    BOOST_REQUIRE(filter.admit({{Locator(1), Nid(i)}, {Locator(2), Nid(1)}}, Locator(3), 1, TimePoint{}));
}

BOOST_AUTO_TEST_SUITE_END()
