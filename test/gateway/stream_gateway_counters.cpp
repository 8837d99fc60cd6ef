#include "ilnp/gateway/stream_gateway_counters.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

namespace ilnp::test::stream_gateway_counters_test {

BOOST_AUTO_TEST_CASE(each_counter_of_a_stream_gateway_is_shown_once_with_its_value) {
  const StreamGatewayCounters counters{1, 2, 3, 4, 5, 6, 7, 8};
  std::set<std::string_view> names;
  std::uint64_t next = 0;
  counters.for_each([&](std::string_view name, std::uint64_t value) {
    BOOST_TEST(value == ++next, name);
    names.insert(name);
  });
  BOOST_TEST(names.size() * sizeof next == sizeof counters);
}

}  // namespace ilnp::test::stream_gateway_counters_test
