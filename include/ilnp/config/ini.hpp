#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../base/name_table.hpp"
#include "../base/printable.hpp"

namespace ilnp {

/// What is wrong with a configuration, for the user: one line for each mistake, with the
/// file, the line, the section, the key and the text.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An .ini file. Every requested key is checked, and every other one is remembered as unknown. Sections and keys are not
/// case-sensitive. Only lines that begin with '#' or ';' are comments: what looks like a comment after a value is a
/// mistake. A key or section that appears twice is an error. Text that is not an .ini file at all throws a `ConfigError`
/// at once; mistakes in keys are collected, and `check` reports all of them together. A value; one thread.
class IniFile {
 public:
  /// Parses `text`; `file` is only its name in errors.
  IniFile(std::string_view text, std::string file) : file_(std::move(file)) {
    if (text.starts_with("\xef\xbb\xbf"))
      text.remove_prefix(3);  // the byte order mark that some editors write
    std::string section;
    for (unsigned number = 1; !text.empty(); ++number) {
      const auto end = text.find_first_of("\n\r");
      parse_line(text.substr(0, end), number, section);
      text.remove_prefix(end == text.npos ? text.size()
                                          : end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
  }

  static constexpr std::size_t max_told = 50;  ///< mistakes that are reported

  /// The path, for messages.
  const std::string& file() const noexcept { return file_; }

  /// The text of a key, trimmed; none if it is missing or followed by a comment, which is a mistake.
  std::optional<std::string> text(std::string_view section, std::string_view key) {
    Entry* const found = entries_.find(folded(section, key));
    if (!found) return std::nullopt;
    const bool first = !found->requested;
    found->requested = true;
    if (!found->comment) return found->value;
    if (first)
      fail(section, key, found->value,
           "has a comment after the value: put the comment on a line of its own that begins with '#' or ';'");
    return std::nullopt;
  }

  /// A required key; none, and a mistake, if it is missing.
  std::optional<std::string> required(std::string_view section, std::string_view key) {
    auto value = text(section, key);
    if (!entries_.find(folded(section, key))) errors_.push_back(where(section, key) + "missing");
    return value;
  }

  /// A decimal number from `low` to `high`; `out` is unchanged if the key is missing.
  template <std::unsigned_integral Number>
  void number(std::string_view section, std::string_view key, Number& out, std::uint64_t low,
              std::uint64_t high) {
    const auto value = text(section, key);
    if (!value) return;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc{} || end != value->data() + value->size() || number < low || number > high)
      return fail(section, key, *value,
                  std::string("is not a number from ") + std::to_string(low) + " to " + std::to_string(high));
    out = static_cast<Number>(number);
  }

  /// Seconds, possibly with a fraction (`0.01`), to the nanosecond; at most about thirty years.
  void seconds(std::string_view section, std::string_view key, Duration& out) {
    const auto value = text(section, key);
    if (!value) return;
    double number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc{} || end != value->data() + value->size() || !(number >= 0 && number <= 1e9))
      return fail(section, key, *value, "is not a number of seconds");
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

  /// One line for each key that was not requested: most likely a typing error, and so worth a warning.
  List<std::string> unknown() const {
    List<std::string> all;
    entries_.for_each([&](const std::string&, const Entry& entry) {  // in the order of the file
      if (!entry.requested)
        all.push_back(file_ + ':' + std::to_string(entry.line) + ": [" + shown(entry.section) + "] " +
                      shown(entry.key) + ": unknown key, ignored: " + quoted(entry.value));
    });
    return all;
  }

  /// Remembers a mistake: `alice.ini:7: [network] nid: "x" is ...`.
  void fail(std::string_view section, std::string_view key, std::string_view value, std::string_view what) {
    errors_.push_back(where(section, key) + quoted(value) + ' ' + std::string(what));
  }
  /// The same, if `what` already names the value.
  void fail(std::string_view section, std::string_view key, std::string_view what) {
    errors_.push_back(where(section, key) + std::string(what));
  }
  /// True if there was a mistake.
  bool failed() const noexcept { return !errors_.empty(); }

  /// Throws if there were mistakes: all of them, and the unknown keys, one of which may be a missing one with a typing error.
  void check() const {
    if (errors_.empty()) return;
    List<std::string> lines = errors_;
    for (const auto& warning : unknown()) lines.push_back("warning: " + warning);
    std::string all;
    for (std::size_t i = 0; i < lines.size() && i < max_told; ++i) all += (i == 0 ? "" : "\n") + lines[i];
    if (lines.size() > max_told)
      all += '\n' + file_ + ": and " + std::to_string(lines.size() - max_told) + " more mistakes";
    throw ConfigError(all);
  }

  /// `alice.ini:7: [network] nid: `; for a missing key, with the line of its section.
  std::string where(std::string_view section, std::string_view key) const {
    std::string place = file_;
    if (const Entry* found = entries_.find(folded(section, key))) {
      place += ':' + std::to_string(found->line);
    } else if (const unsigned* header = sections_.find(folded(section))) {
      place += ':' + std::to_string(*header);
    }
    return place + ": [" + shown(section) + "] " + shown(key) + ": ";
  }

  /// Text of a file, made safe and short enough for one line on a terminal.
  static std::string shown(std::string_view text) {
    constexpr std::size_t longest = 80;
    return printable(text.substr(0, longest)) + (text.size() > longest ? "..." : "");
  }
  /// The same in quotes.
  static std::string quoted(std::string_view text) { return '"' + shown(text) + '"'; }

 private:
  struct Entry {
    std::string section;
    std::string key;
    std::string value;
    unsigned line = 0;       ///< 0: not set yet
    bool comment = false;    ///< the value contains what looks like one
    bool requested = false;  ///< by the program
  };

  static constexpr std::string_view blanks{" \t\r\v\f"};

  static std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view()
                              : text.substr(first, text.find_last_not_of(blanks) - first + 1);
  }
  static std::string folded(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
  }
  static std::string folded(std::string_view section, std::string_view key) {
    return folded(section) + '\n' + folded(key);
  }

  /// A '#' or ';' behind a blank.
  static bool has_comment(std::string_view value) {
    for (std::size_t at = 1; at < value.size(); ++at)
      if ((value[at] == '#' || value[at] == ';') && blanks.find(value[at - 1]) != blanks.npos) return true;
    return false;
  }

  void parse_line(std::string_view raw, unsigned number, std::string& section) {
    const std::string_view line = trimmed(raw);
    const auto wrong = [&](const std::string& what) {
      throw ConfigError(file_ + ':' + std::to_string(number) + ": " + what + ": " + quoted(line));
    };
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    if (line.front() == '[') {
      const auto end = line.find(']');
      if (end == line.npos) wrong("unmatched '['");
      section = trimmed(line.substr(1, end - 1));
      unsigned& first = sections_.insert(folded(section));
      if (first != 0) wrong("duplicate section, first in line " + std::to_string(first));
      first = number;
      return;
    }
    const auto equals = line.find('=');
    if (equals == line.npos) wrong("'=' is missing");
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value = line.substr(equals + 1);
    if (key.empty()) wrong("the key is missing");
    if (sections_.size() == 0) wrong("must follow a [section]");
    Entry& entry = entries_.insert(folded(section, key));
    if (entry.line != 0) wrong("duplicate key, first in line " + std::to_string(entry.line));
    entry.section = section;
    entry.key = key;
    entry.value = trimmed(value);
    entry.line = number;
    entry.comment = has_comment(value);
  }

  std::string file_;
  NameTable<Entry> entries_;      // by section and key, in lower case
  NameTable<unsigned> sections_;  // the line of each section
  List<std::string> errors_;
};

}  // namespace ilnp
