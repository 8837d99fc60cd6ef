#pragma once

#include <algorithm>
#include <cstdint>

#include "../base/context.hpp"
#include "../base/random.hpp"

namespace ilnp::sim {

/// Losses in bursts (Gilbert 1960, Elliott 1963): a channel that is good or bad, and may change with each frame.
struct Bursts {
  double begin = 0;  ///< probability that a good channel turns bad
  double end = 1;    ///< probability that a bad channel turns good
  double loss = 1;   ///< probability that a frame is lost while the channel is bad
};

/// How a network, or one host's attachment to it, treats frames. Everything may be changed while the world runs.
/// Probabilities are for each frame and each receiver.
struct Conditions {
  Duration delay = std::chrono::microseconds(100);  ///< from the end of the transmission to the arrival
  Duration jitter{};                                ///< uniform, added to the delay; keeps the order
  double loss = 0;                                  ///< independent losses
  Bursts bursts;                                    ///< losses in bursts, in addition
  double duplication = 0;                           ///< the frame arrives twice
  double reordering = 0;                            ///< the frame arrives late, and others overtake it
  Duration reordering_delay = std::chrono::milliseconds(1);  ///< at most this late
  std::uint64_t bandwidth = 0;  ///< bits a second, shared by all senders; 0: unlimited
  std::size_t queue_limit = 0;  ///< octets that may wait for transmission; more are dropped; 0: unlimited
};

/// True with the given probability. Always draws, so that a change of the probability shifts nothing else.
inline bool happens(Random& random, double probability) noexcept {
  return static_cast<double>(random() >> 11) * 0x1p-53 < probability;
}

/// Uniform in [0, most].
inline Duration uniform(Random& random, Duration most) noexcept {
  const auto bound = static_cast<std::uint64_t>(std::max<Duration::rep>(most.count(), 0)) + 1;
  return Duration(static_cast<Duration::rep>(random.below(bound)));
}

/// The two states of `Bursts`.
class BurstChannel {
 public:
  /// Call for each frame; true if it is lost.
  bool loses(const Bursts& bursts, Random& random) noexcept {
    bad_ = bad_ ? !happens(random, bursts.end) : happens(random, bursts.begin);
    return happens(random, bursts.loss) && bad_;
  }

 private:
  bool bad_ = false;
};

}  // namespace ilnp::sim
