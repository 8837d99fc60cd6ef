#include "ilnp/posix/system_secret.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

namespace ilnp::test::system_secret_test {

BOOST_AUTO_TEST_SUITE(system_secrets)

BOOST_AUTO_TEST_CASE(no_two_are_the_same) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(system_secret());
  BOOST_TEST(seen.size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::system_secret_test
