#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"

namespace ilnp {

/// Who has to be told of the last move, and who has acknowledged (docs/protocol.md, "Locator update"). A later move replaces an earlier
/// one: what is sent again is always the latest set.
class LocatorUpdates {
 public:
  static constexpr std::size_t max_pending = 4096;

  LocatorUpdates(unsigned retries, Duration wait) noexcept : attempts_(retries + 1), wait_(wait) {}

  /// This node is now at `locators`; nobody has been told.
  void begin(std::vector<Locator> locators) {
    locators_ = std::move(locators);
    pending_.clear();
  }

  /// `peer` is to be told at `due`. No effect if it is pending already, or if too many are.
  void add(Nid peer, TimePoint due) {
    if (pending_.size() == max_pending) return;
    if (std::ranges::find(pending_, peer, &Pending::peer) == pending_.end())
      pending_.push_back({peer, due, 0});
  }

  /// `peer` has acknowledged an update whose first locator was `first`. True if that was the last one, and pending.
  bool acknowledge(Nid peer, Locator first) {
    if (locators_.empty() || locators_.front() != first) return false;
    return std::erase_if(pending_, [&](const Pending& p) { return p.peer == peer; }) != 0;
  }

  /// Calls `send(peer, attempt)` for each that is due, and `give_up(peer)` for each that did not answer the last attempt.
  template <class Send, class GiveUp>
  void poll(TimePoint now, Send&& send, GiveUp&& give_up) {
    std::erase_if(pending_, [&](Pending& p) {
      if (p.due > now) return false;
      if (p.attempts == attempts_) {
        give_up(p.peer);
        return true;
      }
      p.due = now + wait_;
      send(p.peer, ++p.attempts);
      return false;
    });
  }

  TimePoint next_deadline() const noexcept {
    TimePoint next = never;
    for (const Pending& p : pending_) next = std::min(next, p.due);
    return next;
  }

  std::span<const Locator> locators() const noexcept { return locators_; }
  std::size_t pending() const noexcept { return pending_.size(); }

 private:
  struct Pending {
    Nid peer;
    TimePoint due;
    unsigned attempts;
  };

  unsigned attempts_;
  Duration wait_;
  std::vector<Locator> locators_;
  std::vector<Pending> pending_;
};

}  // namespace ilnp
