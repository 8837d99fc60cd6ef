#pragma once

#include <algorithm>

#include "../base/context.hpp"

namespace ilnp::tun {

/// Admits so many in a second, and at first a few at once. Constant time and size.
class RateLimit {
 public:
  /// `burst`: at once; at least 1.
  constexpr RateLimit(unsigned per_second, unsigned burst) noexcept
      : pause_(Duration(std::chrono::seconds(1)) / static_cast<int>(per_second)),
        most_(pause_ * static_cast<int>(burst - 1)) {}

  /// Whether one more is admitted now. Counts it.
  bool admit(TimePoint now) noexcept {
    const TimePoint due = std::max(due_, now - most_);
    if (due > now) return false;
    due_ = due + pause_;
    return true;
  }

 private:
  Duration pause_;
  Duration most_;
  TimePoint due_ = long_ago;
};

}  // namespace ilnp::tun
