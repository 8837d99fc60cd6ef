#pragma once

#include <algorithm>

#include "../base/context.hpp"

namespace ilnp {

/// When to solicit (docs/behaviour.md, "Discovery"): in rounds, and out of turn when something that is needed is unknown or
/// about to expire.
class DiscoveryRounds {
 public:
  /// `refresh`: an endpoint that has sent nothing for this long announces itself, so that routers do not forget it.
  DiscoveryRounds(Duration wait_time, Duration refresh) noexcept : wait_time_(wait_time), refresh_(refresh) {}

  /// The node starts. The first round, like each further one, is due after a random time from half of `wait_time` to
  /// all of it.
  template <ContextLike Cx>
  void start(Cx& cx) {
    schedule(cx);
    refresh_at_ = cx.now() + refresh_;
  }

  /// Another node's solicitation was heard. All nodes answer it, so this node need not solicit for a while.
  void heard(TimePoint now) noexcept { heard_ = now; }

  /// Something is unknown. True if it is time to solicit: soon at first (the solicitation or the reply may have been lost),
  /// then at growing intervals of up to `max_gap`; and not right after another node has solicited.
  bool ask(TimePoint now) noexcept {
    const Duration longest = std::min(max_gap, refresh_ / 2);
    const bool quiet = now - asked_ >= 2 * longest;
    if ((!quiet && now - asked_ < gap_) || now - heard_ < longest / 4) return false;
    asked_ = now;
    gap_ = quiet ? std::min(min_gap, longest) : std::min(2 * gap_, longest);
    return true;
  }

  /// True if a round is due and no other node has recently solicited; schedules the next round.
  template <ContextLike Cx>
  bool round_due(Cx& cx) {
    if (cx.now() < round_at_) return false;
    schedule(cx);
    if (cx.now() - heard_ < wait_time_) return false;
    asked_ = cx.now();
    return true;
  }

  /// True if it is time to check whether routers need a reminder of this node.
  bool refresh_due(TimePoint now) noexcept {
    if (now < refresh_at_) return false;
    refresh_at_ = now + refresh_;
    return true;
  }

  /// As given to the constructor.
  Duration refresh() const noexcept { return refresh_; }
  TimePoint next_deadline() const noexcept { return std::min(round_at_, refresh_at_); }

 private:
  static constexpr Duration min_gap =
      std::chrono::milliseconds(1100);  // equal messages are passed on once a second
  static constexpr Duration max_gap = std::chrono::seconds(5);

  template <ContextLike Cx>
  void schedule(Cx& cx) {
    const auto half = wait_time_ / 2;
    round_at_ = cx.now() + half +
                Duration(static_cast<Duration::rep>(cx.random(static_cast<std::uint64_t>(half.count()) + 1)));
  }

  Duration wait_time_;
  Duration refresh_;
  TimePoint round_at_ = never;
  TimePoint refresh_at_ = never;
  TimePoint heard_ = long_ago;
  TimePoint asked_ = long_ago;
  Duration gap_{};
};

}  // namespace ilnp
