#pragma once

#include <algorithm>
#include <span>

#include "../base/address.hpp"
#include "../base/bounded_table.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"

namespace ilnp {

/// Which nodes must be told of the last move, and which have acknowledged (docs/behaviour.md, "Locator updates"). A later
/// move replaces an earlier one: a repeated update always contains the latest set.
class LocatorUpdates {
 public:
  static constexpr std::size_t max_pending = 4096;  ///< nodes; further ones are not told

  /// `retries`: how often an update that is not acknowledged is repeated. `wait`: the time before each repetition.
  LocatorUpdates(unsigned retries, Duration wait) noexcept : attempts_(retries + 1), wait_(wait) {}

  void rekey(const HashKey& key) { pending_.rekey(key); }

  /// This node is now at `locators`; nobody has been told.
  void begin(List<Locator> locators) {
    locators_ = std::move(locators);
    erase_all([](Nid, const Pending&) { return true; });
    next_ = never;
  }

  /// `peer` must be told at `due`. No effect if it is pending already, or if too many are.
  void add(Nid peer, TimePoint due) {
    if (pending_.size() == max_pending || pending_.find(peer)) return;
    pending_.insert(peer, 0, due).due = due;
    next_ = std::min(next_, due);
  }

  /// `peer` has acknowledged an update whose first locator was `first`. True if that was the latest one, and pending.
  bool acknowledge(Nid peer, Locator first) {
    if (locators_.empty() || locators_.front() != first || !pending_.find(peer)) return false;
    pending_.erase(peer);
    if (pending_.size() == 0) next_ = never;
    return true;
  }

  /// Calls `send(peer, attempt)` for each that is due, and `give_up(peer)` for each that has not acknowledged the last
  /// attempt.
  template <class Send, class GiveUp>
  void poll(TimePoint now, Send&& send, GiveUp&& give_up) {
    if (next_ > now) return;
    next_ = never;
    erase_all([&](Nid peer, Pending& p) {
      const bool due = p.due <= now;
      if (due && p.attempts == attempts_) return give_up(peer), true;
      if (due) p.due = now + wait_;
      next_ = std::min(next_, p.due);
      if (due) send(peer, ++p.attempts);
      return false;
    });
  }

  /// Not later than the first that is due.
  TimePoint next_deadline() const noexcept { return next_; }

  /// Where this node is since the last `begin`; empty before. Valid until the next.
  std::span<const Locator> locators() const noexcept { return locators_; }
  /// How many nodes have not acknowledged, and are not given up.
  std::size_t pending() const noexcept { return pending_.size(); }

 private:
  struct Pending {
    TimePoint due = never;
    unsigned attempts = 0;

    TimePoint last_used() const noexcept { return due; }  // there is room for all
    bool expired(TimePoint) const noexcept { return false; }
  };

  template <class If>
  void erase_all(If&& condition) {
    gone_.clear();
    pending_.for_each([&](Nid peer, Pending& p) {
      if (condition(peer, p)) gone_.push_back(peer);
    });
    for (const Nid peer : gone_) pending_.erase(peer);
  }

  unsigned attempts_;
  Duration wait_;
  List<Locator> locators_;
  BoundedTable<Nid, Pending> pending_{max_pending};
  List<Nid> gone_;
  TimePoint next_ = never;
};

}  // namespace ilnp
