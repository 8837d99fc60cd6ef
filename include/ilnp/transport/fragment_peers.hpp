#pragma once

#include <algorithm>
#include <vector>

#include "../address.hpp"
#include "datagram_pool.hpp"
#include "fragment_counters.hpp"

namespace ilnp {

/// What is known of whether other nodes put pieces together, and what waits for that to be known. Only nodes that this one
/// has something long for stand here; when there are too many, those that have not answered give way first. One thread.
///
///     unknown --long datagram--> asking --answer--> willing --no answer for `trust`--> unknown
///                                asking --no answer to `max_questions`--> refusing --a while--> unknown
///
/// The while is short at first, for the questions, or the answers, may have been lost; it doubles each time, up to
/// `longest_refusal`. For who has answered before it stays short.
class FragmentPeers {
 public:
  static constexpr std::size_t max_peers = 256;
  static constexpr int max_questions = 3;  ///< in a row, without an answer
  static constexpr Duration question_interval = std::chrono::milliseconds(250);
  static constexpr Duration first_refusal = std::chrono::seconds(1);  ///< then it may be asked again
  static constexpr Duration longest_refusal = std::chrono::seconds(30);
  static constexpr Duration trust = std::chrono::seconds(10);  ///< of an answer
  static constexpr Duration refresh =
      std::chrono::seconds(2);                 ///< it is asked again so often while it is in use
  static constexpr std::size_t max_held = 16;  ///< datagrams that wait for an answer, in all
  static constexpr std::size_t max_held_for_one = 4;

  /// A datagram that waits.
  struct Held {
    TimePoint since;
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
    Duration refusal = first_refusal;  ///< how long the next one is
    TimePoint used_at = long_ago;
    std::vector<Held> held;

    bool willing(TimePoint now) const noexcept { return now - answered_at < trust; }
    bool refusing(TimePoint now) const noexcept { return now < refusing_until; }
    /// Has it ever answered?
    bool known() const noexcept { return answered_at != long_ago; }
    /// It has not answered to the last of its questions.
    void refuse(TimePoint now) noexcept {
      asking = false;
      refusing_until = now + refusal;
      if (!known()) refusal = std::min(2 * refusal, longest_refusal);
    }
    void answer(std::uint32_t its_key, TimePoint now) noexcept {
      key = its_key;
      answered_at = now;
      asking = false;
      refusing_until = long_ago;
      refusal = first_refusal;
    }
    /// When it is to be asked again, or given up.
    TimePoint due() const noexcept { return asking ? asked_at + question_interval : never; }
  };

  Peer* find(Nid nid) noexcept {
    if (last_ < nids_.size() && nids_[last_] == nid) return &peers_[last_];
    const auto at = std::ranges::find(nids_, nid);
    if (at == nids_.end()) return nullptr;
    last_ = static_cast<std::size_t>(at - nids_.begin());
    return &peers_[last_];
  }
  /// The peer, new if there was none: then in place of the one that was used least recently, of those that are not known to
  /// put pieces together if there are any. Valid until the next `get`.
  Peer& get(Nid nid, TimePoint now, DatagramPool& pool, FragmentCounters& counters) {
    Peer* peer = find(nid);
    if (!peer && peers_.size() < max_peers) {
      peer = &peers_.emplace_back();
      nids_.push_back(nid);
    } else if (!peer) {
      const auto last = std::ranges::min_element(
          peers_, {}, [&](const Peer& each) { return std::pair(each.willing(now), each.used_at); });
      peer = &*last;
      drop_held(*peer, pool, counters);
      *peer = Peer{};
      nids_[static_cast<std::size_t>(last - peers_.begin())] = nid;
    }
    peer->nid = nid;
    peer->used_at = now;
    return *peer;
  }

  /// Keeps a copy of a datagram until it is known whether the peer takes it; if too many wait, in place of the oldest for the
  /// peer with most. False if enough wait for this one already.
  bool hold(Peer& peer, Bytes datagram, std::uint16_t source_port, std::uint16_t destination_port,
            TimePoint now, DatagramPool& pool, FragmentCounters& counters) {
    if (peer.held.size() == max_held_for_one) return false;
    if (held_ == max_held) drop_oldest(pool, counters);
    const std::uint16_t buffer = pool.take(now);
    if (buffer == DatagramPool::none) return false;
    std::ranges::copy(datagram, pool.octets(buffer, datagram.size()).begin());
    peer.held.push_back(
        {now, buffer, static_cast<std::uint16_t>(datagram.size()), source_port, destination_port});
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

  /// `peer` is being asked: it will be due.
  void watch(const Peer& peer) noexcept { next_ = std::min(next_, peer.due()); }
  /// Not later than when the first is due.
  TimePoint next_deadline() const noexcept { return next_; }
  /// Calls `f(Peer&)` for each that is to be asked again, or given up.
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
    ++counters.dropped_no_answer;
    pool.give_back(most->held.front().buffer);
    most->held.erase(most->held.begin());
    --held_;
  }

  std::vector<Peer> peers_;
  std::vector<Nid> nids_;  // of the peers, for the search
  TimePoint next_ = never;
  std::size_t last_ = 0;
  std::size_t held_ = 0;
};

}  // namespace ilnp
