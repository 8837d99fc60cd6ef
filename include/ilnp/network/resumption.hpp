#pragma once

#include "neighbour_table.hpp"
#include "reachability.hpp"

namespace ilnp {

/// What a node does after a suspension (docs/behaviour.md, "Suspension"): the machine slept, or the process was stopped.
/// Others have moved in the meantime, so neither what it learnt before nor what waited in its sockets is trusted without
/// confirmation.
///
/// - Until it has caught up, discovery messages are neither believed nor passed on.
/// - Then it solicits. What it knew before is a last resort: the first confirmation takes precedence, whatever it says, and
///   what is not confirmed is soon forgotten.
template <class Interop = FirstImplementation>
class Resumption {
  using Neighbours = BasicNeighbourTable<Interop>;

 public:
  /// What arrives within this time may be old, unless the shell reports sooner that it has read everything that waited.
  static constexpr Duration catch_up_time = std::chrono::milliseconds(250);
  /// A node that has not been heard again is believed to be where it was for this long.
  static constexpr Duration confirm_time = std::chrono::seconds(2);
  /// After this time this node solicits again, if a node that it has used was not heard.
  static constexpr Duration ask_again_time = std::chrono::milliseconds(1100);

  Resumption(Reachability& reach, Neighbours& neighbours) noexcept
      : reach_(&reach), neighbours_(&neighbours) {}

  /// The node runs again: doubts what it knows, and is `behind` until it has caught up.
  void begin(TimePoint now) {
    behind_until_ = now + catch_up_time;
    doubt_all(now);
  }

  /// Everything that waited has been fed.
  void caught_up(TimePoint now) {
    behind_until_ = never;
    ask_again_at_ = now + ask_again_time;
    doubt_all(now);
    reach_->solicit(now);
  }

  /// What arrives may have waited.
  bool behind() const noexcept { return behind_until_ != never; }

  void on_timer(TimePoint now) {
    if (behind_until_ <= now) caught_up(now);
    if (ask_again_at_ > now) return;
    const TimePoint forgotten = std::exchange(ask_again_at_, never) - ask_again_time + confirm_time;
    if (reach_->hosts.wants_before(forgotten, now)) reach_->solicit(now);
  }
  TimePoint next_deadline() const noexcept { return std::min(behind_until_, ask_again_at_); }

 private:
  void doubt_all(TimePoint now) {
    reach_->forwarding.doubt_all(now);
    reach_->hosts.doubt_all(now, now + confirm_time);
    neighbours_->doubt_all(now);
  }

  Reachability* reach_;
  Neighbours* neighbours_;
  TimePoint behind_until_ = never;
  TimePoint ask_again_at_ = never;
};

}  // namespace ilnp
