#pragma once

#include <boost/config.hpp>
#include <string>
#include <utility>
#include <vector>

#include "allowed_hosts.hpp"
#include "outgoing.hpp"

namespace ilnp {

/// A tunnel for the IPv6 packets of a network interface (docs/behaviour.md, "Tunnels"): the host's packets, as read from a TUN device
/// (`from_host`), go to the nodes that their addresses name, and those of nodes come up as `ToHost`. An address is a prefix and a
/// node's identifier, so connections survive moves. Nothing of the host can be reached but what `TunConfig` exposes, and answers.
///
/// A network layer on a network layer: it hands up unchanged what it does not own. So it is a transport of its own
/// (`Tun<ILNP<McastUdp>>`), or lies below others (`STP<Tun<ILNP<McastUdp>>>`). One thread.
template <NetworkLayer Next>
class Tun : public tun::Outgoing<Next> {
  using Base = tun::Outgoing<Next>;
  using Base::arena_;
  using Base::counters_;
  using Base::deliver;
  using Base::draw_secrets;
  using Base::elided;
  using Base::held_;
  using Base::mtu_;
  using Base::next_;
  using Base::overhead;
  using Base::own_;
  using Base::peers_;
  using Base::policy_;
  using Base::prefix_;
  using Base::probe_limit_;
  using Base::protocol;
  using Base::ready_until_;
  using Base::refusal_limit_;
  using Base::release;
  using Base::send_probe;
  using Base::step_at_;
  using Base::stp;
  using Base::take_step;
  using Base::wake;

 public:
  /// Throws `std::invalid_argument` if `config` is invalid, the frames too short, or the node's identifier reserved. The other
  /// arguments go to the layers below.
  template <class... Args>
  explicit Tun(const TunConfig& config, Args&&... args)
      : Base(config, std::forward<Args>(args)...), allowed_(config.allowed) {}

  /// Calls `up(const ToHost&, MutableBytes)` for each packet for the host.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  /// Does what is due at `next_deadline()`, and may call `up` as `feed` does.
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, receiver(cx, up));
    if (cx.now() >= step_at_) take_step(cx, up);
  }
  /// Ends the batch below; then nothing is borrowed any more.
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
    arena_.clear();
    held_.end_batch();
  }
  TimePoint next_deadline() const { return std::min(next_.next_deadline(), step_at_); }

 private:
  template <ContextLike Cx, class Up>
  auto receiver(Cx& cx, Up& up) {
    return taking<NetworkSource>(
        [this, &cx, &up](const NetworkSource& source, MutableBytes payload) {
          if (source.next_header == protocol) return receive(source, payload, cx, up);
          if (source.next_header == stp && is_message(payload)) return receive_probe(source, payload, cx, up);
          if (!offer(up, source, payload)) ++counters_.dropped_unknown_next_header;
        },
        up);
  }
  /// A datagram between the reserved ports that is of this layer.
  static bool is_message(Bytes payload) noexcept {
    const auto header = wire::StpHeader::parse(payload);
    return header && header->destination_port() == 0 && wire::TunProbe::parse(header->payload());
  }

  template <ContextLike Cx, class Up>
  void receive(const NetworkSource& source, MutableBytes payload, Cx& cx, Up& up) {
    const auto header = wire::TunHeader::parse(payload);
    if (!header) return receive_other(source, payload, cx);
    if (header->partial()) return void(++counters_.dropped_unprotected);
    const Nid nid = source.source.nid;
    const bool accepted = nid == heard_nid_ && cx.now() < heard_until_;
    if (!accepted && !accept(source, cx, up)) return;
    const MutableBytes rest = payload.subspan(overhead);
    const wire::Ipv6Address peer{prefix_, nid.value()};
    const wire::Ipv6HeaderRepr ip{header->traffic_class(),
                                  static_cast<std::uint16_t>(rest.size()),
                                  header->next_header(),
                                  header->hop_limit(),
                                  peer,
                                  own_};
    const tun::Verdict verdict = policy_.judge(ip.next_header, rest, own_, peer, cx.now());
    if (verdict != tun::Verdict::pass) [[unlikely]]
      return refuse(verdict, source, ip, rest, cx);
    ++counters_.delivered;
    deliver(ip, nid, rest, up);
  }
  /// The first packet for a while: notes that the peer is there, and whether it is allowed.
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE bool accept(const NetworkSource& source, Cx& cx, Up& up) {
    draw_secrets(cx);
    const Nid nid = source.source.nid;
    const TimePoint now = cx.now();
    if (tun::is_reserved(nid)) return ++counters_.dropped_malformed, false;
    tun::Peers::Peer& peer = peers_.get(nid, source.share, now);
    if (!allows(nid, peer, cx)) {
      ++counters_.dropped_not_allowed;
      if (now - peer.told >= std::chrono::seconds(1) && may_refuse(source, now)) {
        peer.told = now;
        Packet packet(next_.headroom(wire::TunRefusal::size), {});
        wire::TunRefusalRepr{}.write_to(packet.prepend(wire::TunRefusal::size));
        send_refusal(source, packet, cx);
      }
      return false;
    }
    const bool news = !peer.understands(now) || now < peer.blocked_until;
    peer.heard = now;
    peer.blocked_until = long_ago;
    heard_nid_ = nid;
    heard_until_ = now + decision_hold;
    if (news) release(nid, cx, up);
    return true;
  }
  template <ContextLike Cx>
  bool allows(Nid nid, tun::Peers::Peer& peer, Cx& cx) {
    if (allowed_.empty()) return true;
    if (cx.now() - peer.judged < std::chrono::seconds(1)) return peer.allowed;
    peer.judged = cx.now();
    return peer.allowed = allowed_.has(nid, next_, cx);
  }

  /// What is no packet.
  template <ContextLike Cx>
  BOOST_NOINLINE void receive_other(const NetworkSource& source, Bytes payload, Cx& cx) {
    if (!wire::TunRefusal::parse(payload)) return void(++counters_.dropped_malformed);
    // Only of a node to which this one sends, and which does not send packets itself: anybody could claim a refusal. A reply to a
    // probe does not count as a packet, for it says only what the peer understands.
    tun::Peers::Peer* const peer = peers_.find(source.source.nid);
    const TimePoint now = cx.now();
    if (!peer || now - peer->used >= tun::Peers::blocked || now - peer->heard < 2 * tun::Peers::blocked)
      return void(++counters_.dropped_unasked);
    ++counters_.refusals_received;
    peer->refuses = true;
    peer->blocked_until = now + tun::Peers::blocked;
    ready_until_ = long_ago;
    wake(now);
  }

  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void receive_probe(const NetworkSource& source, Bytes payload, Cx& cx, Up& up) {
    draw_secrets(cx);
    const Nid nid = source.source.nid;
    const TimePoint now = cx.now();
    const auto message = wire::TunProbe::parse(payload.subspan(wire::StpHeader::size));
    if (message->kind() == wire::TunProbeKind::probe) {
      const bool known = in_use(nid, now);
      if (!probe_limit_.may_admit(nid, source.share, known, now)) return void(++counters_.dropped_too_many);
      if (!send_probe(nid, wire::TunProbeKind::reply, message->nonce(), payload.size(), cx)) return;
      probe_limit_.count(nid, source.share, known);
      ++counters_.probes_answered;
      return;
    }
    tun::Peers::Peer* const peer = peers_.find(nid);
    if (!peer || !peer->asking || peer->nonce != message->nonce()) return void(++counters_.dropped_unasked);
    const std::size_t passed = payload.size() + elided;
    const std::size_t limit = std::min<std::size_t>({message->longest(), passed, mtu_});
    peer->limit = static_cast<std::uint16_t>(std::max<std::size_t>(limit, TunConfig::min_mtu));
    peer->asking = false;
    peer->replied = now;
    peer->blocked_until = long_ago;
    ready_until_ = long_ago;
    release(nid, cx, up);
  }
  /// Whether the sender of a packet may be told that it does not come in.
  bool may_refuse(const NetworkSource& source, TimePoint now) noexcept {
    return refusal_limit_.may_admit(source.source.nid, source.share, in_use(source.source.nid, now), now);
  }
  /// Tells it. `packet` has next header 47.
  template <ContextLike Cx>
  void send_refusal(const NetworkSource& source, Packet& packet, Cx& cx) {
    const Nid nid = source.source.nid;
    if (next_.send(nid, protocol, packet, cx)) return;
    refusal_limit_.count(nid, source.share, in_use(nid, cx.now()));
    ++counters_.refused_to_peers;
  }
  /// This node sends to that one, and it understands that.
  bool in_use(Nid nid, TimePoint now) noexcept {
    const tun::Peers::Peer* const peer = peers_.find(nid);
    return peer && peer->understands(now) && peer->in_use(now);
  }
  /// Answers a peer whose packet does not come in.
  template <ContextLike Cx>
  BOOST_NOINLINE void refuse(tun::Verdict verdict, const NetworkSource& source,
                             const wire::Ipv6HeaderRepr& ip, Bytes rest, Cx& cx) {
    if (verdict == tun::Verdict::drop) return void(++counters_.dropped_protocol);
    ++counters_.dropped_not_exposed;
    if (!may_refuse(source, cx.now())) return;
    tun::OwnPacket reply;
    if (verdict == tun::Verdict::reset) {
      // A first fragment has no segment to answer.
      const auto segment = wire::TcpHeader::parse(rest);
      if (ip.next_header != static_cast<std::uint8_t>(wire::IpProtocol::tcp) || !segment) return;
      reply = tun::tcp_reset(arena_, *segment, own_, ip.source);
    } else {
      std::array<std::byte, wire::Ipv6Header::size> header;
      ip.write_to(header);
      reply = tun::icmp_error(
          arena_, {wire::Icmpv6Type::unreachable, static_cast<std::uint8_t>(wire::Unreachable::port), 0},
          own_, ip.source, header, rest);
    }
    if (reply.rest.empty()) return;
    Packet packet(next_.headroom(overhead), reply.rest);
    wire::TunHeaderRepr{reply.ip.next_header, 0, reply.ip.hop_limit, false}.write_to(
        packet.prepend(overhead));
    send_refusal(source, packet, cx);
  }

  tun::AllowedHosts allowed_;
  Nid heard_nid_;  // from this node they come in
  TimePoint heard_until_ = long_ago;
};

/// A tunnel: what `Tun` is, and what a gateway for a TUN device needs.
template <class Layer>
concept TunnelLayer = NetworkLayer<Layer> &&
    requires(Layer& layer, const Layer& constant, const wire::VirtioNetHeader& virtio, MutableBytes packet,
             Context<>& cx, detail::AnyUp up) {
  layer.from_host(virtio, packet, cx, up);
  { constant.mtu() } -> std::same_as<std::size_t>;
  { constant.address() } -> std::convertible_to<wire::Ipv6Address>;
};

namespace detail {
template <class Layer>
using IsTunnel = std::bool_constant<TunnelLayer<Layer>>;
}  // namespace detail

/// The uppermost tunnel of a stack; its lowest layer if there is none.
template <class Layer>
auto& tun_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsTunnel>(layer);
}

}  // namespace ilnp
