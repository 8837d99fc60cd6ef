#pragma once

#include <map>
#include <memory>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/error.hpp"
#include "library.hpp"

namespace ilnp {

/// A node and a port of its transport: the remote end of streams.
struct SctpPeer {
  Nid nid;                  ///< the node
  std::uint16_t port = 0;   ///< of its transport
  std::size_t streams = 0;  ///< with it, now
  TimePoint used;           ///< when a stream last began or ended
  TimePoint heard;          ///< when anything last arrived from it
  error_code last_error;    ///< why the last packet to it could not be sent, if it could not
};

/// The peers of a node; bounded, and idle ones make room.
class SctpPeers {
 public:
  /// A peer is kept this long after its last stream, because its last packets may still be in flight.
  static constexpr Duration rest = std::chrono::seconds(30);

  /// `most`: peers at a time.
  explicit SctpPeers(std::size_t most) : most_(most) {}
  SctpPeers(const SctpPeers&) = delete;
  SctpPeers& operator=(const SctpPeers&) = delete;

  SctpPeer* find(Nid nid, std::uint16_t port) noexcept {
    const auto found = peers_.find({nid, port});
    return found != peers_.end() ? found->second.get() : nullptr;
  }

  /// The peer, created if necessary; null if there are too many. `own`: this node
  /// connects and may use the last quarter, which peers that connect may not.
  SctpPeer* enter(Nid nid, std::uint16_t port, TimePoint now, bool own = true) {
    if (SctpPeer* known = find(nid, port)) {
      if (known->streams == 0) known->heard = now;
      return known;
    }
    if (const std::size_t most = own ? most_ : most_ - most_ / 4;
        peers_.size() >= most && !make_room(most, now))
      return nullptr;
    SctpLibrary::instance().advance(now);  // nobody does while there is no peer
    auto& peer = peers_[{nid, port}] = std::make_unique<SctpPeer>();
    peer->nid = nid;
    peer->port = port;
    peer->used = peer->heard = now;
    return peer.get();
  }

  /// Drops peers that have been idle for long.
  void expire(TimePoint now) {
    std::erase_if(peers_, [&](auto& each) {
      const SctpPeer& peer = *each.second;
      return peer.streams == 0 && now - peer.used >= rest;
    });
  }

  std::size_t size() const noexcept { return peers_.size(); }

 private:
  /// If there is no room, drops the peer without streams that has been idle for longest.
  bool make_room(std::size_t most, TimePoint now) {
    expire(now);
    if (peers_.size() < most) return true;
    auto oldest = peers_.end();
    for (auto each = peers_.begin(); each != peers_.end(); ++each)
      if (each->second->streams == 0 && (oldest == peers_.end() || each->second->used < oldest->second->used))
        oldest = each;
    if (oldest == peers_.end()) return false;
    peers_.erase(oldest);
    return true;
  }

  std::size_t most_;
  std::map<std::pair<Nid, std::uint16_t>, std::unique_ptr<SctpPeer>> peers_;
};

}  // namespace ilnp
