#pragma once

#include <cstdint>

namespace ilnp::test {

/// What the model has done, for tests.
struct ReferenceCounters {
  std::uint64_t forwarded = 0;
  std::uint64_t reflected = 0;  ///< of these, out on the interface that they came in on
  std::uint64_t no_route = 0;
  std::uint64_t hop_limit = 0;
  std::uint64_t handoff_duplicates = 0;  ///< kept back by the soft handoff rule
  std::uint64_t updates_sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t moves = 0;
  bool moving_ended = false;  ///< a handoff was abandoned, or was longer than the time between two moves
};

}  // namespace ilnp::test
