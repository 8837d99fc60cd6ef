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

/// The time of day, local, to a microsecond: `2026-01-31 12:00:00.000000`.
inline std::string timestamp(std::chrono::system_clock::time_point time = std::chrono::system_clock::now()) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = microseconds / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%06d", static_cast<int>(microseconds % 1'000'000));
  return text;
}

}  // namespace program
