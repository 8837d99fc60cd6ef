#pragma once

#include <boost/config.hpp>
#include <cassert>
#include <utility>

#include "context.hpp"
#include "hash_chains.hpp"
#include "hash_key.hpp"
#include "sender_shares.hpp"

namespace ilnp {

/// A hash table that never holds more than `capacity` entries, whatever strangers send, and always has room for a new one.
///
/// Each entry counts for the sender that caused it. Entries that this node itself uses (`Value::last_used()`) stay, up to
/// three quarters of the table. When the table is full, one of the other entries gives way:
///
/// - an entry of the sender with the most entries, if it has more than a `fair_share`. So a sender that floods the table
///   displaces its own entries.
/// - otherwise (a flood under many senders) an entry in the last quarter of the places, which are reused in turn. So the
///   earliest entries stay until they expire.
///
/// `Value` has `TimePoint last_used() const` (when this node itself last used it; `long_ago` if never) and `bool
/// expired(TimePoint now) const`. `Hash` hashes a key under a `HashKey`.
/// Cost: a look-up follows a short chain. An insertion looks at a bounded number of places, plus those that it finds in
/// use, each of these once. Memory grows as the table fills, and never again after it has been full once, however entries
/// come and go (a table with open addressing would have to be rehashed now and then).
/// A pointer to a value is valid until the next insertion. One thread.
template <class Key, class Value, class Hash = KeyedHash>
class BoundedTable {
 public:
  /// `capacity`: at least 1.
  explicit BoundedTable(std::size_t capacity) noexcept : BoundedTable(capacity, (capacity + 3) / 4) {}
  /// The same with another number of places that are reused in turn. With all of them, the newest entries stay, whoever
  /// caused them and whatever is in use.
  BoundedTable(std::size_t capacity, std::size_t in_turn) noexcept
      : capacity_(capacity), first_come_(capacity - in_turn), turn_hand_(capacity - 1) {
    assert(in_turn > 0 && in_turn <= capacity);
  }

  /// Hashes with `key` from now on.
  void rekey(const HashKey& key) {
    key_ = key;
    loose_.rekey(key);
    kept_.rekey(key);
    chains_.rehash([this](std::size_t place) { return Hash{}(key_, slots_[place].key); });
  }

  std::size_t size() const noexcept { return chains_.taken(); }
  std::size_t capacity() const noexcept { return capacity_; }
  /// A sender with no more entries than this is not the first to give way.
  std::size_t fair_share() const noexcept { return std::max<std::size_t>(capacity_ / 64, 1); }

  Value* find(const Key& key) noexcept {
    const std::uint32_t slot = slot_of(key);
    return slot == HashChains::none ? nullptr : &slots_[slot].value;
  }
  const Value* find(const Key& key) const noexcept { return const_cast<BoundedTable*>(this)->find(key); }

  /// The value of `key`. A new value is default-constructed and counts for `sender` (`FrameSource::sender`; 0 for this
  /// node). An entry that gives way is first passed to `on_evict(key, value)`.
  template <class OnEvict>
  Value& insert(const Key& key, std::uint64_t sender, TimePoint now, OnEvict&& on_evict) {
    if (Value* value = find(key)) return *value;
    return add(key, sender, now, on_evict);
  }
  /// The same without a function for what gives way.
  Value& insert(const Key& key, std::uint64_t sender, TimePoint now) {
    return insert(key, sender, now, ignore);
  }
  /// The same, but in a full table only a sender with fewer entries than another gets a place; null if it gets none.
  Value* insert_within_share(const Key& key, std::uint64_t sender, TimePoint now) {
    if (Value* value = find(key)) return value;
    sweep(now, ignore);
    const bool full = !chains_.any_free() && slots_.size() == capacity_;
    if (full && loose_.of(sender) + 1 >= loose_.largest() && !slots_[loose_.first_to_go()].value.expired(now))
      return nullptr;
    return &add(key, sender, now, ignore);
  }

  /// Removes the entry of `key`. No effect if there is none.
  void erase(const Key& key) {
    const std::uint32_t slot = slot_of(key);
    if (slot != HashChains::none) release(slot);
  }

  /// Calls `f(key, value)` for each entry, in an order that depends only on the history of the table.
  template <class F>
  void for_each(F&& f) {
    for (std::size_t place = 0; place < slots_.size(); ++place)
      if (chains_.taken(place)) f(std::as_const(slots_[place].key), slots_[place].value);
  }
  /// The same for reading.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t place = 0; place < slots_.size(); ++place)
      if (chains_.taken(place)) f(slots_[place].key, slots_[place].value);
  }

 private:
  static constexpr std::size_t sweep_step = 4;    // places that an insertion examines for expired entries
  static constexpr std::size_t search_step = 64;  // places examined for one that may give way
  static constexpr auto ignore = [](const Key&, const Value&) {};

  struct Slot {
    Key key{};
    Value value{};
    std::uint64_t sender = 0;
    TimePoint kept_at = long_ago;
    bool kept = false;  // found in use
  };

  /// Does it matter which sender caused an entry?
  bool shared() const noexcept { return first_come_ != 0; }

  std::uint32_t slot_of(const Key& key) const noexcept {
    std::uint32_t slot = chains_.first(Hash{}(key_, key));
    while (slot != HashChains::none && !(slots_[slot].key == key)) slot = chains_.next(slot);
    return slot;
  }

  void release(std::uint32_t slot) {
    if (shared()) (slots_[slot].kept ? kept_ : loose_).remove(slot);
    slots_[slot] = Slot{};
    chains_.leave(slot);
  }

  template <class OnEvict>
  BOOST_NOINLINE Value& add(const Key& key, std::uint64_t sender, TimePoint now, OnEvict& on_evict) {
    sweep(now, on_evict);
    const std::uint32_t place = take_slot(now, on_evict);
    Slot& slot = slots_[place];  // as `Slot{}`
    slot.key = key;
    slot.sender = sender;
    chains_.enter(place, Hash{}(key_, key));
    if (shared()) loose_.add(place, sender, place >= first_come_);
    return slot.value;
  }

  template <class OnEvict>
  void evict(std::uint32_t slot, OnEvict& on_evict) {
    const Slot& gone = slots_[slot];
    on_evict(gone.key, gone.value);
    release(slot);
  }

  template <class OnEvict>
  void sweep(TimePoint now, OnEvict& on_evict) {
    for (std::size_t step = 0; step < sweep_step && !slots_.empty(); ++step) {
      sweep_hand_ = (sweep_hand_ + 1) % slots_.size();
      if (chains_.taken(sweep_hand_) && slots_[sweep_hand_].value.expired(now))
        evict(static_cast<std::uint32_t>(sweep_hand_), on_evict);
    }
  }

  template <class OnEvict>
  std::uint32_t take_slot(TimePoint now, OnEvict& on_evict) {
    if (!chains_.any_free() && slots_.size() < capacity_) {
      const std::uint32_t place = chains_.add_place();
      slots_.resize(chains_.places());
      return place;
    }
    while (!chains_.any_free()) {
      const std::uint32_t slot = next_to_go();
      if (!shared()) {
        evict(slot, on_evict);
        break;
      }
      const Value& value = slots_[slot].value;
      if (value.expired(now) || value.last_used() == long_ago) {
        evict(slot, on_evict);
      } else {
        keep(slot, now, on_evict);
      }
    }
    return chains_.take_free();
  }

  /// Which of the entries not found in use gives way; there is always one.
  std::uint32_t next_to_go() noexcept {
    if (shared() && loose_.largest() > fair_share()) return loose_.first_to_go();
    for (std::size_t step = 0; step < search_step; ++step) {
      turn_hand_ = turn_hand_ + 1 < capacity_ ? turn_hand_ + 1 : first_come_;
      if (!slots_[turn_hand_].kept) return static_cast<std::uint32_t>(turn_hand_);
    }
    return loose_.first_to_go();
  }

  /// `slot` is in use and does not give way from now on. When too many are kept, an entry gives way that has not been used
  /// since, of the sender with the most of them.
  template <class OnEvict>
  void keep(std::uint32_t slot, TimePoint now, OnEvict& on_evict) {
    loose_.remove(slot);
    kept_.add(slot, slots_[slot].sender, true);
    slots_[slot].kept = true;
    slots_[slot].kept_at = now;
    if (kept_.size() <= first_come_) return;
    for (std::size_t step = 0;; ++step) {
      const std::uint32_t oldest = kept_.first_to_go();
      Slot& found = slots_[oldest];
      if (step == search_step || found.value.last_used() <= found.kept_at || found.value.expired(now))
        return evict(oldest, on_evict);
      found.kept_at = now;
      kept_.remove(oldest);
      kept_.add(oldest, found.sender, true);
    }
  }

  std::size_t capacity_;
  std::size_t first_come_;
  std::size_t sweep_hand_ = 0;
  std::size_t turn_hand_;
  HashKey key_;
  List<Slot> slots_;    // by place
  HashChains chains_;   // of the places that are taken
  SenderShares loose_;  // the places that may give way, and
  SenderShares kept_;   // those that were found in use
};

}  // namespace ilnp
