#pragma once

#include <algorithm>
#include <bitset>
#include <cstring>
#include <utility>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"
#include "datagram_pool.hpp"
#include "fragment_counters.hpp"

namespace ilnp {

/// Reassembles datagrams from fragments, each of which has already been checked. Bounded in number and time, and fair: a node
/// that leaves many unfinished loses its own, and a sender that does so in the names of many nodes loses theirs, not those of
/// others. One thread.
class Reassembly {
 public:
  static constexpr std::size_t max_datagrams = 64;  ///< incomplete at the same time
  static constexpr std::size_t max_of_one = 8;      ///< of these, from one node
  static constexpr Duration patience =
      std::chrono::seconds(1);  ///< from the first fragment of a datagram to the last

  Reassembly() { under_way_.reserve(max_datagrams); }

  /// Adds a fragment of a datagram from `source_port` of the node `from`, which `sender` put on the
  /// network. Returns the datagram if it is now complete, valid until the batch ends; otherwise nothing.
  MutableBytes add(Nid from, std::uint64_t sender, std::uint16_t source_port,
                   const wire::FragmentMessage& fragment, TimePoint now, DatagramPool& pool,
                   FragmentCounters& counters) {
    auto at = find(from, source_port, fragment);
    if (at == under_way_.end()) {
      make_room(from, pool, counters);
      const std::uint16_t buffer = pool.take();
      if (buffer == DatagramPool::none) return ++counters.dropped_no_room, MutableBytes();
      under_way_.push_back({from,
                            sender,
                            fragment.datagram(),
                            source_port,
                            fragment.destination_port(),
                            buffer,
                            static_cast<std::uint16_t>(fragment.total()),
                            static_cast<std::uint16_t>(fragment.stride()),
                            now,
                            {}});
      at = std::prev(under_way_.end());
    } else if (at->total != fragment.total() || at->stride != fragment.stride()) {
      return drop(at, pool, counters.dropped_conflict), MutableBytes();
    }
    const MutableBytes whole = pool.octets(at->buffer, at->total);
    const auto place = whole.subspan(fragment.offset(), fragment.octets().size());
    if (at->have.test(fragment.index())) {
      if (!std::equal(place.begin(), place.end(), fragment.octets().begin(), fragment.octets().end()))
        return drop(at, pool, counters.dropped_conflict), MutableBytes();
      return ++counters.dropped_duplicate, MutableBytes();
    }
    at->have.set(fragment.index());
    std::memcpy(place.data(), fragment.octets().data(), place.size());
    if (at->have.count() != fragment.fragments()) return {};
    pool.give_back_after_batch(at->buffer, whole.size());
    under_way_.erase(at);
    return whole;
  }

  /// Drops datagrams that have waited too long.
  void expire(TimePoint now, DatagramPool& pool, FragmentCounters& counters) {
    while (!under_way_.empty() && under_way_.front().began + patience <= now)
      drop(under_way_.begin(), pool, counters.dropped_incomplete);
  }
  TimePoint next_deadline() const noexcept {
    return under_way_.empty() ? never : under_way_.front().began + patience;
  }
  std::size_t size() const noexcept { return under_way_.size(); }

 private:
  struct Datagram {
    Nid from;
    std::uint64_t sender;  ///< of the first fragment
    std::uint32_t number;
    std::uint16_t source_port;
    std::uint16_t destination_port;
    std::uint16_t buffer;
    std::uint16_t total;
    std::uint16_t stride;
    TimePoint began;
    std::bitset<wire::FragmentMessage::max_fragments> have;
  };
  using At = Datagram*;

  At find(Nid from, std::uint16_t source_port, const wire::FragmentMessage& fragment) noexcept {
    for (auto at = under_way_.end(); at != under_way_.begin();) {  // usually it is the latest
      --at;
      if (at->number == fragment.datagram() && at->from == from && at->source_port == source_port &&
          at->destination_port == fragment.destination_port())
        return at;
    }
    return under_way_.end();
  }

  /// The oldest of `from` if it has its share. Else, if there is no room, the oldest of
  /// the node with the most among those that the sender with the most speaks for.
  void make_room(Nid from, DatagramPool& pool, FragmentCounters& counters) {
    if (count(&Datagram::from, from) < max_of_one) {
      if (under_way_.size() < max_datagrams) return;
      std::pair<std::size_t, std::size_t> most;
      for (const Datagram& each : under_way_) {
        const std::pair its(count(&Datagram::sender, each.sender), count(&Datagram::from, each.from));
        if (its > most) most = its, from = each.from;
      }
    }
    drop(find_by(under_way_, &Datagram::from, from), pool, counters.dropped_incomplete);
  }
  template <class Member>
  std::size_t count(Member Datagram::*member, Member value) const noexcept {
    std::size_t count = 0;
    for (const Datagram& each : under_way_) count += each.*member == value;
    return count;
  }

  void drop(At at, DatagramPool& pool, std::uint64_t& counter) {
    ++counter;
    pool.give_back(at->buffer);
    under_way_.erase(at);
  }

  List<Datagram> under_way_;  // ordered by when they began
};

}  // namespace ilnp
