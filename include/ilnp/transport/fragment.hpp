#pragma once

#include <array>
#include <cstddef>

#include "../base/adaptor.hpp"
#include "../base/address.hpp"
#include "../base/keyed_hash.hpp"
#include "../base/reply_limit.hpp"
#include "../base/stack.hpp"
#include "fragment_peers.hpp"
#include "reassembly.hpp"

/// Events that transports show through `cx.observe(event)`.
namespace ilnp::event {

/// `peer` has not replied that it reassembles fragments: `datagrams` datagrams that waited for its reply were dropped.
struct LongDatagramsDropped {
  Nid peer;               ///< the node
  std::size_t datagrams;  ///< how many waited for its reply
  std::size_t size;       ///< octets of the first one
};

}  // namespace ilnp::event

namespace ilnp {

/// Sends datagrams of up to 65 507 octets (docs/behaviour.md, "Long datagrams"). A datagram that does not fit a frame is
/// fragmented for nodes that have replied that they reassemble; for all others it is `message_too_long`. A datagram that fits
/// a frame passes unchanged. A transport on a transport. One thread.
template <PacketTransport Next>
class Fragment : public TransportAdaptor<Next> {
  using TransportAdaptor<Next>::next_;

 public:
  /// All arguments go to the layers below.
  template <class... Args>
  explicit Fragment(Args&&... args) : TransportAdaptor<Next>(std::forward<Args>(args)...) {
    next_.accept_reserved_port();
  }

  /// Sends one datagram, fragmented if necessary. The first long ones to a node wait for its reply to a probe. If it does not
  /// reply soon, they are dropped, and further ones are refused. Errors: `message_too_long`, `queue_full` (enough wait), those
  /// of the transport.
  template <ContextLike Cx>
  error_code send(std::uint16_t source_port, Nid to, std::uint16_t destination_port, Bytes payload, Cx& cx) {
    if (payload.size() <= next_.max_payload(to))
      return next_.send(source_port, to, destination_port, payload, cx);
    if (payload.size() > max_payload(to)) return ++counters_.refused_too_long, Errc::message_too_long;
    const TimePoint now = cx.now();
    Peer& peer = peers_.get(to, now, pool_, counters_);
    if (peer.willing(now)) {
      if (now - peer.asked_at >= FragmentPeers::refresh) (void)ask(peer, cx);
      return send_fragments(
          peer, {now, 0, static_cast<std::uint16_t>(payload.size()), source_port, destination_port}, payload,
          cx);
    }
    if (peer.refusing(now)) return ++counters_.refused_too_long, Errc::message_too_long;
    if (!peer.asking) {
      if (const error_code error = ask(peer, cx)) return error;
      peer.asking = true;
      peer.asked = 1;
      peers_.watch(peer);
    }
    if (!peers_.hold(peer, payload, source_port, destination_port, now, pool_, counters_))
      return ++counters_.refused_queue_full, Errc::queue_full;
    ++counters_.held;
    return {};
  }

  /// Calls `up(const DatagramSource&, MutableBytes)` as the transport below does. A reassembled datagram is valid until the batch
  /// ends.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, receiver(cx, up));
    reassembly_.expire(cx.now(), pool_, counters_);
    peers_.for_each_due(cx.now(), [&](Peer& peer) { ask_again(peer, cx); });
  }

  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
    pool_.end_batch();
  }
  TimePoint next_deadline() const noexcept {
    return std::min({next_.next_deadline(), reassembly_.next_deadline(), peers_.next_deadline()});
  }
  /// For nodes that reassemble fragments; for others the limit of the next layer applies.
  std::size_t max_payload(Nid nid = {}) const noexcept {
    return std::max(next_.max_payload(nid), std::min(wire::FragmentMessage::max_total,
                                                     stride(nid) * wire::FragmentMessage::max_fragments));
  }
  /// Of datagrams that pass unchanged.
  std::size_t frame_payload(Nid nid = {}) const noexcept { return ilnp::frame_payload(next_, nid); }
  const FragmentCounters& counters() const noexcept { return counters_; }

 private:
  using Peer = FragmentPeers::Peer;
  using Held = FragmentPeers::Held;
  static constexpr std::uint16_t reserved_port = 0;

  /// 0 if no fragment fits a frame.
  std::size_t stride(Nid nid) const noexcept {
    return std::max(next_.max_payload(nid), wire::FragmentMessage::fragment_header_size) -
           wire::FragmentMessage::fragment_header_size;
  }

  template <ContextLike Cx>
  error_code ask(Peer& peer, Cx& cx) {
    peer.nonce = static_cast<std::uint32_t>(cx.secret());
    peer.asked_at = cx.now();
    Packet packet(next_.headroom(wire::FragmentMessage::probe_size), {});
    wire::FragmentProbeRepr{peer.nonce}.write_to(packet.prepend(wire::FragmentMessage::probe_size));
    if (const error_code error = next_.send(reserved_port, peer.nid, reserved_port, packet, cx)) return error;
    ++counters_.probes;
    return {};
  }

  template <ContextLike Cx>
  void ask_again(Peer& peer, Cx& cx) {
    if (peer.asked < FragmentPeers::max_probes) {
      ++peer.asked;
      return void(ask(peer, cx));  // an error is like a lost probe
    }
    peer.refuse(cx.now());
    if (peer.held.empty()) return;
    const event::LongDatagramsDropped event{peer.nid, peer.held.size(), peer.held.front().size};
    peers_.drop_held(peer, pool_, counters_);
    cx.observe(event);
  }

  template <ContextLike Cx>
  error_code send_fragments(const Peer& peer, const Held& datagram, Bytes payload, Cx& cx) {
    draw_secrets(cx);
    wire::FragmentHeaderRepr fragment{datagram.destination_port,
                                      peer.key,
                                      ++number_,
                                      datagram.size,
                                      static_cast<std::uint16_t>(stride(peer.nid)),
                                      0};
    if (payload.size() >
        fragment.stride * wire::FragmentMessage::max_fragments)  // frames have become smaller
      return ++counters_.refused_too_long, Errc::message_too_long;
    for (; !payload.empty(); ++fragment.index) {
      const std::size_t size = std::min<std::size_t>(fragment.stride, payload.size());
      Packet packet(next_.headroom(wire::FragmentMessage::fragment_header_size), payload.first(size));
      fragment.write_to(packet.prepend(wire::FragmentMessage::fragment_header_size));
      if (const error_code error = next_.send(datagram.source_port, peer.nid, reserved_port, packet, cx))
        return error;
      ++counters_.fragments_sent;
      payload = payload.subspan(size);
    }
    ++counters_.sent;
    return {};
  }

  template <ContextLike Cx, class Up>
  auto receiver(Cx& cx, Up& up) {
    return taking<DatagramSource>(
        [this, &cx, &up](const DatagramSource& source, MutableBytes payload) {
          receive(source, payload, cx, up);
        },
        up);
  }
  template <ContextLike Cx, class Up>
  void receive(const DatagramSource& source, MutableBytes payload, Cx& cx, Up& up) {
    if (source.destination_port != reserved_port) return up(source, payload);
    const auto message = wire::FragmentMessage::parse(payload);
    if (!message) return void(++counters_.dropped_malformed);
    switch (message->kind()) {
      case wire::FragmentKind::probe:
        return reply(source, message->nonce(), cx);
      case wire::FragmentKind::reply:
        return replied(source.nid, *message, cx);
      case wire::FragmentKind::fragment:
        return receive_fragment(source, *message, cx, up);
    }
  }

  template <ContextLike Cx>
  void reply(const DatagramSource& source, std::uint32_t nonce, Cx& cx) {
    const Nid to = source.nid;
    draw_secrets(cx);
    const bool is_known = known(to, cx.now());
    if (!reply_limit_.may_admit(to, source.network.share, is_known, cx.now()))
      return void(++counters_.dropped_too_many);
    Packet packet(next_.headroom(wire::FragmentMessage::reply_size), {});
    wire::FragmentReplyRepr{nonce, key_for(to, cx)}.write_to(
        packet.prepend(wire::FragmentMessage::reply_size));
    if (next_.send(reserved_port, to, reserved_port, packet, cx)) return;
    reply_limit_.count(to, source.network.share, is_known);
    ++counters_.replies;
  }

  template <ContextLike Cx>
  void replied(Nid by, const wire::FragmentMessage& message, Cx& cx) {
    Peer* const peer = peers_.find(by);
    if (!peer || peer->asked_at == long_ago || peer->nonce != message.nonce())
      return void(++counters_.dropped_unasked);
    peer->reply(message.key(), cx.now());
    peers_.release_held(*peer, [&](const Held& held) {
      (void)send_fragments(*peer, held, pool_.octets(held.buffer, held.size),
                           cx);  // a failure is like a loss on the path
      pool_.give_back_after_batch(held.buffer, held.size);
    });
  }

  template <ContextLike Cx, class Up>
  void receive_fragment(const DatagramSource& source, const wire::FragmentMessage& fragment, Cx& cx, Up& up) {
    if (fragment.key() != key_for(source.nid, cx)) return void(++counters_.dropped_wrong_key);
    if (fragment.destination_port() == reserved_port || !next_.bound(fragment.destination_port()))
      return void(++counters_.dropped_not_bound);
    ++counters_.fragments_received;
    const MutableBytes whole =
        reassembly_.add(source.nid, source.network.share, source.port, fragment, cx.now(), pool_, counters_);
    if (whole.empty()) return;
    speaker(source.nid) = {source.nid, cx.now()};
    ++counters_.delivered;
    DatagramSource whole_source = source;
    whole_source.destination_port = fragment.destination_port();
    up(whole_source, whole);
  }

  /// The key that fragments from that node must carry. Only a node that received it from this node can send any.
  template <ContextLike Cx>
  std::uint32_t key_for(Nid nid, Cx& cx) {
    draw_secrets(cx);
    if (nid != key_of_) {
      key_of_ = nid;
      key_ = static_cast<std::uint32_t>(keyed_hash(nid.value(), secret_[0], secret_[1]));
    }
    return key_;
  }

  /// Draws them once, when first needed.
  template <ContextLike Cx>
  void draw_secrets(Cx& cx) {
    if (drawn_) return;
    drawn_ = true;
    for (std::uint64_t& half : secret_) half = cx.secret();
    number_ = static_cast<std::uint32_t>(cx.secret());
    hash_key_ = HashKey(cx);
    reply_limit_.rekey(hash_key_);
    key_of_ = Nid{};
    key_ = static_cast<std::uint32_t>(keyed_hash(0, secret_[0], secret_[1]));
  }

  /// Has `nid` recently sent a long datagram to this node, or replied that it accepts some?
  bool known(Nid nid, TimePoint now) noexcept {
    const FragmentPeers::Peer* peer = peers_.find(nid);
    if (peer && peer->known()) return true;
    const Speaker& other = speaker(nid);
    return other.nid == nid && now - other.heard < speaker_memory;
  }
  static constexpr Duration speaker_memory = std::chrono::seconds(60);

  /// A node that sends long datagrams.
  struct Speaker {
    Nid nid;
    TimePoint heard = long_ago;
  };
  Speaker& speaker(Nid nid) noexcept { return speakers_[hash_key_(nid.value()) % speakers_.size()]; }

  DatagramPool pool_;
  Reassembly reassembly_;
  FragmentPeers peers_;
  std::uint32_t number_ = 0;  // number of the last datagram
  bool drawn_ = false;
  std::uint64_t secret_[2] = {};
  HashKey hash_key_;
  Nid key_of_;             // the node that was looked up last
  std::uint32_t key_ = 0;  // and its key
  ReplyLimit reply_limit_;
  std::array<Speaker, 1024> speakers_{};
  FragmentCounters counters_;
};

}  // namespace ilnp
