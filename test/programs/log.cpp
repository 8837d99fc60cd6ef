// The log of a running node: whatever happens, no more lines than somebody could read, and the number of the others.
#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "log.hpp"
#include "text.hpp"

namespace ilnp::test::log_test {

using program::LineWriter;
using program::Log;

/// What `use(log)` makes of a log.
template <class Use>
std::vector<std::string> lines_of(Use&& use) {
  std::FILE* file = std::tmpfile();
  BOOST_REQUIRE(file != nullptr);
  const int descriptor = ::fileno(file);
  {
    LineWriter write(descriptor, std::size_t{16} << 20);
    Log log(write);
    use(log);
  }
  std::ifstream in("/proc/self/fd/" + std::to_string(descriptor));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::fclose(file);
  return lines;
}

/// The sum of the numbers in `7 more lines like this in 2 s`.
std::uint64_t told(const std::vector<std::string>& lines) {
  std::uint64_t sum = 0;
  for (const std::string& line : lines) {
    std::smatch match;
    if (std::regex_search(line, match, std::regex(": (\\d+) more lines? like this in \\d+ s$")))
      sum += std::stoull(match[1]);
  }
  return sum;
}

BOOST_AUTO_TEST_SUITE(a_log)

BOOST_AUTO_TEST_CASE(puts_the_time_before_each_line) {
  const auto lines = lines_of([](Log& log) {
    log("note: something");
    log.note("kind", [] { return std::string("a note"); });
    log.show("kind", [] { return std::string("a line"); });
    for (int i = 0; i < 1000; ++i) log.note("kind", [] { return std::string("a note"); });
  });
  BOOST_TEST(lines.size() > 4u);
  const std::regex time(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \S.*)");
  for (const std::string& line : lines) BOOST_TEST(std::regex_match(line, time), line);
}

BOOST_AUTO_TEST_CASE(bounds_a_flood_of_lines_that_all_differ) {
  constexpr int flood = 50'000;
  const auto lines = lines_of([](Log& log) {
    for (int i = 0; i < flood; ++i) log.note("flood", [&] { return "line " + std::to_string(i); });
  });
  BOOST_TEST(lines.size() < 100u);
  BOOST_TEST(told(lines) + lines.size() - 1 == flood);
  BOOST_TEST(lines.back().find("flood: ") != std::string::npos, lines.back());
}

BOOST_AUTO_TEST_CASE(bounds_all_kinds_together) {
  constexpr std::uint64_t flood = 100'000;
  const auto lines = lines_of([](Log& log) {
    for (std::uint64_t i = 0; i < flood; ++i)
      log.note("kind " + std::to_string(i), [&] { return "line " + std::to_string(i); });
  });
  BOOST_TEST(lines.size() < 1000u);
  std::uint64_t summaries = 0;
  for (const std::string& line : lines) summaries += line.find(" like this in ") != line.npos ? 1 : 0;
  BOOST_TEST(summaries <= Log::max_kinds + 1);
  BOOST_TEST(told(lines) + lines.size() - summaries == flood);
}

BOOST_AUTO_TEST_CASE(does_not_let_one_kind_hide_another) {
  const auto lines = lines_of([](Log& log) {
    for (int i = 0; i < 50'000; ++i) {
      log.show("flood", [] { return std::string("flood"); });
      log.note("other flood", [] { return std::string("flood"); });
    }
    log.show("handoff", [] { return std::string("handoff begins"); });
    log("note: the link is down");
  });
  const auto has = [&](const std::string& text) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.ends_with(text); });
  };
  BOOST_TEST(has("handoff begins"));
  BOOST_TEST(has("note: the link is down"));
}

BOOST_AUTO_TEST_CASE(does_not_make_a_text_that_it_does_not_write) {
  int made = 0;
  lines_of([&](Log& log) {
    for (int i = 0; i < 10'000; ++i)
      log.note("flood", [&] {
        ++made;
        return std::string("line");
      });
  });
  BOOST_TEST(made < 100);
}

BOOST_AUTO_TEST_CASE(cuts_off_what_is_too_long) {
  const auto lines = lines_of([](Log& log) { log(std::string(100'000, 'x')); });
  BOOST_TEST(lines.size() == 1u);
  BOOST_TEST(lines[0].size() < 1100u);
  BOOST_TEST(lines[0].ends_with("x ..."));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::log_test
