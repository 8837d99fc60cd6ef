#pragma once

#include <algorithm>
#include <vector>

#include "../address.hpp"
#include "datagram_pool.hpp"
#include "fragment_counters.hpp"

namespace ilnp {

/// What is known of whether other nodes put pieces together, and what waits for that to be known. Only nodes that this one
/// has something long for stand here, so strangers cannot fill it. One thread.
///
///     unknown --long datagram--> asking --answer--> willing --no answer for `trust`--> unknown
///                                asking --no answer to `max_questions`--> refusing --`refusal`--> unknown
class FragmentPeers {
 public:
  static constexpr std::size_t max_peers = 256;
  static constexpr int max_questions = 3;  ///< in a row, without an answer
  static constexpr Duration question_interval = std::chrono::milliseconds(250);
  static constexpr Duration refusal = std::chrono::seconds(30);  ///< then it may be asked again
  static constexpr Duration trust = std::chrono::seconds(10);    ///< of an answer
  static constexpr Duration refresh =
      std::chrono::seconds(2);                 ///< it is asked again so often while it is in use
  static constexpr std::size_t max_held = 16;  ///< datagrams that wait for an answer, in all
  static constexpr std::size_t max_held_for_one = 4;

  /// A datagram that waits.
  struct Held {
    std::uint16_t buffer;
    std::uint16_t size;
    std::uint16_t source_port;
    std::uint16_t destination_port;
  };

  struct Peer {
    Nid nid;
    bool asking = false;
    int asked = 0;            ///< questions in a row that have not been answered
    std::uint32_t nonce = 0;  ///< of the last question
    std::uint32_t key = 0;
    TimePoint asked_at = long_ago;
    TimePoint answered_at = long_ago;
    TimePoint refusing_until = long_ago;
    TimePoint used_at = long_ago;
    std::vector<Held> held;

    bool willing(TimePoint now) const noexcept { return now - answered_at < trust; }
    bool refusing(TimePoint now) const noexcept { return now < refusing_until; }
    /// When it is to be asked again, or given up.
    TimePoint due() const noexcept { return asking ? asked_at + question_interval : never; }
  };

  Peer* find(Nid nid) noexcept {
    if (last_ < peers_.size() && peers_[last_].nid == nid) return &peers_[last_];
    const auto at = std::ranges::find(peers_, nid, &Peer::nid);
    if (at == peers_.end()) return nullptr;
    last_ = static_cast<std::size_t>(at - peers_.begin());
    return &*at;
  }
  /// The peer, new if there was none: then in place of the one that was used least recently. Valid until the next `get`.
  Peer& get(Nid nid, TimePoint now, DatagramPool& pool, FragmentCounters& counters) {
    Peer* peer = find(nid);
    if (!peer && peers_.size() < max_peers) {
      peer = &peers_.emplace_back();
    } else if (!peer) {
      peer = &*std::ranges::min_element(peers_, {}, &Peer::used_at);
      drop_held(*peer, pool, counters);
      *peer = Peer{};
    }
    peer->nid = nid;
    peer->used_at = now;
    return *peer;
  }

  /// Keeps a copy of a datagram until it is known whether the peer takes it. False if enough wait already.
  bool hold(Peer& peer, Bytes datagram, std::uint16_t source_port, std::uint16_t destination_port,
            TimePoint now, DatagramPool& pool) {
    if (held_ == max_held || peer.held.size() == max_held_for_one) return false;
    const std::uint16_t buffer = pool.take(now);
    if (buffer == DatagramPool::none) return false;
    std::ranges::copy(datagram, pool.octets(buffer, datagram.size()).begin());
    peer.held.push_back({buffer, static_cast<std::uint16_t>(datagram.size()), source_port, destination_port});
    ++held_;
    return true;
  }
  void drop_held(Peer& peer, DatagramPool& pool, FragmentCounters& counters) {
    release_held(peer, [&](const Held& held) {
      ++counters.dropped_no_answer;
      pool.give_back(held.buffer);
    });
  }
  /// Calls `f(const Held&)` for each that waits for `peer`, the oldest first; none does afterwards.
  template <class F>
  void release_held(Peer& peer, F&& f) {
    for (const Held& each : peer.held) f(each);
    held_ -= peer.held.size();
    peer.held.clear();
  }

  TimePoint next_deadline() const noexcept {
    TimePoint first = never;
    for (const Peer& peer : peers_) first = std::min(first, peer.due());
    return first;
  }
  /// Calls `f(Peer&)` for each that is to be asked again, or given up.
  template <class F>
  void for_each_due(TimePoint now, F&& f) {
    for (Peer& peer : peers_)
      if (peer.due() <= now) f(peer);
  }

 private:
  std::vector<Peer> peers_;
  std::size_t last_ = 0;
  std::size_t held_ = 0;
};

}  // namespace ilnp
