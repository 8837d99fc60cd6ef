#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "hash_key.hpp"
#include "list.hpp"

namespace ilnp {

/// Which places of a table each sender has taken, and which sender has the most. All operations take constant time. Memory
/// grows only with the highest place. One thread.
class SenderShares {
 public:
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);  ///< no place

  void rekey(const HashKey& key) {
    key_ = key;
    fill_buckets(buckets_.size());
  }

  /// `sender` takes `place`, which must be free. Of a sender's places, those that are `in_turn` go first.
  void add(std::uint32_t place, std::uint64_t sender, bool in_turn) {
    grow(place);
    std::uint32_t at = find(sender);
    if (at == none) at = enter(sender);
    Share& share = shares_[at];
    Places& list = share.lists[in_turn];
    links_[place] = {list.last, none, at, in_turn};
    (list.last == none ? list.first : links_[list.last].after) = place;
    list.last = place;
    recount(at, share.count + 1);
    ++size_;
  }
  /// `place` is free again.
  void remove(std::uint32_t place) {
    const Link link = links_[place];
    Places& list = shares_[link.share].lists[link.in_turn];
    (link.before == none ? list.first : links_[link.before].after) = link.after;
    (link.after == none ? list.last : links_[link.after].before) = link.before;
    recount(link.share, shares_[link.share].count - 1);
    if (shares_[link.share].count == 0) leave(link.share);
    --size_;
  }

  std::size_t size() const noexcept { return size_; }
  /// The number of places that `sender` has.
  std::size_t of(std::uint64_t sender) const noexcept {
    const std::uint32_t at = buckets_.empty() ? none : find(sender);
    return at == none ? 0 : shares_[at].count;
  }
  /// The largest number of places that a sender has.
  std::size_t largest() const noexcept { return largest_; }
  /// Of the sender with the most places, the place that was taken first: among those in turn, if there are any. There must
  /// be one.
  std::uint32_t first_to_go() const noexcept {
    const Share& share = shares_[by_count_[largest_]];
    return share.lists[1].first != none ? share.lists[1].first : share.lists[0].first;
  }

 private:
  struct Link {
    std::uint32_t before, after;  // places of the same sender, in the order in which they were taken
    std::uint32_t share;
    bool in_turn;
  };
  struct Places {
    std::uint32_t first = none, last = none;
  };
  struct Share {
    std::uint64_t sender;
    std::uint32_t count = 0;
    std::uint32_t before = none, after = none;  // shares with the same count
    std::uint32_t next = none;                  // in the chain of its bucket, or in the free list
    std::array<Places, 2> lists{};
  };

  void grow(std::uint32_t place) {
    if (place < links_.size()) return;
    links_.resize(place + 1, Link{none, none, none, false});
    shares_.reserve(links_.capacity());  // there are no more senders than places
    by_count_.resize(links_.size() + 1, none);
    if (links_.size() > buckets_.size()) fill_buckets(std::bit_ceil(links_.size()));
  }
  void fill_buckets(std::size_t count) {
    buckets_.assign(count, none);
    for (std::uint32_t at = 0; at < shares_.size(); ++at)
      if (shares_[at].count > 0) shares_[at].next = std::exchange(buckets_[bucket(shares_[at].sender)], at);
  }
  std::size_t bucket(std::uint64_t sender) const noexcept { return key_(sender) & (buckets_.size() - 1); }

  std::uint32_t find(std::uint64_t sender) const noexcept {
    std::uint32_t at = buckets_[bucket(sender)];
    while (at != none && shares_[at].sender != sender) at = shares_[at].next;
    return at;
  }
  std::uint32_t enter(std::uint64_t sender) {
    std::uint32_t at = free_;
    if (at != none) {
      free_ = shares_[at].next;
    } else {
      at = static_cast<std::uint32_t>(shares_.size());
      shares_.emplace_back();
    }
    shares_[at] = Share{sender, 0, none, none, buckets_[bucket(sender)], {}};
    buckets_[bucket(sender)] = at;
    return at;
  }
  void leave(std::uint32_t gone) noexcept {
    std::uint32_t* link = &buckets_[bucket(shares_[gone].sender)];
    while (*link != gone) link = &shares_[*link].next;
    *link = shares_[gone].next;
    shares_[gone].next = std::exchange(free_, gone);
  }

  /// Moves the share at `at` to those with `count` places.
  void recount(std::uint32_t at, std::uint32_t count) noexcept {
    Share& share = shares_[at];
    if (share.count > 0) {
      (share.before == none ? by_count_[share.count] : shares_[share.before].after) = share.after;
      if (share.after != none) shares_[share.after].before = share.before;
    }
    share.count = count;
    if (count > 0) {
      share.before = none;
      share.after = by_count_[count];
      if (share.after != none) shares_[share.after].before = at;
      by_count_[count] = at;
      largest_ = std::max<std::size_t>(largest_, count);
    }
    while (largest_ > 0 && by_count_[largest_] == none) --largest_;
  }

  HashKey key_;
  List<Link> links_;  // by place
  List<Share> shares_;
  List<std::uint32_t> by_count_;  // by number of places: the first share with that many
  List<std::uint32_t> buckets_;   // a power of two
  std::uint32_t free_ = none;
  std::size_t largest_ = 0;
  std::size_t size_ = 0;
};

}  // namespace ilnp
