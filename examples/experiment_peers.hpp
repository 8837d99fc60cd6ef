#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "flow.hpp"
#include "ilnp/base/address.hpp"

namespace program {

/// The senders of the datagrams that an experiment receives, and whether their ends mean the end. Anybody can send, so there is room for a
/// few senders, the memory of each is bounded, and one that sends little neither keeps others out nor ends the experiment.
class ExperimentPeers {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t max_peers = 16;
  static constexpr auto silence = std::chrono::seconds(5);  ///< after which a peer is considered gone
  static constexpr auto pause = std::chrono::seconds(1);    ///< after which a new peer may replace it
  static constexpr std::uint64_t most_ahead = 1 << 16;      ///< see `Flow`
  /// The end of a sender with fewer datagrams counts only after nothing else has arrived for `silence`.
  static constexpr std::uint64_t few = 8;

  struct Peer {
    Flow<> flow{most_ahead};
    Time last_heard{};
    bool ended = false;  ///< it has announced its end and sent nothing since
  };

  /// A datagram has arrived; number 0 is an end. False if it does not belong to an experiment or there is no room. `expected`: the node that
  /// this one sends to, which always gets room and is not replaced.
  bool hear(ilnp::Nid from, std::uint64_t number, std::size_t octets, Time now,
            std::optional<ilnp::Nid> expected) {
    auto known = peers_.find(from);
    if (known == peers_.end()) {
      // A node that has sent no numbered datagram has nothing to end.
      if (number == 0 || (peers_.size() >= max_peers && !make_room(now, from == expected, expected)))
        return false;
      known = peers_.try_emplace(from).first;
    }
    Peer& peer = known->second;
    peer.last_heard = now;
    peer.ended = number == 0;
    if (number != 0) peer.flow.receive(number, octets, now);
    return true;
  }

  const Peer* find(ilnp::Nid nid) const {
    const auto found = peers_.find(nid);
    return found == peers_.end() ? nullptr : &found->second;
  }
  const std::map<ilnp::Nid, Peer>& all() const noexcept { return peers_; }

  /// Whether the sender with the most datagrams has announced its end; the others may continue.
  bool ended(Time now) const {
    return std::ranges::any_of(peers_, [&](const auto& each) {
      const Peer& peer = each.second;
      if (!peer.ended) return false;
      const std::uint64_t count = peer.flow.received();
      if (count < few && now - peer.last_heard < silence) return false;
      return std::ranges::none_of(peers_, [&](const auto& other) {
        const bool heard = !other.second.ended && now - other.second.last_heard < silence;
        return heard && (count < few || other.second.flow.received() > count);
      });
    });
  }

 private:
  /// Replaces the sender with the fewest datagrams, if it pauses.
  bool make_room(Time now, bool at_any_rate, std::optional<ilnp::Nid> expected) {
    auto least = peers_.end();
    for (auto each = peers_.begin(); each != peers_.end(); ++each) {
      if (each->first == expected || (!at_any_rate && now - each->second.last_heard < pause)) continue;
      if (least == peers_.end() || each->second.flow.received() < least->second.flow.received()) least = each;
    }
    if (least == peers_.end()) return false;
    peers_.erase(least);
    return true;
  }

  std::map<ilnp::Nid, Peer> peers_;
};

}  // namespace program
