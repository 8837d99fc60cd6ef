#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace ilnp {

/// What `printable` does with characters that are harmless on a terminal but have a meaning in a line.
enum class Escape : std::uint8_t {
  unsafe,  ///< nothing: for text that is already escaped
  text,    ///< doubles a backslash, so that escapes cannot be confused with text
  name,    ///< like `text`, and escapes blanks: the text is one word of a line or one cell of a table
};

namespace detail {

struct CodePoint {
  char32_t value;
  std::size_t size;  ///< octets; 0: not UTF-8
};

inline CodePoint first_code_point(std::string_view text) noexcept {
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xc2 && lead < 0xe0   ? 2
                           : lead >= 0xe0 && lead < 0xf0 ? 3
                           : lead >= 0xf0 && lead < 0xf5 ? 4
                                                         : 0;
  if (size == 0 || text.size() < size) return {0, 0};
  char32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t at = 1; at < size; ++at) {
    if ((octet(at) & 0xc0) != 0x80) return {0, 0};
    value = value << 6 | (octet(at) & 0x3f);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x1'0000);
  if (overlong || (value >= 0xd800 && value < 0xe000) || value > 0x10'ffff) return {0, 0};
  return {value, size};
}

/// Above ASCII: control characters, blanks of every kind, characters that reorder or hide text, and non-characters.
inline bool is_deceptive(char32_t value) noexcept {
  constexpr std::array<std::pair<char32_t, char32_t>, 30> ranges{{
      {0x80, 0xa0},       {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},       {0x115f, 0x1160},
      {0x1680, 0x1680},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},     {0x2028, 0x202f},
      {0x205f, 0x206f},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},     {0xe000, 0xf8ff},
      {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},     {0xfff0, 0xfffb},
      {0xfffe, 0xffff},   {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff},   {0x2fffe, 0x2ffff},
      {0xe0000, 0xe0fff}, {0xefffe, 0xeffff}, {0xf0000, 0xfffff}, {0x100000, 0x10ffff}, {0x110000, 0x110000},
  }};
  for (const auto& [first, last] : ranges)
    if (value <= last) return value >= first;
  return false;
}

/// Marks that attach to the preceding character: at the beginning of a text, that would be somebody else's.
inline bool is_combining(char32_t value) noexcept {
  return (value >= 0x300 && value <= 0x36f) || (value >= 0x483 && value <= 0x489) ||
         (value >= 0x1ab0 && value <= 0x1aff) || (value >= 0x1dc0 && value <= 0x1dff) ||
         (value >= 0x20d0 && value <= 0x20ff) || (value >= 0xfe20 && value <= 0xfe2f);
}

}  // namespace detail

/// Makes text from the network or from a file safe for a terminal and for a line of a log. Control characters, blanks other
/// than the space, characters that reorder or hide text (Unicode's bidirectional controls, zero-width characters) and invalid
/// UTF-8 become `\x1b` (an octet) or `\u{202e}` (a code point). With `Escape::name` a space becomes `\x20`, and an empty text
/// `""`.
inline std::string printable(std::string_view text, Escape escape = Escape::text) {
  if (text.empty() && escape == Escape::name) return "\"\"";
  std::string out;
  out.reserve(text.size());
  const auto show = [&](const char* format, unsigned value) {
    std::array<char, 16> shown;
    const int size = std::snprintf(shown.data(), shown.size(), format, value);
    out.append(shown.data(), static_cast<std::size_t>(size));
  };
  for (bool first = true; !text.empty(); first = false) {
    const auto [value, size] = detail::first_code_point(text);
    if (size == 0) {
      show("\\x%02x", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    if (value < 0x20 || value == 0x7f || (value == ' ' && escape == Escape::name)) {
      show("\\x%02x", static_cast<unsigned>(value));
    } else if (value == '\\' && escape != Escape::unsafe) {
      out += "\\\\";
    } else if (detail::is_deceptive(value) || (first && detail::is_combining(value))) {
      show("\\u{%x}", static_cast<unsigned>(value));
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

/// A name as one word: see `Escape::name`.
inline std::string printable_name(std::string_view name) { return printable(name, Escape::name); }

}  // namespace ilnp
