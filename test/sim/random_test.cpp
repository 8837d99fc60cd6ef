#include <boost/test/unit_test.hpp>

#include "ilnp/base/random.hpp"

namespace ilnp::test::random_test {

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_numbers) {
  ilnp::Random first(7), second(7), other(8);
  const auto number = first();
  BOOST_TEST(number == second());
  BOOST_TEST(number != other());
}

BOOST_AUTO_TEST_CASE(below_stays_below) {
  ilnp::Random random(1);
  BOOST_TEST(random.below(0) == 0U);
  for (int i = 0; i < 1000; ++i) BOOST_TEST(random.below(3) < 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::random_test
