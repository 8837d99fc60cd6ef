#pragma once

#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime is of POSIX

#include <chrono>
#include <cstdint>

#include "../base/context.hpp"
#include "../posix/system_secret.hpp"

namespace ilnp {

/// The time since the machine was started, on the time line of the protocol code. It never goes back, and, unlike
/// `std::chrono::steady_clock`, it continues while the machine sleeps: what was learnt before is then that much older.
inline TimePoint steady_now() noexcept {
  timespec time{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &time);
  return TimePoint(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

/// The clock of a running node; a test may use another.
struct BootClock {
  /// The time that has passed since the machine started, including sleep.
  static TimePoint now() noexcept { return steady_now(); }
};

/// 64 unpredictable bits: for seeds, and for a node identifier that was not configured.
inline std::uint64_t random_seed() { return system_secret(); }

}  // namespace ilnp
