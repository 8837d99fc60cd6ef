#pragma once

#include <boost/property_tree/ini_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"

namespace ilnp {

/// What is wrong with a configuration: one line for the user that names the file, the section, the key and
/// the text.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An .ini file of which every key that is asked for is checked, and every other one is remembered as
/// unknown. Sections and keys are found in any case; lines that begin with '#' or ';' are comments; a key or
/// section that stands twice is an error. All errors are `ConfigError`. A value; one thread.
class IniFile {
 public:
  /// Parses `text`; `file` is only the name that the errors give it.
  IniFile(std::string_view text, std::string file) : file_(std::move(file)) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the mark that some editors put first
    std::istringstream stream{std::string(text)};
    try {
      boost::property_tree::read_ini(stream, tree_);
    } catch (const boost::property_tree::ini_parser_error& error) {
      throw ConfigError(file_ + ":" + std::to_string(error.line()) + ": " + error.message() + ": " +
                        quoted(line(text, error.line())));
    }
    for (const auto& [name, content] : tree_)
      if (content.empty())
        throw ConfigError(file_ + ": " + shown(name) + ": stands before the first [section]");
  }

  const std::string& file() const noexcept { return file_; }

  /// The text of a key, trimmed; none if it is not there.
  std::optional<std::string> text(std::string_view section, std::string_view key) {
    known_.insert(folded(section, key));
    const auto found = tree_.find(std::string(section));
    if (found == tree_.not_found()) return std::nullopt;
    const auto value = found->second.find(std::string(key));
    if (value == found->second.not_found()) return std::nullopt;
    return value->second.data();
  }

  /// A key that must be there.
  std::string required(std::string_view section, std::string_view key) {
    if (auto value = text(section, key)) return *std::move(value);
    throw ConfigError(where(section, key) + "missing");
  }

  /// A decimal number from `low` to `high`; `out` is left alone if the key is not there.
  template <std::unsigned_integral Number>
  void number(std::string_view section, std::string_view key, Number& out, std::uint64_t low,
              std::uint64_t high) {
    const auto value = text(section, key);
    if (!value) return;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc{} || end != value->data() + value->size() || number < low || number > high)
      fail(section, key, *value,
           std::string("is not a number from ") + std::to_string(low) + " to " + std::to_string(high));
    out = static_cast<Number>(number);
  }

  /// Seconds, with a fraction if need be (`0.01`), to a nanosecond; at most some thirty years.
  void seconds(std::string_view section, std::string_view key, Duration& out) {
    const auto value = text(section, key);
    if (!value) return;
    double number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc{} || end != value->data() + value->size() || !(number >= 0 && number <= 1e9))
      fail(section, key, *value, "is not a number of seconds");
    out = Duration(std::llround(number * 1e9));
  }

  /// true, yes, on, 1; or false, no, off, 0.
  void boolean(std::string_view section, std::string_view key, bool& out) {
    const auto value = text(section, key);
    if (!value) return;
    const std::string word = folded(*value);
    if (word == "true" || word == "yes" || word == "on" || word == "1") {
      out = true;
    } else if (word == "false" || word == "no" || word == "off" || word == "0") {
      out = false;
    } else {
      fail(section, key, *value, "is neither true nor false");
    }
  }

  /// A line for each key that nobody has asked for: most likely a slip of the pen, and so worth a warning.
  std::vector<std::string> unknown() const {
    std::vector<std::string> lines;
    for (const auto& [section, content] : tree_)
      for (const auto& [key, value] : content)
        if (!known_.contains(folded(section, key)))
          lines.push_back(where(section, key) + "unknown key, ignored: " + quoted(value.data()));
    return lines;
  }

  /// Throws: `alice.ini: [network] nid: "x" is ...`.
  [[noreturn]] void fail(std::string_view section, std::string_view key, std::string_view value,
                         std::string_view what) const {
    throw ConfigError(where(section, key) + quoted(value) + ' ' + std::string(what));
  }

  /// `alice.ini: [network] nid: `
  std::string where(std::string_view section, std::string_view key) const {
    return file_ + ": [" + shown(section) + "] " + shown(key) + ": ";
  }

  /// Text of a file, fit for one line on a terminal: without control characters, and not longer than a line.
  static std::string shown(std::string_view text) {
    constexpr std::size_t longest = 80;
    std::string out;
    for (const char c : text.substr(0, longest))
      out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
    return text.size() > longest ? out + "..." : out;
  }
  /// The same between quotes.
  static std::string quoted(std::string_view text) { return '"' + shown(text) + '"'; }

 private:
  static std::string folded(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
  }
  static std::string folded(std::string_view section, std::string_view key) {
    return folded(section) + '\n' + folded(key);
  }

  static std::string_view line(std::string_view text, unsigned long number) {
    for (; number > 1 && text.find('\n') != text.npos; --number) text.remove_prefix(text.find('\n') + 1);
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }

  std::string file_;
  boost::property_tree::iptree tree_;  // finds its keys without regard to case
  std::set<std::string> known_;
};

}  // namespace ilnp
