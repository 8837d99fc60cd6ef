#include "lab/words.hpp"

#include <boost/test/unit_test.hpp>

#include "lab/names.hpp"
#include "support/print.hpp"

namespace ilnp::test::words_test {

using namespace std::chrono_literals;

const std::string file = "x.lab";

struct OneWord : lab::Line {
  explicit OneWord(std::string_view text) : Line(text, file, 7) {}
};

BOOST_AUTO_TEST_SUITE(scenario_words)

BOOST_AUTO_TEST_CASE(a_line_is_read_word_by_word) {
  lab::Line line(" \tone  two#2 three # four", file, 7);
  BOOST_TEST(line.peek() == "one");
  BOOST_TEST(line.word("x") == "one");
  BOOST_TEST(!line.accept("two"));
  BOOST_TEST(line.accept("two#2"));
  line.require("three");
  BOOST_TEST(!line.more());
  line.end();
  BOOST_CHECK_THROW(line.word("x"), lab::ScenarioError);
  BOOST_TEST(lab::Line("", file, 1).rest() == "");
  BOOST_TEST(lab::Line("  a  b # c", file, 1).rest() == "a  b");
}

BOOST_AUTO_TEST_CASE(words_stand_for_values) {
  const auto time = [](const char* text) {
    OneWord line(text);
    return lab::duration(line, "x");
  };
  BOOST_TEST(time("0") == 0s);
  BOOST_TEST(time("0s") == 0s);
  BOOST_TEST(time("1.5s") == 1500ms);
  BOOST_TEST(time("200us") == 200us);
  BOOST_TEST(time("2min") == 120s);
  BOOST_TEST(time(".5ms") == 500us);
  for (const char* text :
       {"", "s", "1", "1h", "1 s", "-1s", "+1s", "1e3s", "inf", "nans", "1sx", "0x1s", "99999999999999s"})
    BOOST_CHECK_THROW(time(text), lab::ScenarioError);

  const auto chance = [](const char* text) {
    OneWord line(text);
    return lab::probability(line, "x");
  };
  BOOST_TEST(chance("0") == 0);
  BOOST_TEST(chance("1") == 1);
  BOOST_TEST(chance("100%") == 1);
  BOOST_TEST(chance("0.25%") == 0.0025);
  for (const char* text : {"", "%", "-1%", "1.01", "100.1%", "1x", "1%%", "nan", "inf%"})
    BOOST_CHECK_THROW(chance(text), lab::ScenarioError);

  const auto rate = [](const char* text) {
    OneWord line(text);
    return lab::rate(line, "x");
  };
  BOOST_TEST(rate("0") == 0U);
  BOOST_TEST(rate("1bit/s") == 1U);
  BOOST_TEST(rate("2.5kbit/s") == 2500U);
  BOOST_TEST(rate("10Mbit/s") == 10'000'000U);
  BOOST_TEST(rate("1Gbit/s") == 1'000'000'000U);
  for (const char* text : {"", "1", "0.1bit/s", "1mbit/s", "99999999Gbit/s", "bit/s"})
    BOOST_CHECK_THROW(rate(text), lab::ScenarioError);
}

BOOST_AUTO_TEST_CASE(text_of_a_file_is_fit_for_a_terminal) {
  BOOST_TEST(lab::in_quotes("a\nb\x1b") == "\"a\\x0ab\\x1b\"");
  BOOST_TEST(lab::in_quotes(std::string(100, 'x')).size() == 60U + 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::words_test
