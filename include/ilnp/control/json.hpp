#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "../base/printable.hpp"

namespace ilnp {

/// What the strings of a `JsonWriter` consist of.
enum class JsonText : std::uint8_t {
  ascii,  ///< printable ASCII, so that the text is safe for a terminal; other characters are escaped (`\u20ac`)
  utf8,  ///< UTF-8; only control characters are escaped
};

/// Writes JSON (RFC 8259) into a string, without line ends, whatever the values are. Octets that are not UTF-8 become U+FFFD.
///
/// The caller opens and closes objects and arrays in order, and writes a key before each value in an object.
class JsonWriter {
 public:
  /// `strings`: how characters outside ASCII are written.
  explicit JsonWriter(JsonText strings = JsonText::ascii) noexcept : strings_(strings) {}

  /// Begins an object or an array.
  JsonWriter& open(char bracket) { return separate(), text_ += bracket, *this; }
  /// Ends it. The caller sees to it that brackets match.
  JsonWriter& close(char bracket) { return text_ += bracket, *this; }
  /// The name of the next member.
  JsonWriter& key(std::string_view name) { return value(name), text_ += ':', *this; }

  /// A string.
  JsonWriter& value(std::string_view text) {
    separate();
    text_ += '"';
    while (!text.empty()) {
      const auto [code, size] = detail::first_code_point(text);
      size == 0 ? add(0xfffd, "\xef\xbf\xbd") : add(code, text.substr(0, size));
      text.remove_prefix(size == 0 ? 1 : size);
    }
    text_ += '"';
    return *this;
  }
  /// A string.
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  /// A string.
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  /// True or false.
  template <std::same_as<bool> Bool>
  JsonWriter& value(Bool truth) {
    return raw(truth ? "true" : "false");
  }
  /// A whole number.
  template <std::integral Int>
  requires(!std::same_as<Int, bool>) JsonWriter& value(Int number) { return raw(std::to_string(number)); }
  /// To a thousandth.
  JsonWriter& value(double number) {
    if (!std::isfinite(number)) return null();
    std::array<char, 400> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed, 3).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  /// No value.
  JsonWriter& null() { return raw("null"); }

  /// A member with its name and its value.
  template <class T>
  JsonWriter& member(std::string_view name, const T& its) {
    return key(name), value(its);
  }
  /// A member without a value.
  JsonWriter& member(std::string_view name, std::nullptr_t) { return key(name), null(); }
  /// An array of strings: what `f(each)` returns for each of `all`.
  template <class Range, class F>
  JsonWriter& strings(std::string_view name, const Range& all, F&& f) {
    key(name).open('[');
    for (const auto& each : all) value(f(each));
    return close(']');
  }

  /// Adds members that another writer has written.
  JsonWriter& members(std::string_view written) { return written.empty() ? *this : raw(written); }

  /// What was written so far.
  const std::string& text() const noexcept { return text_; }
  /// The same, moved out. Then the writer is empty.
  std::string take() noexcept { return std::move(text_); }

 private:
  void separate() {
    if (text_.empty()) return;
    const char last = text_.back();
    if (last != '{' && last != '[' && last != ':') text_ += ',';
  }
  JsonWriter& raw(std::string_view text) { return separate(), text_ += text, *this; }
  void add(char32_t code, std::string_view octets) {
    if (code == '"' || code == '\\') text_ += '\\';
    if ((code >= 0x20 && code < 0x7f) || (code > 0x7f && strings_ == JsonText::utf8)) {
      text_ += octets;
    } else if (code < 0x1'0000) {
      add_escaped(static_cast<unsigned>(code));
    } else {  // a pair of surrogates
      add_escaped(0xd7c0U + static_cast<unsigned>(code >> 10));
      add_escaped(0xdc00U + static_cast<unsigned>(code & 0x3ff));
    }
  }
  void add_escaped(unsigned unit) {
    std::array<char, 8> shown;
    const int size = std::snprintf(shown.data(), shown.size(), "\\u%04x", unit & 0xffff);
    text_.append(shown.data(), static_cast<std::size_t>(size));
  }

  JsonText strings_;
  std::string text_;
};

}  // namespace ilnp
