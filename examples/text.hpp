#pragma once

// Text for people: the time of day, and text that is safe for a terminal.

#include <chrono>
#include <cstdio>
#include <ctime>
#include <ilnp/base/printable.hpp>
#include <string>

namespace program {

using ilnp::printable;
using ilnp::printable_name;

namespace detail {

/// `format` is strftime's, for whole seconds; microseconds follow.
inline std::string time_text(std::chrono::system_clock::time_point time, const char* format,
                             std::tm* (*parts_of)(const std::time_t*, std::tm*)) {
  const auto microseconds = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = microseconds / 1'000'000;
  std::tm parts{};
  parts_of(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, format, &parts);
  std::snprintf(text + size, sizeof text - size, ".%06d", static_cast<int>(microseconds % 1'000'000));
  return text;
}

}  // namespace detail

/// The time of day, local, to a microsecond: `2026-01-31 12:00:00.000000`.
inline std::string timestamp(std::chrono::system_clock::time_point time = std::chrono::system_clock::now()) {
  return detail::time_text(time, "%Y-%m-%d %H:%M:%S", ::localtime_r);
}

/// The same in UTC, as RFC 3339 has it: `2026-01-31T11:00:00.000000Z`.
inline std::string utc_timestamp(
    std::chrono::system_clock::time_point time = std::chrono::system_clock::now()) {
  return detail::time_text(time, "%Y-%m-%dT%H:%M:%S", ::gmtime_r) + 'Z';
}

}  // namespace program
