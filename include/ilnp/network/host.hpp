#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"
#include "run.hpp"
#include "update_trial.hpp"

namespace ilnp {

/// A node as this one knows it: its name, and where it was seen or has said to be.
///
/// Which locator to use (docs/protocol.md, "Several locators"): the candidates are those of the last locator update, as
/// long as nothing newer contradicts it, and those of the latest burst of confirmations. Of those to which there is a way:
/// the one in use stays; else one that this node has joined itself comes first, then the newest. Only when this node
/// itself has joined or left a network does a locator that it shares with the other win over the one in use.
/// An update that turns out to be wrong is undone (`UpdateTrial`).
class Host {
 public:
  static constexpr std::size_t max_locators = 16;
  static constexpr Duration burst = std::chrono::seconds(1);  ///< confirmations this close together are one
  static constexpr Duration update_wins =
      std::chrono::seconds(2);  ///< over an advertisement that was under way

  static constexpr unsigned max_missed = 2;  ///< bursts without a place that an update has named

  struct Place {
    Locator locator;
    TimePoint confirmed;
    bool updated = false;  ///< named by the last locator update
    unsigned missed = 0;   ///< bursts of confirmations, one after the other, that did not name it
  };

  /// A discovery message says that the node is at `locator`. False if that contradicts an update that is too fresh.
  bool confirm(Locator locator, TimePoint now) {
    Place* place = find(locator);
    const bool listed = place && place->updated;
    if (!listed && now - updated_at_ < update_wins) return false;
    if (!listed && any_updated()) {
      // It has moved on, or the update did not name all: from here on the confirmations decide.
      for (Place& other : places_) other.updated = false;
    }
    if (const TimePoint latest = last_confirmed(); now - latest >= burst) {
      // It was not at all places that the update named, in two bursts: there it is no more, though it did not say so.
      for (Place& other : places_) {
        other.missed = other.confirmed < latest - burst ? other.missed + 1 : 0;
        if (other.missed >= max_missed) other.updated = false;
      }
    }
    if (!place) place = &add(locator);
    // Twice here, and not once where packets go: it has moved, though all of that is within one burst.
    Place* present = locator != in_use_ ? find(in_use_) : nullptr;
    if (present && !present->updated && place->confirmed > present->confirmed &&
        now - place->confirmed >= burst / 4)
      present->confirmed = place->confirmed - 2 * burst;
    place->confirmed = now;
    change();
    return true;
  }

  /// The node itself has said that it is at `locators`, the preferred one first, and nowhere else. What was known before is
  /// only a way out while there is no way to the new. On trial, if there was anything.
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
      places_.erase(places_.begin() + (place - places_.data()));
      places_.insert(places_.begin(), moved);
    }
    change();
  }

  /// What is known may not hold any more: of its places, the first that is confirmed, or that an update names, is better than all.
  void doubt(TimePoint now) {
    updated_at_ = long_ago;
    trial_.prove();
    before_.clear();
    for (Place& place : places_)
      place.updated = false, place.confirmed = std::min(place.confirmed, now - 2 * burst);
    change();
  }

  /// A frame of the node came from `place`; a locator update is `no_witness`, for it comes from an old place by nature. True
  /// if that shows that the last update was wrong: then it has been undone.
  bool hear(Locator place, bool no_witness, TimePoint now) {
    heard = now;
    if (trial_.wary(now)) trial_.note(place, now);
    if (!trial_.open()) return false;
    const Place* named = find(place);
    const bool was_there = std::ranges::find(before_, place, &Place::locator) != before_.end();
    if (named && named->updated && !(was_there && misled(place))) {
      trial_.prove();
      before_.clear();
      return false;
    }
    if (!no_witness && was_there && trial_.doubt(now) && still_at_ != before_in_use_) still_at_ = place;
    return settle(now);
  }
  /// True if the last update has turned out to be wrong: then it has been undone.
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
  /// May an update to `locators` be believed? Always, unless one was wrong lately and the node was not heard from there.
  bool may_be_at(std::span<const Locator> locators, TimePoint now) const noexcept {
    return !trial_.wary(now) || std::ranges::any_of(locators, [&](Locator l) { return trial_.shown(l); });
  }
  UpdateTrial& trial() noexcept { return trial_; }

  /// The locator to send to; `usable(l)` says whether there is a way to `l`, `joined(l)` whether this node is there too.
  /// `here` changes when this node joins or leaves a network. Null if there is a way to none.
  template <class Usable, class Joined>
  const Locator* select(Usable&& usable, Joined&& joined, std::uint32_t here) {
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

  /// Is this what the last update said, with nothing newer against it?
  bool updated_to(std::span<const Locator> locators) const noexcept {
    const auto updated = static_cast<std::size_t>(std::ranges::count(places_, true, &Place::updated));
    return updated == locators.size() &&
           std::ranges::equal(locators, std::span(places_).first(updated), {}, {}, &Place::locator);
  }

  std::span<const Place> places() const noexcept { return places_; }
  /// Is it at `place`, as far as is known, rather than has left it?
  bool present(const Place& place) const noexcept {
    return place.updated || place.confirmed >= last_confirmed() - burst;
  }
  bool has(Locator locator) const noexcept { return const_cast<Host*>(this)->find(locator) != nullptr; }
  TimePoint last_confirmed() const noexcept {
    TimePoint latest = long_ago;
    for (const Place& place : places_) latest = std::max(latest, place.confirmed);
    return latest;
  }
  /// Where packets go at present; 0:0:0:0 before the first.
  Locator in_use() const noexcept { return in_use_; }
  const Locator* in_use_address() const noexcept { return &in_use_; }
  /// Grows whenever `select` might answer otherwise.
  std::uint32_t changes() const noexcept { return changes_; }

  TimePoint expires =
      long_ago;  // these two first, beside the key in the table: a look-up of a name touches no more
  TimePoint used_at = long_ago;  ///< when this node last asked for it, or for the way to it
  Way way;                       ///< as it was found last; ends when `select` might answer otherwise
  std::string name;              ///< empty if the node is known by an update only
  bool known = false;            ///< heard of at all
  TimePoint heard = long_ago;    ///< the last frame of any kind; to 10 ms
  TimePoint doubted = long_ago;  ///< when it was last asked because of a goodbye
  std::string new_name;          ///< said, and not yet believed
  TimePoint new_name_at = never;
  Nid before, after;              ///< who else has the same name, in the order in which they claimed it
  std::uint64_t selected_at = 0;  ///< what `select` was last asked under, for its caller's use

  TimePoint last_used() const noexcept { return used_at; }
  bool expired(TimePoint now) const noexcept { return now >= expires; }

 private:
  Place* find(Locator locator) noexcept {
    const auto at = std::ranges::find(places_, locator, &Place::locator);
    return at == places_.end() ? nullptr : &*at;
  }
  void change() noexcept {
    ++changes_;
    way.until = long_ago;
  }
  /// Packets go to a place that only an update on trial has brought up, and `place` is another. That the node is heard there, where
  /// it was before, proves nothing, though the update names it as well: else who forges one could do so without end.
  bool misled(Locator place) noexcept {
    if (in_use_ == place || in_use_ == before_in_use_) return false;
    const Place* used = find(in_use_);
    return used && used->updated;
  }
  bool any_updated() const noexcept { return std::ranges::any_of(places_, &Place::updated); }
  Place& add(Locator locator) {
    if (places_.size() == max_locators)
      places_.erase(std::ranges::min_element(places_, {}, &Place::confirmed));
    return places_.emplace_back(Place{locator, long_ago, false});
  }

  std::vector<Place> places_;
  std::vector<Place> before_;  // what the update that is on trial has replaced
  Locator before_in_use_;
  Locator still_at_;  // of those places where it was heard meanwhile: the one that was in use, or the last
  UpdateTrial trial_;
  Locator in_use_;
  TimePoint updated_at_ = long_ago;
  std::uint32_t changes_ = 0;
  std::uint32_t selected_here_ = 0;
};

}  // namespace ilnp
