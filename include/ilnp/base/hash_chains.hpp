#pragma once

#include <bit>
#include <boost/config.hpp>
#include <cstdint>

#include "list.hpp"

namespace ilnp {

/// The places of a hash table: which ones are taken, and by keys with which hash. The table keeps its keys and values in a
/// `List`, by place. Nothing here depends on their types, so it is compiled once for all tables. One thread.
class HashChains {
 public:
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);  ///< no place

  /// The first place of those whose keys may have that hash; `next` returns the others. `none`: there are no more.
  std::uint32_t first(std::uint64_t hash) const noexcept { return buckets_[hash & (buckets_.size() - 1)]; }
  /// The next place of the same chain, or `none`.
  std::uint32_t next(std::uint32_t place) const noexcept { return links_[place].next; }

  /// Taken or not.
  std::size_t places() const noexcept { return links_.size(); }
  /// True if something is there.
  bool taken(std::size_t place) const noexcept { return links_[place].taken; }
  std::size_t taken() const noexcept { return links_.size() - free_.size(); }
  /// True if a place was left and not taken again.
  bool any_free() const noexcept { return !free_.empty(); }

  /// The place that became free last; there must be one.
  std::uint32_t take_free() noexcept {
    const std::uint32_t place = free_.back();
    free_.pop_back();
    return place;
  }
  /// A new place. There are always at least as many buckets as places.
  BOOST_NOINLINE std::uint32_t add_place() {
    links_.emplace_back();
    if (links_.size() > buckets_.size()) fill_buckets(std::bit_ceil(links_.size()));
    return static_cast<std::uint32_t>(links_.size() - 1);
  }
  /// A key with that hash takes `place`, which comes from one of the two functions above.
  void enter(std::uint32_t place, std::uint64_t hash) noexcept {
    std::uint32_t& head = bucket(hash);
    links_[place] = {head, static_cast<std::uint32_t>(hash), true};
    head = place;
  }
  /// Frees the place, which must be taken.
  BOOST_NOINLINE void leave(std::uint32_t place) {
    std::uint32_t* link = &bucket(links_[place].hash);
    while (*link != place) link = &links_[*link].next;
    *link = links_[place].next;
    links_[place] = {};
    free_.push_back(place);
  }

  /// The hashes have changed: `hash(place)` is that of the key at a place.
  template <class Hash>
  void rehash(Hash&& hash) {
    for (std::size_t place = 0; place < places(); ++place)
      if (taken(place)) links_[place].hash = static_cast<std::uint32_t>(hash(place));
    fill_buckets(buckets_.size());
  }

 private:
  struct Link {
    std::uint32_t next = none;
    std::uint32_t hash = 0;  // its low half: there are fewer buckets than that
    bool taken = false;
  };

  std::uint32_t& bucket(std::uint64_t hash) noexcept { return buckets_[hash & (buckets_.size() - 1)]; }
  BOOST_NOINLINE void fill_buckets(std::size_t count) {
    buckets_.assign(count, none);
    for (std::size_t place = 0; place < links_.size(); ++place) {
      Link& link = links_[place];
      if (!link.taken) continue;
      std::uint32_t& head = bucket(link.hash);
      link.next = head;
      head = static_cast<std::uint32_t>(place);
    }
  }

  List<Link> links_;  // by place
  List<std::uint32_t> free_;
  List<std::uint32_t> buckets_{none};  // a power of two
};

}  // namespace ilnp
