#include "ilnp/transport/counters.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

using namespace ilnp;

BOOST_AUTO_TEST_SUITE(transport_counters)

BOOST_AUTO_TEST_CASE(each_is_shown_once_with_its_value) {
  const TransportCounters counters{1, 2, 3, 4, 5, 6};
  std::set<std::string> names;
  std::uint64_t next = 0;
  counters.for_each([&](std::string_view name, std::uint64_t value) {
    BOOST_TEST(value == ++next, name);
    names.emplace(name);
  });
  BOOST_TEST(names.size() * sizeof next == sizeof counters);
}

BOOST_AUTO_TEST_SUITE_END()
