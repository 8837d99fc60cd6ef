#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "../base/context.hpp"

namespace ilnp {

/// How many of the packets of a flow that another node should forward it has recently forwarded. Time is divided into
/// steps; what is not heard within `patience` whole steps counts as missed.
///
/// A node does not hear everything that is sent, so a few missed packets prove nothing: one, and another for each
/// `tolerated`. The account covers the last half second to second; in a flow of few packets, the last ten to twenty
/// packets. The patience is two steps more than the slowest forwarded packet has taken in that time: a detour over slow
/// networks is no loss.
class ForwardingAccount {
 public:
  using Step = std::uint32_t;  ///< the number of a step; only differences have a meaning
  static constexpr Duration step = std::chrono::milliseconds(125);  ///< how long each step lasts
  static constexpr Step max_patience = 5;                           ///< the longest `patience()`
  static constexpr unsigned tolerated = 25;                         ///< one in this many
  static constexpr unsigned enough = 8;  ///< packets that show that another node forwards

  /// The step in which `time` lies.
  static Step step_at(TimePoint time) noexcept { return static_cast<Step>(time.time_since_epoch() / step); }

  /// Forgets everything before `now`.
  void begin(Step now) noexcept {
    *this = {};
    since_ = begun_ = now;
  }

  /// From now on a packet is waited for.
  void expect(Step now) noexcept {
    settle(now);
    Pending& pending = pending_[now % pending_.size()];
    pending.step = now;
    ++pending.expected;
  }

  /// Steps after which a packet that was not heard counts as missed.
  Step patience() const noexcept {
    return std::min(std::max(recent_.slowest, before_.slowest) + 2, max_patience);
  }

  /// A packet that was waited for since `then` was heard, perhaps too late.
  void hear(Step then, Step now) noexcept {
    recent_.slowest = std::max(recent_.slowest, now - then);
    Pending& pending = pending_[then % pending_.size()];
    if (pending.step == then && pending.heard < pending.expected) ++pending.heard;
  }

  /// Have too many been missed?
  bool failing(Step now) noexcept {
    settle(now);
    const unsigned total = recent_.total + before_.total;
    return recent_.missed + before_.missed > 1 + total / tolerated;
  }

  /// Has the other node shown that it forwards: enough packets, for `proof`, of which hardly any were recently missed?
  bool proven(Step now, Duration proof) noexcept {
    if (failing(now)) since_ = now;
    return recent_.total + before_.total >= enough && (now - since_) * step >= proof;
  }

 private:
  struct Pending {
    Step step = 0;
    std::uint16_t expected = 0;
    std::uint16_t heard = 0;
  };
  struct Share {
    std::uint16_t total = 0;
    std::uint16_t missed = 0;
    Step slowest = 0;  // of the forwarded packets that were heard
  };
  static constexpr Step short_share = 4, long_share = 40;  // half a second; five
  static constexpr unsigned few = 10;

  /// Closes the steps of which nothing more can be heard.
  void settle(Step now) noexcept {
    if (now == settled_) return;
    settled_ = now;
    const Step age = now - begun_;
    if (age >= long_share || (age >= short_share && recent_.total >= few)) {
      before_ = age < 2 * long_share ? recent_ : Share{};
      recent_ = {};
      begun_ = now;
    }
    for (Pending& pending : pending_) {
      if (pending.expected == 0 || now - pending.step <= patience()) continue;
      recent_.total = static_cast<std::uint16_t>(recent_.total + pending.expected);
      recent_.missed = static_cast<std::uint16_t>(recent_.missed + pending.expected - pending.heard);
      pending = {};
    }
  }

  std::array<Pending, max_patience + 2> pending_;
  Share recent_, before_;
  Step since_ = 0;  // when the account began, or too many packets were last missed
  Step begun_ = 0;  // when `recent_` began
  Step settled_ = 0;
};

}  // namespace ilnp
