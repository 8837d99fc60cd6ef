#pragma once

#include <utility>

#include "config.hpp"

namespace ilnp {

/// When a node moves through the cycle of its locator sets (docs/behaviour.md, "Moves"). Moves stay on a grid of
/// `move_time`, however late a call is.
class MoveSchedule {
 public:
  /// Refers to `config`, which must outlive it.
  explicit MoveSchedule(const NetworkConfig& config) noexcept : config_(&config) {}

  /// The node is in `current_set()` since `now`: it moves on after `move_time`, if there is another set.
  void start(TimePoint now) noexcept {
    if (!suspended_ && config_->locators.size() > 1) next_move_ = now + config_->move_time;
  }

  /// `never` if there is no cycle, or it is suspended.
  TimePoint next_move() const noexcept { return next_move_; }
  /// `never` if there is no handoff in progress.
  TimePoint handoff_end() const noexcept { return handoff_end_; }
  /// True between `suspend` and `resume`.
  bool suspended() const noexcept { return suspended_; }

  /// The set in the cycle where the node is, or would be without the suspension.
  const NetworkConfig::LocatorSet& current_set() const noexcept { return config_->locators[index_]; }

  /// The next set in the cycle.
  const NetworkConfig::LocatorSet& next_set() const noexcept {
    return config_->locators[(index_ + 1) % config_->locators.size()];
  }

  /// The move that was due at `next_move()` was tried at `now`; `moved`: it was made.
  void tried(bool moved, TimePoint now) noexcept {
    if (moved) index_ = (index_ + 1) % config_->locators.size();
    if (next_move_ <= now) next_move_ += ((now - next_move_) / config_->move_time + 1) * config_->move_time;
  }

  /// From now on the cycle makes no move, until `resume`.
  void suspend() noexcept {
    suspended_ = true;
    next_move_ = never;
  }
  /// The cycle continues at `now` from `current_set()`.
  void resume(TimePoint now) noexcept {
    if (std::exchange(suspended_, false)) start(now);
  }

  /// A handoff has begun at `now`.
  void begin_handoff(TimePoint now) noexcept { handoff_end_ = now + config_->handoff_time; }
  /// The handoff has ended: when it was due, or because another move begins.
  void end_handoff() noexcept { handoff_end_ = never; }

 private:
  const NetworkConfig* config_;
  std::size_t index_ = 0;
  TimePoint next_move_ = never;
  TimePoint handoff_end_ = never;
  bool suspended_ = false;
};

}  // namespace ilnp
