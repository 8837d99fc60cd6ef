#include "ilnp/base/ascii_case.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::ascii_case_test {

BOOST_AUTO_TEST_CASE(case_is_that_of_ascii) {
  BOOST_TEST(equal_but_for_case("Bob-7", "bOB-7"));
  BOOST_TEST(!equal_but_for_case("bob", "bob2"));
  BOOST_TEST(!equal_but_for_case("[", "{"));  // 32 apart, and no letters
  BOOST_TEST(!equal_but_for_case("\u00c4", "\u00e4"));
}

}  // namespace ilnp::test::ascii_case_test
