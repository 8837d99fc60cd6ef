#pragma once

// Which format a client of the metrics wants.

#include <algorithm>
#include <charconv>
#include <ilnp/base/ascii_case.hpp>
#include <string_view>
#include <system_error>

namespace program {

namespace detail {

/// What stands before the next separator, without blanks around it; removed from `rest`.
inline std::string_view next_part(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  const auto first = part.find_first_not_of(" \t");
  if (first == part.npos) return {};
  return part.substr(first, part.find_last_not_of(" \t") - first + 1);
}

/// A weight (RFC 9110, section 12.4.2); 0 if it is none.
inline double weight(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool valid = error == std::errc{} && end == text.data() + text.size() && value >= 0 && value <= 1;
  return valid ? value : 0;
}

}  // namespace detail

/// Whether a request with this header `Accept` gets OpenMetrics: if it names that format, and prefers it to plain text or likes both
/// alike (RFC 9110, section 12.5.1).
inline bool accepts_openmetrics(std::string_view accept) {
  double open = 0;
  double plain = 0;
  while (!accept.empty()) {
    std::string_view range = detail::next_part(accept, ',');
    const std::string_view type = detail::next_part(range, ';');
    double quality = 1;
    while (!range.empty()) {
      std::string_view parameter = detail::next_part(range, ';');
      if (ilnp::equal_but_for_case(detail::next_part(parameter, '='), "q"))
        quality = detail::weight(detail::next_part(parameter, ';'));
    }
    if (ilnp::equal_but_for_case(type, "application/openmetrics-text")) open = std::max(open, quality);
    if (ilnp::equal_but_for_case(type, "text/plain")) plain = std::max(plain, quality);
  }
  return open > 0 && open >= plain;
}

}  // namespace program
