#include "ilnp/transport/counters.hpp"

#include "ilnp/transport/fragment_counters.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

namespace ilnp::test::counters_test {

template <class Counters>
void check(const Counters& counters) {
  std::set<std::string> names;
  std::uint64_t next = 0;
  counters.for_each([&](std::string_view name, std::uint64_t value) {
    BOOST_TEST(value == ++next, name);
    names.emplace(name);
  });
  BOOST_TEST(names.size() * sizeof next == sizeof counters);
}

BOOST_AUTO_TEST_SUITE(transport_counters)

BOOST_AUTO_TEST_CASE(each_counter_is_reported_once_with_its_value) {
  check(TransportCounters{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
  check(FragmentCounters{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::counters_test
