#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "../context.hpp"

namespace ilnp {

/// The time of the operating system's steady clock, on the time line of the protocol code.
inline TimePoint steady_now() noexcept {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// A time of the protocol code, for timers. `time` must not be `never`.
inline std::chrono::steady_clock::time_point to_steady(TimePoint time) noexcept {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

/// 64 bits that nobody foresees: for seeds, and for a node identifier that was not configured.
inline std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace ilnp
