#include "ilnp/network/name_spellings.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::name_spellings_test {

BOOST_AUTO_TEST_CASE(all_spellings_of_a_name_are_found_by_each) {
  NameSpellings names;
  BOOST_TEST(names.of("bob").empty());
  names.add("Bob");
  names.add("BOB");
  names.add("carol");
  BOOST_TEST_REQUIRE(names.of("bob").size() == 2u);
  BOOST_TEST(names.of("boB")[0] == "Bob");
  BOOST_TEST(names.of("boB")[1] == "BOB");
  names.remove("bob");  // not in the set
  names.remove("Bob");
  BOOST_TEST_REQUIRE(names.of("Bob").size() == 1u);
  names.remove("BOB");
  BOOST_TEST(names.of("bob").empty());
  BOOST_TEST(names.of("Carol").size() == 1u);
}

BOOST_AUTO_TEST_CASE(names_are_found_up_to_the_maximum_length) {
  NameSpellings names;
  names.add(std::string(255, 'X'));
  names.add(std::string(256, 'X'));
  BOOST_TEST(names.of(std::string(255, 'x')).size() == 1u);
  BOOST_TEST(names.of(std::string(256, 'x')).empty());
  names.remove(std::string(256, 'X'));
}

}  // namespace ilnp::test::name_spellings_test
