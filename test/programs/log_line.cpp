// The forms of a line of a log.
#include "log_line.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <regex>

namespace ilnp::test::log_line_test {

using program::Level;
using program::log_line;
using program::LogFormat;
using program::LogLine;
using namespace std::chrono_literals;

const LogLine line{Level::warning, "network", "handoff_undone", "no \"way\"", R"("to":["0:0:0:a"])"};
const std::chrono::system_clock::time_point moment{1'770'000'000s + 42us};

BOOST_AUTO_TEST_SUITE(a_log_line)

BOOST_AUTO_TEST_CASE(has_a_time_and_a_level_as_text) {
  const std::regex form(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.000042 warning network: no "way")");
  BOOST_TEST(std::regex_match(log_line(LogFormat::text, line, moment), form));
}

BOOST_AUTO_TEST_CASE(is_an_object_with_the_time_of_rfc_3339_as_json) {
  BOOST_TEST(
      log_line(LogFormat::json, line, moment) ==
      R"({"time":"2026-02-02T02:40:00.000042Z","level":"warning","layer":"network","event":"handoff_undone",)"
      R"("fields":{"to":["0:0:0:a"]},"message":"no \"way\""})");
  BOOST_TEST(log_line(LogFormat::json, {Level::info, "", "note", "text"}, moment) ==
             R"({"time":"2026-02-02T02:40:00.000042Z","level":"info","event":"note","message":"text"})");
}

BOOST_AUTO_TEST_CASE(has_a_priority_and_no_time_for_the_journal) {
  BOOST_TEST(log_line(LogFormat::journal, line, moment) == "<4>network: no \"way\"");
  int priority = 3;
  for (const Level level : {Level::error, Level::warning, Level::notice, Level::info, Level::debug})
    BOOST_TEST(log_line(LogFormat::journal, {level, "", "note", "x"}) ==
               "<" + std::to_string(priority++) + ">x");
}

BOOST_AUTO_TEST_CASE(has_no_level_in_a_table) {
  BOOST_TEST(std::regex_match(log_line(LogFormat::table, {Level::info, "", "row", "a b"}, moment),
                              std::regex(R"(\S+ \S+\.000042 a b)")));
}

BOOST_AUTO_TEST_CASE(is_cut_off_between_characters) {
  std::string text(LogLine::max_text - 1, 'x');
  text += "\xc3\xb6 and more";
  const std::string cut = log_line(LogFormat::journal, {Level::info, "", "note", text});
  BOOST_TEST(cut == "<6>" + std::string(LogLine::max_text - 1, 'x') + " ...");
  const std::string whole(LogLine::max_text, 'x');
  BOOST_TEST(log_line(LogFormat::journal, {Level::info, "", "note", whole}) == "<6>" + whole);
}

BOOST_AUTO_TEST_CASE(names_of_levels_and_formats_are_read_back) {
  for (const std::string_view name : program::level_names)
    BOOST_TEST(to_string(program::to_level(name).value()) == name);
  BOOST_TEST(!program::to_level("Error"));
  BOOST_TEST(!program::to_level(""));
  BOOST_TEST((program::to_format("journal") == LogFormat::journal));
  BOOST_TEST(!program::to_format("table"));
}

BOOST_AUTO_TEST_CASE(the_journal_is_known_by_its_device_and_inode) {
  const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  struct stat found {};
  BOOST_REQUIRE(::fstat(file, &found) == 0);
  const std::string name = std::to_string(found.st_dev) + ':' + std::to_string(found.st_ino);
  BOOST_TEST(program::is_journal(file, name.c_str()));
  for (const std::string& other : {name + "1", name + " ", std::to_string(found.st_dev) + ":1",
                                   "1:" + std::to_string(found.st_ino), std::string(":"), std::string()})
    BOOST_TEST(!program::is_journal(file, other.c_str()), other);
  BOOST_TEST(!program::is_journal(file, nullptr));
  ::close(file);
  BOOST_TEST(!program::is_journal(file, name.c_str()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::log_line_test
