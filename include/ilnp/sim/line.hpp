#pragma once

#include <algorithm>
#include <cstdint>

#include "../context.hpp"

namespace ilnp::sim {

/// Carries one frame after the other, at so many bits a second; what has to wait, waits in a queue with a
/// limit. Reckons in integers, so that it gives the same times everywhere.
class Line {
 public:
  /// A frame of `size` octets is to be carried from `time` on; moves `time` to the end of its transmission.
  /// False, and nothing has changed, if `queue_limit` octets would be exceeded. `bandwidth`: bits a second;
  /// 0: without limit. `queue_limit`: 0: without limit.
  bool carry(std::size_t size, std::uint64_t bandwidth, std::size_t queue_limit, TimePoint& time) noexcept {
    __extension__ using Wide = unsigned __int128;
    constexpr std::uint64_t octet = 8'000'000'000;  // bits, in billionths
    if (bandwidth == 0) return true;
    const TimePoint begin = std::max(time, busy_until_);
    const Wide waiting = static_cast<Wide>(static_cast<std::uint64_t>((begin - time).count())) * bandwidth;
    if (queue_limit != 0 && (size > queue_limit || waiting > static_cast<Wide>(queue_limit - size) * octet))
      return false;
    time = busy_until_ = begin + Duration(static_cast<Duration::rep>(size * octet / bandwidth));
    return true;
  }

 private:
  TimePoint busy_until_{};
};

}  // namespace ilnp::sim
