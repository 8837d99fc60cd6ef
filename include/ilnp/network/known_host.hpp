#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"
#include "next_hops.hpp"
#include "update_trial.hpp"

namespace ilnp {

/// Another node as this one knows it: its name, and where it was seen or has said to be.
///
/// Which locator to use (docs/behaviour.md, "Choosing a locator"): the candidates are those of the last locator update,
/// until newer information contradicts it, and those of the latest burst of confirmations. Of the candidates for which
/// there is a route, the one in use stays; otherwise one that this node has joined comes first, and then the newest. A
/// locator that both have joined takes precedence over the one in use only when this node itself has joined or left a
/// network.
/// An update that turns out to be wrong is undone (`UpdateTrial`).
class KnownHost {
 public:
  /// The most that are remembered; the one confirmed longest ago gives way.
  static constexpr std::size_t max_locators = 16;
  static constexpr Duration burst = std::chrono::seconds(1);  ///< confirmations this close together are one
  static constexpr Duration update_wins =
      std::chrono::seconds(2);  ///< over an advertisement that was already on its way

  static constexpr unsigned max_missed = 2;  ///< bursts that do not mention a locator of an update

  /// A locator where the node is or was.
  struct Place {
    Locator locator;       ///< names the network
    TimePoint confirmed;   ///< the last time; set back when newer information contradicts it
    bool updated = false;  ///< named by the last locator update
    unsigned missed = 0;   ///< bursts of confirmations in a row that did not mention it
  };

  /// A discovery message says that the node is at `locator`. False if that contradicts an update that is too recent.
  bool confirm(Locator locator, TimePoint now) {
    Place* place = find(locator);
    const bool listed = place && place->updated;
    if (!listed && now - updated_at_ < update_wins) return false;
    if (!listed && any_updated()) {
      // It has moved on, or the update was incomplete: from now on the confirmations decide.
      for (Place& other : places_) other.updated = false;
    }
    if (const TimePoint latest = last_confirmed(); now - latest >= burst) {
      // It was missing from locators of the update in two bursts: it is no longer there, though it did not say so.
      for (Place& other : places_) {
        other.missed = other.confirmed < latest - burst ? other.missed + 1 : 0;
        if (other.missed >= max_missed) other.updated = false;
      }
    }
    if (!place) place = &add(locator);
    // Heard twice here, and not once where packets go: it has moved, although all of that is within one burst.
    Place* present = locator != in_use_ ? find(in_use_) : nullptr;
    if (present && !present->updated && place->confirmed > present->confirmed &&
        now - place->confirmed >= burst / 4)
      present->confirmed = place->confirmed - 2 * burst;
    place->confirmed = now;
    change();
    return true;
  }

  /// The node itself has said that it is at `locators`, the preferred one first, and nowhere else. What was known before is
  /// used only while there is no route to the new locators. On trial if anything was known.
  void update(std::span<const Locator> locators, TimePoint now) {
    if (!trial_.open()) before_ = places_, before_in_use_ = in_use_, still_at_ = Locator{};
    if (!before_.empty()) trial_.begin(now);
    updated_at_ = now;
    for (Place& place : places_)
      place.updated = false, place.confirmed = std::min(place.confirmed, now - 2 * burst);
    const auto named = locators.first(std::min(locators.size(), max_locators));
    for (std::size_t at = named.size(); at-- > 0;) {
      Place* place = find(named[at]);
      if (!place) place = &add(named[at]);
      const Place moved{named[at], now, true};
      places_.erase(place);
      places_.push_front(moved);
    }
    change();
  }

  /// What is known may no longer be true: the first locator that is confirmed, or named by an update, takes precedence over
  /// all.
  void doubt(TimePoint now) {
    updated_at_ = long_ago;
    trial_.prove();
    before_.clear();
    for (Place& place : places_)
      place.updated = false, place.confirmed = std::min(place.confirmed, now - 2 * burst);
    change();
  }

  /// A frame of the node came from `place`. A locator update is `no_witness`, since it comes from the old location by
  /// nature. True if that shows that the last update was wrong; then it has been undone.
  bool hear(Locator place, bool no_witness, TimePoint now) {
    heard = now;
    if (trial_.wary(now)) trial_.note(place, now);
    if (!trial_.open()) return false;
    const Place* named = find(place);
    const bool was_there = find_by(before_, &Place::locator, place) != before_.end();
    if (named && named->updated && !(was_there && misled(place))) {
      trial_.prove();
      before_.clear();
      return false;
    }
    if (!no_witness && was_there && trial_.doubt(now) && still_at_ != before_in_use_) still_at_ = place;
    return settle(now);
  }
  /// True if the last update has turned out to be wrong; then it has been undone.
  bool settle(TimePoint now) {
    trial_.expire(now);
    if (!trial_.refuted(now)) {
      if (!trial_.open()) before_.clear();
      return false;
    }
    places_ = std::move(before_);
    before_.clear();
    in_use_ = still_at_;
    updated_at_ = long_ago;
    if (Place* place = find(in_use_)) place->confirmed = now;
    change();
    return true;
  }
  /// May an update to `locators` be believed? Yes, unless one was recently wrong and the node was not heard from there.
  bool may_be_at(std::span<const Locator> locators, TimePoint now) const noexcept {
    return !trial_.wary(now) || any_of(locators, [&](Locator l) { return trial_.shown(l); });
  }
  /// The trial of its latest update: `Liveness` solicits when that needs it.
  UpdateTrial& trial() noexcept { return trial_; }

  /// The locator to send to; null if there is a route to none. `usable(l)`: is there a route to `l`? `joined(l)`: has this
  /// node joined `l` too? `here` changes when this node joins or leaves a network.
  template <class Usable, class Joined>
  const Locator* select(Usable&& usable, Joined&& joined, Epoch::Stamp here) {
    const TimePoint latest = last_confirmed();
    const bool stays = here == selected_here_;
    const auto rank = [&](const Place& place) {
      if (!usable(place.locator)) return 0;
      if (!place.updated && place.confirmed < latest - burst) return 1;
      const bool in_use = place.locator == in_use_;
      const bool shared = joined(place.locator);
      return 2 + (stays ? 2 * in_use + shared : 2 * shared + in_use);
    };
    const Place* best = nullptr;
    int best_rank = 0;
    for (const Place& place : places_) {
      const int its = rank(place);
      if (its > best_rank || (its == best_rank && its > 0 && place.confirmed > best->confirmed))
        best = &place, best_rank = its;
    }
    if (!best) return nullptr;
    selected_here_ = here;
    in_use_ = best->locator;
    return &in_use_;
  }

  /// Is this what the last update said, and has nothing newer contradicted it?
  bool updated_to(std::span<const Locator> locators) const noexcept {
    // The locators of an update come first, in its order.
    std::size_t updated = 0;
    for (const Place& place : places_) {
      if (!place.updated) continue;
      if (updated == locators.size() || place.locator != locators[updated]) return false;
      ++updated;
    }
    return updated == locators.size();
  }

  /// All that are remembered, those of the last update first. Valid until one is added or removed.
  std::span<const Place> places() const noexcept { return places_; }
  /// Is it at `place`, as far as is known, or has it left?
  bool present(const Place& place) const noexcept {
    return place.updated || place.confirmed >= last_confirmed() - burst;
  }
  /// Calls `f(locator)` for each place where it is, as far as is known.
  template <class F>
  void for_each_present(F&& f) const {
    for (const Place& place : places_)
      if (present(place)) f(place.locator);
  }
  /// Is this one of `places()`, even if the node has left it?
  bool has(Locator locator) const noexcept { return const_cast<KnownHost*>(this)->find(locator) != nullptr; }
  /// When any place was last confirmed; `long_ago` if none was.
  TimePoint last_confirmed() const noexcept {
    TimePoint latest = long_ago;
    for (const Place& place : places_) latest = std::max(latest, place.confirmed);
    return latest;
  }
  /// Where packets go at present; 0:0:0:0 before the first.
  Locator in_use() const noexcept { return in_use_; }
  /// Points to `in_use()`, whatever that becomes. Valid as long as this entry.
  const Locator* in_use_address() const noexcept { return &in_use_; }

  // The next two come first, next to the key in the table: a look-up of a name touches nothing else.
  TimePoint expires = long_ago;   ///< when it is forgotten, unless a message of it renews this
  TimePoint used_at = long_ago;   ///< when this node last resolved it, or looked for a route to it
  Cached<NextHop> next_hop;       ///< the latest; whoever changes this bumps the epoch
  std::string name;               ///< empty if the node is known only from an update
  bool known = false;             ///< has been heard of at all
  TimePoint heard = long_ago;     ///< the last frame of any kind, to within 10 ms
  TimePoint doubted = long_ago;   ///< when it was last checked because of a goodbye
  std::string new_name;           ///< claimed, and not yet believed
  TimePoint new_name_at = never;  ///< when it first claimed that
  Nid before,                     ///< the node that claimed the same name before it; 0 if none
      after;                      ///< the node that claimed it after it; 0 if none
  Traffic sent;                   ///< of this node to it, as far as settled
  Traffic received;               ///< from it, as far as settled (`ILNP::settle_traffic`)
  Epoch::Stamp selected_at = 0;   ///< for the caller of `select`: the last time; 0 if this has changed since

  TimePoint last_used() const noexcept { return used_at; }
  bool expired(TimePoint now) const noexcept { return now >= expires; }

 private:
  Place* find(Locator locator) noexcept {
    const auto at = find_by(places_, &Place::locator, locator);
    return at == places_.end() ? nullptr : &*at;
  }
  void change() noexcept { selected_at = 0; }
  /// Packets go to a locator that only an update on trial has named, and `place` is another. That the node is heard at `place`,
  /// where it was before, proves nothing, even if the update names it as well. Otherwise forged updates could go on forever.
  bool misled(Locator place) noexcept {
    if (in_use_ == place || in_use_ == before_in_use_) return false;
    const Place* used = find(in_use_);
    return used && used->updated;
  }
  bool any_updated() const noexcept { return any_of(places_, &Place::updated); }
  Place& add(Locator locator) {
    if (places_.size() == max_locators) places_.erase(least_by(places_, &Place::confirmed));
    return places_.push_back({locator, long_ago, false});
  }

  List<Place> places_;
  List<Place> before_;  // what the update on trial has replaced
  Locator before_in_use_;
  Locator
      still_at_;  // where it was heard during the trial: the locator that was in use, or else the last one
  UpdateTrial trial_;
  Locator in_use_;
  TimePoint updated_at_ = long_ago;
  Epoch::Stamp selected_here_ = 0;
};

}  // namespace ilnp
