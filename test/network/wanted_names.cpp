#include "ilnp/network/wanted_names.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::wanted_names_test {

using namespace std::chrono_literals;

struct Fixture {
  WantedNames wanted;
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(wanted_names, Fixture)

BOOST_AUTO_TEST_CASE(a_requested_name_is_wanted_once) {
  BOOST_TEST(!wanted.take("bob", now));
  BOOST_TEST(!wanted.take("", now));
  wanted.add("bob", now);
  wanted.add("bob", now);
  BOOST_TEST(!wanted.take("carol", now));
  BOOST_TEST(wanted.take("Bob", now));
  BOOST_TEST(!wanted.take("bob", now));
}

BOOST_AUTO_TEST_CASE(a_name_is_wanted_for_a_while) {
  wanted.add("bob", now);
  now += WantedNames::memory - 1ns;
  BOOST_TEST(wanted.take("bob", now));
  wanted.add("bob", now);
  now += WantedNames::memory;
  BOOST_TEST(!wanted.take("bob", now));
}

BOOST_AUTO_TEST_CASE(only_the_newest_names_are_wanted) {
  for (std::size_t i = 0; i <= WantedNames::max_names; ++i, now += 1ms) wanted.add(std::to_string(i), now);
  BOOST_TEST(!wanted.take("0", now));
  for (std::size_t i = 1; i <= WantedNames::max_names; ++i) BOOST_TEST(wanted.take(std::to_string(i), now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::wanted_names_test
