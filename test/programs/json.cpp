// JSON strings and objects, whatever is in them.
#include "json.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

namespace ilnp::test::json_test {

std::string json_string(std::string_view text) {
  JsonWriter json(JsonText::utf8);
  return json.value(text).take();
}

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(a_string_is_quoted_and_escaped) {
  BOOST_TEST(json_string("") == R"("")");
  BOOST_TEST(json_string("b\xc3\xb6"
                         "b 1") ==
             "\"b\xc3\xb6"
             "b 1\"");
  BOOST_TEST(json_string("a\"b\\c") == R"("a\"b\\c")");
  BOOST_TEST(json_string(std::string_view("\0\n\x1f\x7f", 4)) == R"("\u0000\u000a\u001f\u007f")");
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_is_replaced) {
  BOOST_TEST(json_string("a\xff"
                         "b\xc3") ==
             "\"a\xef\xbf\xbd"
             "b\xef\xbf\xbd\"");
  BOOST_TEST(json_string("\xed\xa0\x80").find('\xed') == std::string::npos);  // a surrogate
}

BOOST_AUTO_TEST_CASE(fields_are_members_of_an_object) {
  program::JsonFields fields;
  BOOST_TEST(fields.text() == "");
  fields("text", "a\"");
  fields("number", std::uint64_t{1} << 63);
  fields("nid", Nid(0xffff'0000'0000'000a));
  fields("locator", Locator(0xa));
  const std::array<Locator, 2> locators{Locator(0xa), Locator(0xb)};
  fields("locators", std::span<const Locator>(locators));
  fields("none", std::span<const Locator>());
  BOOST_TEST(fields.text() ==
             R"("text":"a\"","number":9223372036854775808,"nid":"ffff:0:0:a","locator":"0:0:0:a",)"
             R"("locators":["0:0:0:a","0:0:0:b"],"none":[])");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::json_test
