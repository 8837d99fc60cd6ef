#pragma once

#include <map>
#include <memory>
#include <vector>

#include "library.hpp"
#include "socket.hpp"

namespace ilnp {

class SctpEndpoint;

/// Waits for streams from one peer to one port.
struct SctpListener {
  SctpEndpoint* endpoint;
  SctpSocket socket;
  std::uint16_t port;
  struct SctpPeer* peer;
  bool marked = false;  ///< among those to look at
};

/// A node and a port of its transport: the other end of streams. usrsctp has an address for it, the same for both ends: so each
/// socket is bound to one peer, and those of several nodes in one process stay apart. In return each port that is listened on
/// has a socket for each peer that has knocked on it.
struct SctpPeer {
  Nid nid;
  std::uint16_t port = 0;
  void* address = nullptr;
  std::size_t streams = 0;
  TimePoint used;         ///< when a stream last began or ended
  TimePoint heard;        ///< when anything came from it
  error_code last_error;  ///< why a packet to it could not be sent, if that was so with the last one
  std::map<std::uint16_t, std::unique_ptr<SctpListener>> listeners;
};

/// The peers of a node; bounded, and those at rest make room.
class SctpPeers {
 public:
  /// After its last stream a peer is kept for as long as the ends of it may still be under way.
  static constexpr Duration rest = std::chrono::seconds(30);

  SctpPeers(SctpOutput& output, std::size_t most) : output_(output), most_(most) {}
  SctpPeers(const SctpPeers&) = delete;
  SctpPeers& operator=(const SctpPeers&) = delete;
  ~SctpPeers() {
    for (auto& [name, peer] : peers_) forget(*peer);
  }

  SctpPeer* find(Nid nid, std::uint16_t port) noexcept {
    const auto found = peers_.find({nid, port});
    return found != peers_.end() ? found->second.get() : nullptr;
  }

  /// The peer, new if need be; null if there are too many.
  SctpPeer* enter(Nid nid, std::uint16_t port, TimePoint now) {
    if (SctpPeer* known = find(nid, port)) {
      if (known->streams == 0) known->heard = now;
      return known;
    }
    if (peers_.size() >= most_ && !make_room(now)) return nullptr;
    SctpLibrary::instance().advance(now);  // while there is no peer, nobody does
    auto& peer = peers_[{nid, port}] = std::make_unique<SctpPeer>();
    peer->nid = nid;
    peer->port = port;
    peer->used = peer->heard = now;
    peer->address = SctpLibrary::instance().enter({nid, port, &output_});
    return peer.get();
  }

  /// Drops the peers that have been at rest for long.
  void expire(TimePoint now) {
    std::erase_if(peers_, [&](auto& each) {
      SctpPeer& peer = *each.second;
      if (peer.streams != 0 || now - peer.used < rest) return false;
      forget(peer);
      return true;
    });
  }

  template <class F>
  void for_each(F&& f) {
    for (auto& [name, peer] : peers_) f(*peer);
  }
  std::size_t size() const noexcept { return peers_.size(); }

 private:
  static void forget(SctpPeer& peer) {
    peer.listeners.clear();  // before the address that they are bound to
    SctpLibrary::instance().leave(peer.address);
  }

  /// In need a peer goes as soon as it has no streams: the one at rest for longest.
  bool make_room(TimePoint now) {
    expire(now);
    if (peers_.size() < most_) return true;
    auto oldest = peers_.end();
    for (auto each = peers_.begin(); each != peers_.end(); ++each)
      if (each->second->streams == 0 && (oldest == peers_.end() || each->second->used < oldest->second->used))
        oldest = each;
    if (oldest == peers_.end()) return false;
    forget(*oldest->second);
    peers_.erase(oldest);
    return true;
  }

  SctpOutput& output_;
  std::size_t most_;
  std::map<std::pair<Nid, std::uint16_t>, std::unique_ptr<SctpPeer>> peers_;
};

}  // namespace ilnp
