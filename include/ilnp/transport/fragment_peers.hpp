#pragma once

#include <algorithm>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"
#include "datagram_pool.hpp"
#include "fragment_counters.hpp"

namespace ilnp {

/// Which other nodes reassemble fragments, and the datagrams that wait to find out. Only nodes for which this one has long
/// datagrams are listed. If there are too many, those that have not replied are replaced first. One thread.
///
///     unknown --long datagram--> asking --reply--> willing --no reply for `trust`--> unknown
///                                asking --no reply to `max_probes`--> refusing --`refusal`--> unknown
///
/// `refusal` is short at first, because probes or replies may have been lost; it doubles
/// each time, up to `longest_refusal`. For a node that has replied before, it stays short.
class FragmentPeers {
 public:
  static constexpr std::size_t max_peers = 256;  ///< nodes that are listed
  static constexpr int max_probes = 3;           ///< probes in a row without a reply
  static constexpr Duration probe_interval =
      std::chrono::milliseconds(250);                                 ///< between two probes of one node
  static constexpr Duration first_refusal = std::chrono::seconds(1);  ///< then the node may be probed again
  static constexpr Duration longest_refusal =
      std::chrono::seconds(30);  ///< of long datagrams to a node that never replied
  static constexpr Duration trust = std::chrono::seconds(10);   ///< lifetime of a reply
  static constexpr Duration refresh = std::chrono::seconds(2);  ///< interval of probes while it is in use
  static constexpr std::size_t max_held = 16;                   ///< datagrams that wait for a reply, in total
  static constexpr std::size_t max_held_for_one = 4;  ///< datagrams that wait for the reply of one node

  /// A waiting datagram.
  struct Held {
    TimePoint since;                 ///< when it was sent by the program
    std::uint16_t buffer;            ///< index in the pool
    std::uint16_t size;              ///< octets
    std::uint16_t source_port;       ///< as the program gave it
    std::uint16_t destination_port;  ///< as the program gave it
  };

  /// What is known of one node.
  struct Peer {
    Nid nid;                              ///< which node
    bool asking = false;                  ///< a probe is on its way
    int asked = 0;                        ///< probes in a row without a reply
    std::uint32_t nonce = 0;              ///< of the last probe
    std::uint32_t key = 0;                ///< what its fragments must carry: from its last reply
    TimePoint asked_at = long_ago;        ///< the last probe
    TimePoint answered_at = long_ago;     ///< the last reply
    TimePoint refusing_until = long_ago;  ///< until then long datagrams to it are refused without a probe
    Duration refusal = first_refusal;     ///< duration of the next one
    TimePoint used_at = long_ago;         ///< the last datagram to it
    List<Held> held;                      ///< datagrams that wait, oldest first

    /// True if it has said recently that it reassembles.
    bool willing(TimePoint now) const noexcept { return now - answered_at < trust; }
    /// True if it did not reply, and is not probed again yet.
    bool refusing(TimePoint now) const noexcept { return now < refusing_until; }
    /// Has it ever replied?
    bool known() const noexcept { return answered_at != long_ago; }
    /// It has not replied to the last probe.
    void refuse(TimePoint now) noexcept {
      asking = false;
      refusing_until = now + refusal;
      if (!known()) refusal = std::min(2 * refusal, longest_refusal);
    }
    /// It replied, with this key.
    void reply(std::uint32_t its_key, TimePoint now) noexcept {
      key = its_key;
      answered_at = now;
      asking = false;
      refusing_until = long_ago;
      refusal = first_refusal;
    }
    /// When to probe it again, or to give up.
    TimePoint due() const noexcept { return asking ? asked_at + probe_interval : never; }
  };

  Peer* find(Nid nid) noexcept {
    if (last_ < nids_.size() && nids_[last_] == nid) return &peers_[last_];
    const auto at = std::find(nids_.begin(), nids_.end(), nid);
    if (at == nids_.end()) return nullptr;
    last_ = static_cast<std::size_t>(at - nids_.begin());
    return &peers_[last_];
  }
  /// The peer. A new one replaces the least recently used, preferably one that is not known to reassemble. Valid until the next
  /// `get`.
  Peer& get(Nid nid, TimePoint now, DatagramPool& pool, FragmentCounters& counters) {
    Peer* peer = find(nid);
    if (!peer && peers_.size() < max_peers) {
      peer = &peers_.emplace_back();
      nids_.push_back(nid);
    } else if (!peer) {
      const auto last =
          least_by(peers_, [&](const Peer& each) { return std::pair(each.willing(now), each.used_at); });
      peer = &*last;
      drop_held(*peer, pool, counters);
      *peer = Peer{};
      nids_[static_cast<std::size_t>(last - peers_.begin())] = nid;
    }
    peer->nid = nid;
    peer->used_at = now;
    return *peer;
  }

  /// Keeps a copy of a datagram until it is known whether the peer accepts it. If too many wait, it replaces the oldest for the
  /// peer with the most. False if enough wait for this peer already.
  bool hold(Peer& peer, Bytes datagram, std::uint16_t source_port, std::uint16_t destination_port,
            TimePoint now, DatagramPool& pool, FragmentCounters& counters) {
    if (peer.held.size() == max_held_for_one) return false;
    if (held_ == max_held) drop_oldest(pool, counters);
    const std::uint16_t buffer = pool.take();
    if (buffer == DatagramPool::none) return false;
    std::copy(datagram.begin(), datagram.end(), pool.octets(buffer, datagram.size()).begin());
    peer.held.push_back(
        {now, buffer, static_cast<std::uint16_t>(datagram.size()), source_port, destination_port});
    ++held_;
    return true;
  }
  /// Drops what waits for a node, and counts it.
  void drop_held(Peer& peer, DatagramPool& pool, FragmentCounters& counters) {
    release_held(peer, [&](const Held& held) {
      ++counters.dropped_no_reply;
      pool.give_back(held.buffer);
    });
  }
  /// Calls `f(const Held&)` for each datagram that waits for `peer`, the oldest first, and removes them.
  template <class F>
  void release_held(Peer& peer, F&& f) {
    for (const Held& each : peer.held) f(each);
    held_ -= peer.held.size();
    peer.held.clear();
  }

  /// `peer` has been probed: it will be due.
  void watch(const Peer& peer) noexcept { next_ = std::min(next_, peer.due()); }
  /// Not later than the time when the first is due.
  TimePoint next_deadline() const noexcept { return next_; }
  /// Calls `f(Peer&)` for each peer to probe again or to give up.
  template <class F>
  void for_each_due(TimePoint now, F&& f) {
    if (next_ > now) return;
    next_ = never;
    for (Peer& peer : peers_) {
      if (peer.due() <= now) f(peer);
      watch(peer);
    }
  }

 private:
  void drop_oldest(DatagramPool& pool, FragmentCounters& counters) {
    Peer* most = &peers_.front();
    for (Peer& peer : peers_)
      if (peer.held.size() > most->held.size() ||
          (!peer.held.empty() && peer.held.size() == most->held.size() &&
           peer.held.front().since < most->held.front().since))
        most = &peer;
    ++counters.dropped_no_reply;
    pool.give_back(most->held.front().buffer);
    most->held.erase(most->held.begin());
    --held_;
  }

  List<Peer> peers_;
  List<Nid> nids_;  // of the peers, for the search
  TimePoint next_ = never;
  std::size_t last_ = 0;
  std::size_t held_ = 0;
};

}  // namespace ilnp
