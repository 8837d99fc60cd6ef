#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/epoch.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"
#include "traffic.hpp"

namespace ilnp {

/// A locator that this node has joined, and what is due on it.
struct Interface {
  Locator locator;        ///< names the network
  bool leaving = false;   ///< the old location during a handoff: still heard, no longer announced
  bool passing = false;   ///< joined by the current handoff, unless to stay (`Mover::join`)
  std::uint8_t slot = 0;  ///< a small number, unique while it is joined, below `Interfaces::max_joined`
  int announcements = 0;  ///< remaining unsolicited advertisements of a move
  TimePoint joined_at;    ///< the context's time when it was joined
  TimePoint last_sent = long_ago;  ///< the last frame with this locator as its source
  TimePoint solicit_at = never;    ///< a solicitation is due
  TimePoint advertise_at = never;  ///< an unsolicited advertisement is due
  Traffic sent = {};               ///< packets of this node through it, as far as settled
  Traffic received = {};           ///< for this node, as far as settled (`ILNP::settle_traffic`)
};

/// The locators that a node has joined: at most two sets of `NetworkConfig::max_locators`, so a linear scan is fastest.
/// Those that stay are in order of preference. A pointer is valid until the next change.
class Interfaces {
 public:
  static constexpr std::size_t max_joined = 32;  ///< the sets before and after a move
  static constexpr Duration duplicates_last =
      std::chrono::seconds(1);  ///< all copies of a packet arrive within this time

  /// Each change of the set bumps `epoch`.
  explicit Interfaces(Epoch& epoch) noexcept : changed_(epoch) {}

  Interface* find(Locator locator) noexcept {
    const auto at = find_by(all_, &Interface::locator, locator);
    return at == all_.end() ? nullptr : &*at;
  }
  const Interface* find(Locator locator) const noexcept {
    return const_cast<Interfaces*>(this)->find(locator);
  }

  /// Joined, even if it is being left.
  bool joined(Locator locator) const noexcept { return find(locator) != nullptr; }

  /// All that are joined, the preferred one first, those that are being left last.
  List<Locator> locators() const {
    List<Locator> found;
    for (const Interface& interface : all_) found.push_back(interface.locator);
    return found;
  }

  /// Joined, and not being left.
  bool current(Locator locator) const noexcept {
    const Interface* interface = find(locator);
    return interface && !interface->leaving;
  }

  /// A bit for each slot that is taken.
  std::uint32_t taken_slots() const noexcept {
    std::uint32_t taken = 0;
    for (const Interface& interface : all_) taken |= std::uint32_t{1} << interface.slot;
    return taken;
  }

  /// Adds `interface` and gives it a slot: the one that its locator had before, if it has not been reused (packets in
  /// flight there are still the same); otherwise the one that has been free longest.
  void add(const Interface& interface) {
    const std::uint32_t taken = taken_slots();
    const auto before = std::find(had_slot_.begin(), had_slot_.end(), interface.locator);
    std::size_t slot = static_cast<std::size_t>(before - had_slot_.begin());
    if (before == had_slot_.end() || taken >> slot & 1) {
      do {
        last_slot_ = static_cast<std::uint8_t>((last_slot_ + 1) % max_joined);
      } while (taken >> last_slot_ & 1 && all_.size() < max_joined);
      slot = last_slot_;
    }
    had_slot_[slot] = interface.locator;
    all_.push_back(interface);
    all_.back().slot = static_cast<std::uint8_t>(slot);
    if (all_.size() > 1) duplicates_until_ = never;
    changed_.note();
  }
  /// `locator` was left at `now`. Its slot is free.
  void remove(Locator locator, TimePoint now) {
    if (const Interface* gone = find(locator)) {
      left_[next_left_] = {locator, gone->last_sent};
      next_left_ = (next_left_ + 1) % left_.size();
    }
    all_.erase_if([&](const Interface& i) { return i.locator == locator; });
    if (all_.size() <= 1) duplicates_until_ = now + duplicates_last;
    changed_.note();
  }
  /// When the last frame with `locator` as its source was sent, also before it was left, as far as that is remembered.
  TimePoint last_sent(Locator locator) const noexcept {
    const Interface* interface = find(locator);
    TimePoint last = interface ? interface->last_sent : long_ago;
    for (const Left& left : left_)
      if (left.locator == locator) last = std::max(last, left.last_sent);
    return last;
  }
  /// Sorts the entries in the order of `locators`; those not among them come last.
  void prefer(std::span<const Locator> locators) {
    for (std::size_t i = locators.size(); i-- > 0;)
      if (const auto at = find_by(all_, &Interface::locator, locators[i]); at != all_.end())
        std::rotate(all_.begin(), at, std::next(at));
    changed_.note();
  }

  /// All of them, in the order of `locators()`.
  List<Interface>& all() noexcept { return all_; }
  /// The same for reading.
  const List<Interface>& all() const noexcept { return all_; }
  /// Until then packets may arrive more than once: while several locators are joined, and a little longer, because
  /// duplicates of what arrived at one that was left may still be on their way.
  TimePoint duplicates_until() const noexcept { return duplicates_until_; }
  /// The last change of the set.
  Epoch::Stamp changed() const noexcept { return changed_.stamp(); }

  /// The preferred interface among those that stay; null before the start.
  const Interface* preferred() const noexcept {
    const auto at = find_by(all_, &Interface::leaving, false);
    return at == all_.end() ? nullptr : &*at;
  }

 private:
  LastChange changed_;
  List<Interface> all_;
  TimePoint duplicates_until_ = long_ago;
  std::uint8_t last_slot_ = 0;
  std::array<Locator, max_joined> had_slot_{};  // the last locator in each slot

  struct Left {
    Locator locator;
    TimePoint last_sent = long_ago;
  };
  std::array<Left, 2 * max_joined> left_;  // the most recent ones, reused in turn
  std::size_t next_left_ = 0;
};

}  // namespace ilnp
