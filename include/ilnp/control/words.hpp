#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ilnp {

/// The words of a control request, and its user's text in replies.
class ControlWords {
 public:
  /// Splits `request` at blanks and line ends; at most `most` words, and one more if there are more.
  static std::vector<std::string_view> split(std::string_view request, std::size_t most) {
    std::vector<std::string_view> words;
    while (words.size() <= most) {
      const auto begin = request.find_first_not_of(blanks);
      if (begin == request.npos) break;
      request.remove_prefix(begin);
      words.push_back(request.substr(0, request.find_first_of(blanks)));
      request.remove_prefix(words.back().size());
    }
    return words;
  }

  /// Quotes the user's text for a terminal: shortened, and printable ASCII only.
  static std::string quoted(std::string_view text) {
    std::string shown(text.substr(0, 60));
    for (char& each : shown)
      if (each < ' ' || each > '~') each = '?';
    return '\'' + shown + (text.size() > 60 ? "...'" : "'");
  }

  /// A port from 1 to 65535; none if it is not one.
  static std::optional<std::uint16_t> port(std::string_view text) noexcept {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > 65535)
      return std::nullopt;
    return static_cast<std::uint16_t>(value);
  }
  /// What is wrong with it, as one line for the user.
  static std::string bad_port(const char* which, std::string_view text) {
    return std::string(which) + " port " + quoted(text) + " is not a number from 1 to 65535";
  }

 private:
  static constexpr std::string_view blanks{" \t\r\n\0", 5};
};

}  // namespace ilnp
