#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <vector>

#include "../context.hpp"

namespace ilnp {

/// A hash table that never holds more than `capacity` entries, whatever strangers send.
///
/// Three quarters of the places are for who comes first: such an entry stays until it has expired. The last quarter is
/// reused in turn, and there only entries that are not `established()`. So a flood of names that are heard once turns over
/// a quarter of the table, and pushes out neither a peer that is in use nor one that was known before.
///
/// `Value` has `bool established() const` (used, or confirmed more than once) and `bool expired(TimePoint now) const`.
/// Cost: one look-up is one probe of a flat hash table; an insertion looks at a bounded number of places.
/// A pointer to a value is valid until the next insertion. One thread.
template <class Key, class Value, class Hash = std::hash<Key>>
class BoundedTable {
 public:
  explicit BoundedTable(std::size_t capacity) noexcept
      : capacity_(capacity), first_come_(capacity - capacity / 4) {}

  std::size_t size() const noexcept { return index_.size(); }
  std::size_t capacity() const noexcept { return capacity_; }

  Value* find(const Key& key) noexcept {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &slots_[at->second].value;
  }
  const Value* find(const Key& key) const noexcept { return const_cast<BoundedTable*>(this)->find(key); }

  /// The value of `key`, made with its default constructor if it is new. Null if there is no place for it. An entry that
  /// gives way is shown to `on_evict(key, value)` first.
  template <class OnEvict>
  Value* insert(const Key& key, TimePoint now, OnEvict&& on_evict) {
    if (Value* value = find(key)) return value;
    sweep(now, on_evict);
    const std::size_t slot = take_slot(now, on_evict);
    if (slot == none) return nullptr;
    slots_[slot] = Slot{key, Value{}, true};
    index_.emplace(key, static_cast<std::uint32_t>(slot));
    return &slots_[slot].value;
  }
  Value* insert(const Key& key, TimePoint now) {
    return insert(key, now, [](const Key&, const Value&) {});
  }

  void erase(const Key& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return;
    release(at->second);
  }

  /// Calls `f(key, value)` for each entry, in an order that depends only on the history of the table.
  template <class F>
  void for_each(F&& f) {
    for (auto& slot : slots_)
      if (slot.used) f(std::as_const(slot.key), slot.value);
  }
  template <class F>
  void for_each(F&& f) const {
    for (const auto& slot : slots_)
      if (slot.used) f(slot.key, slot.value);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static constexpr std::size_t sweep_step = 4;    // places looked at for expired entries, an insertion
  static constexpr std::size_t search_step = 64;  // places looked at for one that may give way

  struct Slot {
    Key key{};
    Value value{};
    bool used = false;
  };

  void release(std::size_t slot) {
    index_.erase(slots_[slot].key);
    slots_[slot] = Slot{};
    free_.push_back(static_cast<std::uint32_t>(slot));
  }

  template <class OnEvict>
  void evict(std::size_t slot, OnEvict& on_evict) {
    on_evict(std::as_const(slots_[slot].key), std::as_const(slots_[slot].value));
    release(slot);
  }

  template <class OnEvict>
  void sweep(TimePoint now, OnEvict& on_evict) {
    for (std::size_t step = 0; step < sweep_step && !slots_.empty(); ++step) {
      sweep_hand_ = (sweep_hand_ + 1) % slots_.size();
      if (slots_[sweep_hand_].used && slots_[sweep_hand_].value.expired(now)) evict(sweep_hand_, on_evict);
    }
  }

  template <class OnEvict>
  std::size_t take_slot(TimePoint now, OnEvict& on_evict) {
    if (free_.empty() && slots_.size() < capacity_) {
      slots_.emplace_back();
      return slots_.size() - 1;
    }
    for (std::size_t step = 0; free_.empty() && step < search_step; ++step) {
      turn_hand_ = turn_hand_ + 1 < capacity_ && turn_hand_ >= first_come_ ? turn_hand_ + 1 : first_come_;
      const Value& value = slots_[turn_hand_].value;
      if (!value.established() || value.expired(now)) evict(turn_hand_, on_evict);
    }
    if (free_.empty()) return none;
    const std::size_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  std::size_t capacity_;
  std::size_t first_come_;
  std::size_t sweep_hand_ = 0;
  std::size_t turn_hand_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  boost::unordered_flat_map<Key, std::uint32_t, Hash> index_;
};

}  // namespace ilnp
