#include "ilnp/control/words.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::words_test {

BOOST_AUTO_TEST_SUITE(control_words)

BOOST_AUTO_TEST_CASE(a_request_is_split_at_blanks) {
  using Words = std::vector<std::string_view>;
  BOOST_TEST(ControlWords::split("", 3).empty());
  BOOST_TEST(ControlWords::split(" \t\r\n", 3).empty());
  BOOST_TEST((ControlWords::split(" json\tstatus\r\n", 3) == Words{"json", "status"}));
  BOOST_TEST((ControlWords::split(std::string_view("a\0b", 3), 3) == Words{"a", "b"}));
  BOOST_TEST(ControlWords::split("1 2 3 4 5 6 7 8 9", 3).size() == 4U);  // too many, whatever follows
}

BOOST_AUTO_TEST_CASE(ports) {
  BOOST_TEST((ControlWords::port("1") == std::uint16_t{1}));
  BOOST_TEST((ControlWords::port("65535") == std::uint16_t{65535}));
  for (const char* text : {"", "0", "65536", "-1", "+1", "1x", " 1", "99999999999999999999"})
    BOOST_TEST(!ControlWords::port(text), text);
}

BOOST_AUTO_TEST_CASE(what_is_quoted_is_short_and_harmless) {
  BOOST_TEST(ControlWords::quoted("bob") == "'bob'");
  BOOST_TEST(ControlWords::quoted("\x1b[2J\xff") == "'?[2J?'");
  BOOST_TEST(ControlWords::quoted(std::string(100, 'x')) == '\'' + std::string(60, 'x') + "...'");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::words_test
