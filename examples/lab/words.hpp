#pragma once

// Lines of words, and the values of words. Every mistake is one line for the user: `FILE:LINE: what`.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <ilnp/base/address.hpp>
#include <ilnp/base/context.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../text.hpp"

namespace lab {

/// A mistake in a scenario.
struct ScenarioError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Text of a file in quotes, made safe for a terminal and short enough for a line.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  return '"' + program::printable(text.substr(0, longest)) + (text.size() > longest ? "...\"" : "\"");
}

/// One line, word by word. A word that begins with '#' ends it. Borrows the text. The number 0 means that `file` names all of the place.
class Line {
 public:
  Line(std::string_view text, const std::string& file, unsigned number)
      : text_(text), file_(&file), number_(number) {
    next();
  }

  unsigned number() const noexcept { return number_; }
  bool more() const noexcept { return !word_.empty(); }
  std::string_view peek() const noexcept { return word_; }

  /// The next word; `what` names what is missing if there is none.
  std::string_view word(const std::string& what) {
    if (!more()) fail(what + " is missing");
    const auto word = word_;
    next();
    return word;
  }
  bool accept(std::string_view word) {
    if (word_ != word) return false;
    next();
    return true;
  }
  void require(std::string_view word) {
    if (!more()) fail(in_quotes(word) + " is missing");
    if (!accept(word)) fail(in_quotes(word) + " expected, not " + in_quotes(word_));
  }
  void end() const {
    if (more()) fail(in_quotes(word_) + " is one word too many");
  }
  /// The rest, unchanged.
  std::string_view rest() {
    std::string_view all(word_.data(), more() ? static_cast<std::size_t>(text_.data() - word_.data()) : 0);
    while (more()) {
      all = std::string_view(all.data(), static_cast<std::size_t>(word_.data() + word_.size() - all.data()));
      next();
    }
    return all;
  }

  [[noreturn]] void fail(const std::string& what) const { fail(number_, what); }
  [[noreturn]] void fail(unsigned number, const std::string& what) const {
    throw ScenarioError(*file_ + (number == 0 ? "" : ':' + std::to_string(number)) + ": " + what);
  }

 private:
  static bool blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

  void next() noexcept {
    while (!text_.empty() && blank(text_.front())) text_.remove_prefix(1);
    std::size_t size = 0;
    while (size < text_.size() && !blank(text_[size])) ++size;
    word_ = text_.substr(0, size);
    text_.remove_prefix(size);
    if (word_.starts_with('#')) text_ = word_ = {};
  }

  std::string_view text_;  // after the word
  std::string_view word_;
  const std::string* file_;
  unsigned number_;
};

/// A number and what follows it, `2.5ms`. False if the text does not begin with a usable number.
inline bool split_number(std::string_view word, double& number, std::string_view& unit) {
  if (word.empty() || word.front() == '-') return false;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number)) return false;
  unit = word.substr(static_cast<std::size_t>(end - word.data()));
  return true;
}

/// The longest time in a scenario.
inline constexpr ilnp::Duration max_duration = std::chrono::hours(24 * 10);

/// `10ms`, `1.5s`, `200us`, `2min`; 0 needs no unit.
inline ilnp::Duration duration(const Line& line, const std::string& what, std::string_view word) {
  double number = 0;
  std::string_view unit;
  double scale = 0;
  if (split_number(word, number, unit)) {
    scale = unit == "us" ? 1e3 : unit == "ms" ? 1e6 : unit == "s" ? 1e9 : unit == "min" ? 60e9 : 0;
    if (unit.empty() && number == 0) scale = 1;
  }
  if (scale == 0)
    line.fail(what + ": " + in_quotes(word) +
              " is not a time (a number with us, ms, s or min, such as 10ms)");
  if (number * scale > static_cast<double>(max_duration.count()))
    line.fail(what + ": " + in_quotes(word) + " is longer than ten days");
  return ilnp::Duration(std::llround(number * scale));
}
inline ilnp::Duration duration(Line& line, const std::string& what) {
  return duration(line, what, line.word(what));
}

/// `0.25%`, or `0.0025`.
inline double probability(Line& line, const std::string& what) {
  const auto word = line.word(what);
  double number = -1;
  std::string_view unit;
  if (split_number(word, number, unit) && unit == "%") {
    number /= 100;
  } else if (!unit.empty()) {
    number = -1;
  }
  if (!(number >= 0 && number <= 1))
    line.fail(what + ": " + in_quotes(word) + " is not a probability (such as 0.25% or 0.0025)");
  return number;
}

/// `10Mbit/s`, in bits per second; 0 is no limit.
inline std::uint64_t rate(Line& line, const std::string& what) {
  const auto word = line.word(what);
  double number = 0;
  std::string_view unit;
  double scale = 0;
  if (split_number(word, number, unit)) {
    scale = unit == "bit/s"    ? 1
            : unit == "kbit/s" ? 1e3
            : unit == "Mbit/s" ? 1e6
            : unit == "Gbit/s" ? 1e9
                               : 0;
    if (unit.empty() && number == 0) scale = 1;
  }
  // Less than a bit per second is a mistake, and more than this is meaningless.
  if (scale == 0 || number * scale > 1e15 || (number != 0 && number * scale < 1))
    line.fail(what + ": " + in_quotes(word) +
              " is not a rate (a number with bit/s, kbit/s, Mbit/s or Gbit/s, such as 10Mbit/s)");
  return static_cast<std::uint64_t>(std::llround(number * scale));
}

/// A whole number from `low` to `high`.
inline std::uint64_t whole(Line& line, const std::string& what, std::uint64_t low, std::uint64_t high) {
  const auto word = line.word(what);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number < low || number > high)
    line.fail(what + ": " + in_quotes(word) + " is not a whole number from " + std::to_string(low) + " to " +
              std::to_string(high));
  return number;
}

/// `0:0:0:a`, or `a` for short.
inline ilnp::Locator locator(const Line& line, std::string_view text) {
  const bool short_form = text.find(':') == text.npos;
  const auto parsed =
      ilnp::Locator::parse(short_form ? "0:0:0:" + std::string(text.substr(0, 5)) : std::string(text));
  if (!parsed) line.fail(in_quotes(text) + " is not a locator (0:0:0:a, or a for short)");
  if (*parsed == ilnp::all_nodes_locator)
    line.fail(in_quotes(text) + " means all nodes and is not a network");
  return *parsed;
}

/// The parts of `text` between separators.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// `a,c`
inline std::vector<ilnp::Locator> locators(const Line& line, std::string_view text) {
  std::vector<ilnp::Locator> all;
  for (const auto part : split(text, ',')) {
    all.push_back(locator(line, part));
    for (std::size_t i = 0; i + 1 < all.size(); ++i)
      if (all[i] == all.back()) line.fail(in_quotes(text) + " names a locator twice");
  }
  return all;
}

/// Words in pairs, `delay 10ms loss 1%`, to the end of the line: calls `take(key)`, which reads the value or returns
/// false if there is no such key. Each key appears once.
template <class Take>
void settings(Line& line, const std::string& known, Take&& take) {
  std::set<std::string, std::less<>> seen;
  while (line.more()) {
    const std::string key(line.word("key"));
    if (!seen.insert(key).second) line.fail(in_quotes(key) + " appears twice");
    if (!take(key)) line.fail(in_quotes(key) + " is not known here (" + known + ")");
  }
}

}  // namespace lab
