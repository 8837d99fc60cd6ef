// What strangers call themselves, on a terminal.
#include <boost/test/unit_test.hpp>
#include <ilnp/base/printable.hpp>
#include <string>

namespace ilnp::test::printable_test {

using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(printable_text)

BOOST_AUTO_TEST_CASE(is_left_alone_if_it_is_harmless) {
  for (const auto& text :
       {"alice"s, ""s, "two words"s, "b\xc3\xb6"s + "b"s, "\xe6\x97\xa5\xe6\x9c\xac"s, "\xf0\x9f\x98\x80"s})
    BOOST_TEST(printable(text) == text);
  BOOST_TEST(printable_name("alice-7.example") == "alice-7.example");
}

BOOST_AUTO_TEST_CASE(shows_what_would_do_something_else) {
  const struct {
    std::string text;
    std::string shown;
  } cases[] = {
      {"a\x1b[2Jb", R"(a\x1b[2Jb)"},
      {"\0"s, R"(\x00)"},
      {"a\nb\tc\r\x7f", R"(a\x0ab\x09c\x0d\x7f)"},
      {R"(a\x1b)", R"(a\\x1b)"},
      {"\xc2\x9b[2J", R"(\u{9b}[2J)"},  // a control sequence of C1
      {"\xc2\x85", R"(\u{85})"},        // next line
      {"\xc2\xa0", R"(\u{a0})"},        // blanks of all widths
      {"\xe2\x80\x83", R"(\u{2003})"},
      {"\xe3\x80\x80", R"(\u{3000})"},
      {"\xe1\x9a\x80", R"(\u{1680})"},
      {"\xe2\x80\xa8\xe2\x80\xa9", R"(\u{2028}\u{2029})"},  // separators of lines and paragraphs
      // NOLINTNEXTLINE(misc-misleading-bidirectional): what this one is about
      {"\xe2\x80\xae"
       "evil",
       R"(\u{202e}evil)"},  // what turns text round
      {"\xe2\x81\xa6\xe2\x81\xa9", R"(\u{2066}\u{2069})"},
      {"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", R"(\u{200e}\u{200f}\u{61c})"},
      {"a\xe2\x80\x8b"
       "b\xef\xbb\xbf"
       "c\xc2\xad",
       R"(a\u{200b}b\u{feff}c\u{ad})"},  // what is not seen
      {"\xf3\xa0\x81\xa1", R"(\u{e0061})"},
      {"\xcc\x81"
       "a\xcc\x81",
       "\\u{301}a\xcc\x81"},        // a mark for whatever stands before the name
      {"\x80\xff", R"(\x80\xff)"},  // what is not UTF-8
      {"\xc0\xaf", R"(\xc0\xaf)"},
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
      {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},
      {"a\xe2\x80", R"(a\xe2\x80)"},
  };
  for (const auto& [text, shown] : cases) {
    BOOST_TEST(printable(text) == shown);
    // What was shown is shown as it is.
    BOOST_TEST(printable(shown, Escape::unsafe) == shown);
  }
}

BOOST_AUTO_TEST_CASE(is_one_word_if_it_is_a_name) {
  BOOST_TEST(printable_name("a b") == R"(a\x20b)");
  BOOST_TEST(printable_name(" ") == R"(\x20)");
  BOOST_TEST(printable_name("") == "\"\"");
  BOOST_TEST(printable_name("a\xc2\xa0"
                            "b\n") == R"(a\u{a0}b\x0a)");
}

BOOST_AUTO_TEST_CASE(never_holds_a_control_whatever_comes) {
  for (unsigned first = 0; first < 256; ++first)
    for (unsigned second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = printable_name(text);
      for (const char c : shown)
        BOOST_REQUIRE_MESSAGE(static_cast<unsigned char>(c) > 0x20 && c != 0x7f, shown);
      BOOST_REQUIRE_MESSAGE(shown.find("\xc2\x9b") == shown.npos, first << ' ' << second);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::printable_test
