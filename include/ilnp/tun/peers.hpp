#pragma once

#include <algorithm>

#include "../base/address.hpp"
#include "../base/bounded_table.hpp"
#include "../base/list.hpp"

namespace ilnp::tun {

/// What is known of a node.
enum class Known : std::uint8_t {
  nothing,      ///< it is looked for
  there,        ///< it is asked whether it understands packets of a tunnel
  understands,  ///< it does
};

/// The nodes with which this one exchanges packets of a tunnel: do they understand them, and how long may a packet be? One
/// thread.
class Peers {
 public:
  static constexpr std::size_t max_peers = 1024;               ///< the others give way
  static constexpr std::size_t max_probing = 256;              ///< peers that are asked at a time
  static constexpr Duration fresh = std::chrono::seconds(30);  ///< a reply is not asked for again for so long
  static constexpr Duration memory =
      std::chrono::seconds(60);  ///< a peer that was not heard for so long is unknown again
  static constexpr Duration blocked =
      std::chrono::seconds(5);  ///< a peer that is silent, or refuses, is left alone for so long
  static constexpr Duration patience = std::chrono::seconds(2);  ///< for a reply to the first of the probes
  static constexpr unsigned max_probes = 4;                      ///< in a row
  /// When probe `n` is due, counted from the first one. The last two try the least length that IPv6 needs.
  static constexpr Duration probe_time(unsigned n) noexcept {
    return std::chrono::milliseconds(n < 3 ? 250 * n : 500 * (n - 1));
  }

  /// One of them.
  struct Peer {
    TimePoint used = long_ago;           ///< this node last sent to it
    TimePoint heard = long_ago;          ///< a packet of it arrived
    TimePoint replied = long_ago;        ///< to a probe
    TimePoint blocked_until = long_ago;  ///< it is silent, or refuses
    bool refuses = false;                ///< which of the two
    bool asking = false;                 ///< a reply to a probe is expected
    unsigned probes = 0;                 ///< that were sent since `asked`, the first one included
    TimePoint asked = long_ago;          ///< when the first of them was
    std::uint32_t nonce = 0;             ///< of them
    std::uint16_t limit = 0;      ///< the longest packet that it takes, octets; 0: as much as this node
    TimePoint told = long_ago;    ///< when this node last refused its packets
    TimePoint judged = long_ago;  ///< when it was last looked up whether it is allowed
    bool allowed = true;          ///< the result of that

    TimePoint last_used() const noexcept { return used; }
    bool expired(TimePoint now) const noexcept {
      return !asking && now - std::max({used, heard, replied}) > memory && blocked_until < now;
    }
    /// It has recently shown that it understands packets of a tunnel.
    bool understands(TimePoint now) const noexcept { return now - std::max(heard, replied) <= memory; }
    /// This node has recently sent to it: unlike a packet of it, nobody else can pretend that.
    bool in_use(TimePoint now) const noexcept { return now - used <= memory; }
  };

  void rekey(const HashKey& key) {
    peers_.rekey(key);
    probing_.reserve(max_probing);
  }

  Peer* find(Nid nid) noexcept { return peers_.find(nid); }
  /// What is known of this node.
  Known known(Nid nid, TimePoint now) const noexcept {
    const Peer* const peer = peers_.find(nid);
    if (!peer) return Known::nothing;
    return peer->understands(now) ? Known::understands : peer->asking ? Known::there : Known::nothing;
  }
  /// New or existing. `share`: for whom a new one counts (`NetworkSource::share`; 0 for this node).
  Peer& get(Nid nid, std::uint64_t share, TimePoint now) { return peers_.insert(nid, share, now); }

  /// One more may be asked.
  bool may_ask() const noexcept { return probing_.size() < max_probing; }
  /// `peer` is asked from now on: the first probe was sent. Call `may_ask` before.
  void ask(Nid nid, Peer& peer, std::uint32_t nonce, TimePoint now) {
    peer.asking = true;
    peer.asked = now;
    peer.probes = 1;
    peer.nonce = nonce;
    probing_.push_back(nid);
  }
  /// A reply is expected from somebody.
  bool any_asking() const noexcept { return !probing_.empty(); }

  /// Calls `f(nid, peer)` for each peer that is asked. `f` hands nothing up. A peer that is not asked any more afterwards is
  /// removed from these.
  template <class F>
  void for_each_asking(F&& f) {
    probing_.erase_if([&](Nid nid) {
      Peer* const peer = peers_.find(nid);
      if (peer && peer->asking) f(nid, *peer);
      return !peer || !peer->asking;
    });
  }

 private:
  BoundedTable<Nid, Peer> peers_{max_peers};
  List<Nid> probing_;
};

}  // namespace ilnp::tun
