#pragma once

#include <algorithm>
#include <array>

#include "forwarding_account.hpp"

namespace ilnp {

/// Which packets are looked for on two networks when there are too many to look for all: those with certain keyed hashes,
/// so that both networks show the same ones, and nobody without the key can tell which.
///
/// One packet in 2^n is in the sample. `n` grows as soon as more than `budget` packets were noted in a step, and shrinks
/// again step by step.
class PacketSample {
 public:
  using Step = ForwardingAccount::Step;  ///< the number of a step of time

  /// `budget`: packets that may be noted in a step before the sample becomes smaller.
  explicit PacketSample(unsigned budget) noexcept : budget_(budget) {}

  /// Is this packet in the sample now?
  bool has(std::uint64_t hash, Step now) noexcept {
    advance(now);
    return in(hash, shift_);
  }
  /// Was it also in the sample in each recent step, so that it was noted if it was overheard first?
  bool had(std::uint64_t hash, Step now) noexcept {
    advance(now);
    return in(hash, strictest_);
  }

  /// One more packet is noted.
  void note(Step now) noexcept {
    advance(now);
    if (++noted_ <= budget_ || shift_ == max_shift) return;
    noted_ = 0;
    shifts_[now % shifts_.size()] = ++shift_;
    strictest_ = std::max(strictest_, shift_);
  }

 private:
  static constexpr std::uint8_t max_shift = 16;

  static bool in(std::uint64_t hash, unsigned shift) noexcept {
    return shift == 0 || hash >> (64 - shift) == 0;
  }

  void advance(Step now) noexcept {
    if (now == step_) return;
    const Step steps = now - step_;
    const Step quiet = noted_ < budget_ / 4 ? steps : steps - 1;
    shift_ = static_cast<std::uint8_t>(shift_ - std::min<Step>(shift_, quiet));
    noted_ = 0;
    for (Step age = std::min(steps, static_cast<Step>(shifts_.size())); age-- > 0;)
      shifts_[(now - age) % shifts_.size()] = shift_;
    step_ = now;
    strictest_ = 0;
    for (const std::uint8_t shift : shifts_) strictest_ = std::max(strictest_, shift);
  }

  unsigned budget_;
  unsigned noted_ = 0;  // in this step, since `shift_` last changed
  Step step_ = 0;
  std::array<std::uint8_t, ForwardingAccount::max_patience + 1> shifts_{};  // by step
  std::uint8_t shift_ = 0;      // one packet in 2^shift is in the sample
  std::uint8_t strictest_ = 0;  // of `shifts_`
};

}  // namespace ilnp
