#pragma once

#include <algorithm>
#include <vector>

#include "ilnp/base/arena.hpp"
#include "ilnp/base/content_hash.hpp"
#include "ilnp/network/policies.hpp"

namespace ilnp::test {

/// The guard has received a beat of a peer.
struct PeerBeats {
  Nid peer;
  std::uint64_t number;
};

/// A guard that does all that guards may do. Nodes with an identifier of at least 0xa share a key. What they send each other is
/// masked in memory of the guard's own, with a tag in front; discovery messages have a tag in what the overlay's header leaves free.
/// Once a second each tells its peers a number, and those reply. No cipher.
struct TagGuard : NoGuard {
  static constexpr bool each_packet = true;
  static constexpr std::size_t max_overhead = 8;
  static constexpr std::size_t header_room = 64;
  static constexpr std::size_t max_peers = 4;
  static constexpr Duration period = std::chrono::seconds(1);
  static constexpr std::uint8_t beat = 46;

  struct Counters {
    static constexpr std::string_view layer = "guard";
    std::uint64_t sealed = 0, opened = 0, bad_tags = 0, beats = 0, replies = 0;

    template <class F>
    void for_each(F&& f) const {
      f("sealed", sealed);
      f("opened", opened);
      f("bad_tags", bad_tags);
      f("beats", beats);
      f("replies", replies);
    }
  };

  static constexpr bool has_key(Nid nid) noexcept { return nid.value() >= 0xa; }
  static constexpr std::size_t overhead(Nid nid) noexcept { return has_key(nid) ? max_overhead : 0; }

  template <class Network, ContextLike Cx>
  void start(const Network& network, Cx& cx) {
    self_ = network.local_nid();
    next_ = cx.now() + period;
  }

  template <class Header, ContextLike Cx>
  bool admit(FrameSource, const Header& header, wire::Kind kind, Cx&) {
    const Ilv source = header.source();
    if (kind != wire::Kind::discovery || !shares_key(source.nid)) return true;
    return genuine(equal(header.frame().subspan(1, 3), message_tag(header.payload())));
  }

  template <class Header, class Network, ContextLike Cx>
  Opened open(FrameSource, const Header& header, MutableBytes& payload, Network& network, Cx& cx) {
    const Nid peer = header.source().nid;
    if (!shares_key(peer)) return Opened::yes;
    if (!genuine(payload.size() >= 8 && equal(payload.first(8), tag(peer, self_, payload.subspan(8)))))
      return Opened::refused;
    payload = payload.subspan(8);
    mask(payload);
    ++counters_.opened;
    if (header.next_header() != beat) return note(peer), Opened::yes;
    if (payload.size() == 8) {
      ++counters_.beats;
      cx.observe(PeerBeats{peer, wire::load<std::uint64_t>(payload, 0)});
      Packet reply(network.headroom(1), {});
      wire::store<std::uint8_t>(reply.prepend(1), 0, 1);
      static_cast<void>(network.send_to(header.source(), beat, reply, cx));
    } else {
      ++counters_.replies;
    }
    return Opened::taken;
  }

  template <ContextLike Cx>
  error_code seal(Nid to, std::uint8_t&, Packet& packet, Cx&) {
    if (!shares_key(to)) return {};
    if (to == silenced) return Errc::queue_full;
    const MutableBytes room = arena_.take(header_room);
    const MutableBytes sealed = arena_.take(packet.size());
    if (room.data() == nullptr || sealed.data() == nullptr) return Errc::queue_full;
    std::ranges::copy(packet.head(), sealed.begin());
    std::ranges::copy(packet.payload(), sealed.subspan(packet.head().size()).begin());
    mask(sealed);
    packet = Packet(room, sealed);
    wire::store(packet.prepend(8), 0, tag(self_, to, sealed));
    ++counters_.sealed;
    return {};
  }

  template <ContextLike Cx>
  void sign(MutableBytes header, Bytes message, Cx&) {
    if (!has_key(self_)) return;
    std::array<std::byte, 8> octets;
    wire::store(MutableBytes(octets), 0, message_tag(message));
    std::copy_n(octets.begin(), 3, header.begin() + 1);
  }

  template <class Network, ContextLike Cx>
  void on_timer(Network& network, Cx& cx) {
    if (cx.now() < next_) return;
    next_ = cx.now() + period;
    for (const Nid peer : peers_) {
      Packet packet(network.headroom(8), {});
      wire::store(packet.prepend(8), 0, ++number_);
      static_cast<void>(network.send(peer, beat, packet, cx));
    }
  }
  TimePoint next_deadline() const noexcept { return next_; }

  template <ContextLike Cx>
  void end_batch(Cx&) {
    arena_.clear();
  }
  template <ContextLike Cx>
  void resumed(TimePoint, Cx&) {
    peers_.clear();
  }
  template <class F>
  void for_each_table(F&& f) const {
    f("beats", peers_.size(), max_peers);
  }
  const Counters& counters() const noexcept { return counters_; }

  Nid silenced;  ///< nothing is sent to this node

 private:
  static constexpr std::uint64_t key = 0x1d872b41d4f6a9e3;

  bool shares_key(Nid peer) const noexcept { return has_key(self_) && has_key(peer); }
  bool genuine(bool yes) {
    counters_.bad_tags += !yes;
    return yes;
  }
  static bool equal(Bytes octets, std::uint64_t tag) {
    std::array<std::byte, 8> expected;
    wire::store(MutableBytes(expected), 0, tag);
    return std::ranges::equal(octets, Bytes(expected).first(octets.size()));
  }
  static std::uint64_t message_tag(Bytes message) { return content_hash(message, HashKey(), key); }
  static std::uint64_t tag(Nid from, Nid to, Bytes sealed) {
    return content_hash(sealed, HashKey(), mix64(mix64(key + from.value()) + to.value()));
  }
  static void mask(MutableBytes octets) {
    for (std::byte& octet : octets) octet ^= std::byte{0x5a};
  }
  void note(Nid peer) {
    if (peers_.size() < max_peers && std::ranges::find(peers_, peer) == peers_.end()) peers_.push_back(peer);
  }

  Nid self_;
  TimePoint next_ = never;
  std::uint64_t number_ = 0;
  std::vector<Nid> peers_;
  Arena arena_;
  Counters counters_;
};

}  // namespace ilnp::test
