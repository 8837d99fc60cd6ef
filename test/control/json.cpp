#include "ilnp/control/json.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <vector>

namespace ilnp::test::json_test {

std::string text(std::string_view value) {
  JsonWriter json;
  return json.value(value).take();
}

BOOST_AUTO_TEST_SUITE(json_writer)

BOOST_AUTO_TEST_CASE(values_are_separated) {
  JsonWriter json;
  json.open('{').member("a", 1).member("b", "x").member("c", true).member("d", nullptr);
  json.key("e").open('[').value(1).value(-2).open('{').close('}').open('[').close(']').close(']');
  json.strings("f", std::vector<int>{1, 2}, [](int each) { return std::to_string(each); });
  json.member("g", std::numeric_limits<std::uint64_t>::max()).close('}');
  BOOST_TEST(json.text() == R"({"a":1,"b":"x","c":true,"d":null,"e":[1,-2,{},[]],"f":["1","2"],)"
                            R"("g":18446744073709551615})");
}

BOOST_AUTO_TEST_CASE(text_is_printable_ascii_whatever_it_was) {
  BOOST_TEST(text("") == R"("")");
  BOOST_TEST(text("a\"b\\c\n\x7f") == R"("a\"b\\c\u000a\u007f")");
  BOOST_TEST(text(std::string_view("\0", 1)) == R"("\u0000")");
  BOOST_TEST(text("\xe2\x82\xac \xf0\x9f\x98\x80") == R"("\u20ac \ud83d\ude00")");
  BOOST_TEST(text("\xf4\x8f\xbf\xbf") == R"("\udbff\udfff")");
  BOOST_TEST(text("\xff"
                  "a\xc3") == R"("\ufffda\ufffd")");
  BOOST_TEST(text("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");  // a surrogate
}

BOOST_AUTO_TEST_CASE(numbers_with_a_fraction) {
  JsonWriter json;
  json.open('[')
      .value(0.0)
      .value(1.5)
      .value(-2.0004)
      .value(1e15)
      .value(std::nan(""))
      .value(HUGE_VAL)
      .close(']');
  BOOST_TEST(json.text() == "[0.000,1.500,-2.000,1000000000000000.000,null,null]");
  JsonWriter largest;
  BOOST_TEST(largest.value(std::numeric_limits<double>::max()).text().size() > 300U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::json_test
