#pragma once

#include "local_node.hpp"
#include "neighbour_table.hpp"

namespace ilnp {

/// What a node does that was not run for a while, because the machine slept, or the process was stopped. Others have moved
/// meanwhile: nothing that it learnt before is trusted without confirmation, nor is what waited for it.
///
/// - Until it has caught up, what discovery messages say is neither believed nor passed on.
/// - Then it asks who is there. What was known before is a last resort: the first confirmation is better, whatever it
///   says, and what is not confirmed is soon forgotten.
template <Underlay Next>
class Resumption {
 public:
  /// For so long what comes in may be old, unless the shell says sooner that it has taken all that waited.
  static constexpr Duration catch_up_time = std::chrono::milliseconds(250);
  /// For so long a node that is not heard of again is taken to be where it was.
  static constexpr Duration confirm_time = std::chrono::seconds(2);
  /// So much later this node asks again for those that it has used, and not heard of.
  static constexpr Duration ask_again_time = std::chrono::milliseconds(1100);

  Resumption(LocalNode<Next>& node, NeighbourTable& neighbours) noexcept
      : node_(&node), neighbours_(&neighbours) {}

  void begin(TimePoint now) {
    behind_until_ = now + catch_up_time;
    doubt_all(now);
  }

  /// All that waited has been fed.
  void caught_up(TimePoint now) {
    behind_until_ = never;
    ask_again_at_ = now + ask_again_time;
    doubt_all(now);
    node_->solicit(now);
  }

  /// What comes in may have waited.
  bool behind() const noexcept { return behind_until_ != never; }

  void on_timer(TimePoint now) {
    if (behind_until_ <= now) caught_up(now);
    if (ask_again_at_ > now) return;
    const TimePoint forgotten = std::exchange(ask_again_at_, never) - ask_again_time + confirm_time;
    if (node_->hosts.wants_before(forgotten, now)) node_->solicit(now);
  }
  TimePoint next_deadline() const noexcept { return std::min(behind_until_, ask_again_at_); }

 private:
  void doubt_all(TimePoint now) {
    ++node_->ways;
    node_->forwarding.doubt_all(now);
    node_->hosts.doubt_all(now, now + confirm_time);
    neighbours_->doubt_all(now);
  }

  LocalNode<Next>* node_;
  NeighbourTable* neighbours_;
  TimePoint behind_until_ = never;
  TimePoint ask_again_at_ = never;
};

}  // namespace ilnp
