#pragma once

#include <array>
#include <cstdint>

#include "../base/context.hpp"
#include "../network/counters.hpp"

namespace ilnp {

/// How busy a node is: its packets per second, over the last few seconds. Call `sample` about once a second.
class RateMeter {
 public:
  static constexpr std::size_t max_samples = 6;  ///< the latest, from which the rates are computed
  /// Samples closer together than this count as one.
  static constexpr Duration apart = std::chrono::milliseconds(900);

  /// In packets per second.
  struct Rates {
    double seconds = 0;    ///< that they were measured over; 0: no rate is known
    double received = 0;   ///< frames
    double sent = 0;       ///< packets
    double delivered = 0;  ///< packets
    double forwarded = 0;  ///< packets
  };

  /// Notes the counters. To be called about once a second.
  void sample(const NetworkCounters& counters, TimePoint now) noexcept {
    if (taken_ != 0 && now - samples_[(taken_ - 1) % max_samples].at < apart) return;
    samples_[taken_++ % max_samples] = {now, counters.received, counters.sent, counters.delivered,
                                        counters.forwarded};
  }

  /// From the oldest sample until now.
  Rates rates(const NetworkCounters& counters, TimePoint now) const noexcept {
    if (taken_ == 0) return {};
    const Sample& oldest = samples_[taken_ < max_samples ? 0 : taken_ % max_samples];
    const double seconds = std::chrono::duration<double>(now - oldest.at).count();
    if (seconds < 0.1) return {};
    const auto rate = [&](std::uint64_t later, std::uint64_t earlier) {
      return static_cast<double>(later - earlier) / seconds;
    };
    return {seconds, rate(counters.received, oldest.received), rate(counters.sent, oldest.sent),
            rate(counters.delivered, oldest.delivered), rate(counters.forwarded, oldest.forwarded)};
  }

 private:
  struct Sample {
    TimePoint at = long_ago;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t forwarded = 0;
  };
  std::array<Sample, max_samples> samples_{};
  std::size_t taken_ = 0;
};

}  // namespace ilnp
