#pragma once

#include <sys/random.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>

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

/// 64 bits of the operating system's randomness, which nobody foresees: for secrets. Takes no descriptor. Throws
/// `boost::system::system_error` where the system gives none.
inline std::uint64_t system_secret() {
  std::uint64_t bits = 0;
  while (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
    if (errno != EINTR)
      throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
  return bits;
}

/// The same: for seeds, and for a node identifier that was not configured.
inline std::uint64_t random_seed() { return system_secret(); }

}  // namespace ilnp
