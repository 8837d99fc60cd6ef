#pragma once

#include <algorithm>
#include <cstdint>

#include "../base/context.hpp"
#include "../base/multiply.hpp"

namespace ilnp::sim {

/// Transmits one frame after the other, at a given rate; the others wait in a bounded queue. Computes with integers, so the
/// times are the same everywhere.
class Line {
 public:
  /// Transmits a frame of `size` octets, no earlier than `time`; sets `time` to the end of the transmission. False, and
  /// nothing has changed, if more than `queue_limit` octets would wait. `bandwidth`: bits a second. 0 means unlimited for
  /// both.
  bool carry(std::size_t size, std::uint64_t bandwidth, std::size_t queue_limit, TimePoint& time) noexcept {
    constexpr std::uint64_t octet = 8'000'000'000;  // bits, in billionths
    if (bandwidth == 0) return true;
    const TimePoint begin = std::max(time, busy_until_);
    const Wide waiting = multiply(static_cast<std::uint64_t>((begin - time).count()), bandwidth);
    if (queue_limit != 0 && (size > queue_limit || waiting > multiply(queue_limit - size, octet)))
      return false;
    time = busy_until_ = begin + Duration(static_cast<Duration::rep>(size * octet / bandwidth));
    return true;
  }

 private:
  TimePoint busy_until_{};
};

}  // namespace ilnp::sim
