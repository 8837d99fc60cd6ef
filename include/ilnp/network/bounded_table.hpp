#pragma once

#include <algorithm>
#include <bit>
#include <boost/config.hpp>
#include <cassert>
#include <functional>
#include <utility>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"

namespace ilnp {

/// The hash of a key that is a hash already.
struct KeyAsHash {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t key) const noexcept { return key; }
};

/// A hash table that never holds more than `capacity` entries, whatever strangers send.
///
/// Three quarters of the places are for who comes first: such an entry stays until it has expired. The last quarter is
/// reused in turn, and there only entries that are not `established()`. So a flood of names that are heard once turns over
/// a quarter of the table, and pushes out neither a peer that is in use nor one that was known before.
///
/// `Value` has `bool established() const` (used, or confirmed more than once) and `bool expired(TimePoint now) const`.
/// Cost: one look-up follows a short chain; an insertion looks at a bounded number of places. Memory is taken as the table
/// fills, and never again after it was full once, however its entries come and go (a table with open addressing
/// has to be built anew now and then).
/// A pointer to a value is valid until the next insertion. One thread.
template <class Key, class Value, class Hash = std::hash<Key>>
class BoundedTable {
 public:
  /// `capacity`: at least 1.
  explicit BoundedTable(std::size_t capacity) noexcept : BoundedTable(capacity, (capacity + 3) / 4) {}
  /// The same with another share of places that are reused in turn: all of them, where the newest counts most.
  BoundedTable(std::size_t capacity, std::size_t in_turn) noexcept
      : capacity_(capacity), first_come_(capacity - in_turn) {
    assert(in_turn > 0 && in_turn <= capacity);
  }

  std::size_t size() const noexcept { return slots_.size() - free_.size(); }
  std::size_t capacity() const noexcept { return capacity_; }

  Value* find(const Key& key) noexcept {
    const std::uint32_t slot = slot_of(key);
    return slot == end ? nullptr : &slots_[slot].value;
  }
  const Value* find(const Key& key) const noexcept { return const_cast<BoundedTable*>(this)->find(key); }

  /// The value of `key`, made with its default constructor if it is new. Null if there is no place for it. An entry that
  /// gives way is shown to `on_evict(key, value)` first.
  template <class OnEvict>
  Value* insert(const Key& key, TimePoint now, OnEvict&& on_evict) {
    if (Value* value = find(key)) return value;
    return add(key, now, on_evict);
  }
  Value* insert(const Key& key, TimePoint now) {
    return insert(key, now, [](const Key&, const Value&) {});
  }

  void erase(const Key& key) {
    const std::uint32_t slot = slot_of(key);
    if (slot != end) release(slot);
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
  static constexpr std::uint32_t end = static_cast<std::uint32_t>(-1);  // of a chain
  static constexpr std::size_t sweep_step = 4;    // places looked at for expired entries, an insertion
  static constexpr std::size_t search_step = 64;  // places looked at for one that may give way

  struct Slot {
    Key key{};
    Value value{};
    std::uint32_t next = end;  // in the chain of its bucket
    bool used = false;
  };

  /// The bucket of `key`: the first slot of its chain.
  std::uint32_t& bucket(const Key& key) noexcept {
    std::uint64_t hash = Hash{}(key);
    if constexpr (!requires { typename Hash::is_avalanching; }) hash = mix64(hash);
    return buckets_[hash & (buckets_.size() - 1)];
  }

  std::uint32_t slot_of(const Key& key) noexcept {
    std::uint32_t slot = bucket(key);
    while (slot != end && !(slots_[slot].key == key)) slot = slots_[slot].next;
    return slot;
  }

  /// One slot more, and at least as many buckets as slots.
  std::size_t add_slot() {
    slots_.emplace_back();
    if (slots_.size() > buckets_.size()) {
      buckets_.assign(std::bit_ceil(slots_.size()), end);
      for (std::size_t slot = 0; slot < slots_.size(); ++slot)
        if (slots_[slot].used)
          slots_[slot].next = std::exchange(bucket(slots_[slot].key), static_cast<std::uint32_t>(slot));
    }
    return slots_.size() - 1;
  }

  void release(std::size_t slot) {
    std::uint32_t* link = &bucket(slots_[slot].key);
    while (*link != slot) link = &slots_[*link].next;
    *link = slots_[slot].next;
    slots_[slot] = Slot{};
    free_.push_back(static_cast<std::uint32_t>(slot));
  }

  template <class OnEvict>
  BOOST_NOINLINE Value* add(const Key& key, TimePoint now, OnEvict& on_evict) {
    sweep(now, on_evict);
    const std::size_t slot = take_slot(now, on_evict);
    if (slot == none) return nullptr;
    std::uint32_t& first = bucket(key);
    slots_[slot] = Slot{key, Value{}, first, true};
    first = static_cast<std::uint32_t>(slot);
    return &slots_[slot].value;
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
    if (free_.empty() && slots_.size() < capacity_) return add_slot();
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
  std::vector<std::uint32_t> buckets_{end};  // a power of two
};

}  // namespace ilnp
