// The log of a running node: whatever happens, no more lines than somebody could read, and the number of the others.
#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "log.hpp"
#include "text.hpp"

namespace ilnp::test::log_test {

using program::Level;
using program::LineWriter;
using program::Log;
using program::LogFormat;

/// What `use(log)` makes of a log.
template <class Use>
std::vector<std::string> lines_of(Use&& use, program::LogStyle style = {}) {
  std::FILE* file = std::tmpfile();
  BOOST_REQUIRE(file != nullptr);
  const int descriptor = ::fileno(file);
  {
    LineWriter write(descriptor, std::size_t{16} << 20);
    Log log(write, style);
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

BOOST_AUTO_TEST_CASE(puts_the_time_and_the_level_before_each_line) {
  const auto lines = lines_of([](Log& log) {
    log("note: something");
    log("warning: something");
    log("something");
    log.note("kind", [] { return std::string("a note"); });
    log.show({"kind"}, [] { return std::string("a line"); });
    for (int i = 0; i < 1000; ++i) log.note("kind", [] { return std::string("a note"); });
  });
  BOOST_TEST(lines.size() > 4u);
  const std::regex time(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} (error|warning|notice|info|debug) \S.*)");
  for (const std::string& line : lines) BOOST_TEST(std::regex_match(line, time), line);
  BOOST_TEST(lines[0].ends_with(" notice something"));
  BOOST_TEST(lines[1].ends_with(" warning something"));
  BOOST_TEST(lines[2].ends_with(" error something"));
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
      log.show({"flood"}, [] { return std::string("flood"); });
      log.note("other flood", [] { return std::string("flood"); });
    }
    log.show({"handoff"}, [] { return std::string("handoff begins"); });
    log("note: the link is down");
  });
  const auto has = [&](const std::string& text) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.ends_with(text); });
  };
  BOOST_TEST(has("handoff begins"));
  BOOST_TEST(has("notice the link is down"));
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

BOOST_AUTO_TEST_CASE(leaves_out_what_matters_less_unless_somebody_asks_for_it) {
  const auto lines = lines_of(
      [](Log& log) {
        BOOST_TEST(log.wants(Level::warning));
        BOOST_TEST(!log.wants(Level::notice));
        for (const Level level : {Level::error, Level::warning, Level::notice, Level::info, Level::debug}) {
          log.note({"note", level}, [&] { return "note " + std::string(to_string(level)); });
          log.show({"show", level}, [&] { return "show " + std::string(to_string(level)); });
        }
        log("note: left out");
      },
      {program::LogFormat::journal, Level::warning});
  const std::vector<std::string> expected{"<3>note error",   "<3>show error",  "<4>note warning",
                                          "<4>show warning", "<5>show notice", "<6>show info",
                                          "<7>show debug"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reports_what_it_holds_back_in_the_format_too) {
  for (const LogFormat format : {LogFormat::json, LogFormat::journal}) {
    const auto lines = lines_of(
        [](Log& log) {
          for (int i = 0; i < 100; ++i) {
            log.note(
                {"flood", i == 50 ? Level::warning : Level::info, "network", "flooded"},
                [] { return std::string("a \"flood\""); },
                [](program::JsonFields& fields) { fields("octets", 7U); });
          }
        },
        {format, Level::info});
    BOOST_TEST_REQUIRE(lines.size() == 11u);
    if (format == LogFormat::json) {
      BOOST_TEST(lines[0].ends_with(
          R"(,"level":"info","layer":"network","event":"flooded","fields":{"octets":7},"message":"a \"flood\""})"));
      BOOST_TEST(
          lines[10].find(
              R"("level":"warning","event":"repeated","fields":{"of":"flood","lines":90,"seconds":)") !=
              std::string::npos,
          lines[10]);
    } else {
      BOOST_TEST(lines[0] == "<6>network: a \"flood\"");
      BOOST_TEST(lines[10].starts_with("<4>flood: 90 more lines like this in "), lines[10]);
    }
  }
}

BOOST_AUTO_TEST_CASE(reports_lines_that_could_not_be_written_in_the_format_too) {
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  LineWriter write(ends[1], 10'000);
  Log log(write, {LogFormat::journal, Level::debug});
  for (int i = 0; i < 2000; ++i) write(std::string(99, 'x'));
  std::string all;
  for (int tries = 0; tries < 1000 && all.find("<4>") == all.npos; ++tries) {
    std::string some(1 << 17, '\0');
    const ssize_t size = ::read(ends[0], some.data(), some.size());
    if (size > 0) all += some.substr(0, static_cast<std::size_t>(size));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  BOOST_TEST(
      std::regex_search(all, std::regex("\n<4>\\d+ lines dropped: they could not be written in time\n")));
  write.finish();
  ::close(ends[0]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::log_test
