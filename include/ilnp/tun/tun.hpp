#pragma once

#include <boost/config.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "../base/adaptor.hpp"
#include "../base/arena.hpp"
#include "../base/reply_limit.hpp"
#include "../base/stack.hpp"
#include "../wire/ilnp_header.hpp"
#include "../wire/stp_header.hpp"
#include "../wire/tun_header.hpp"
#include "../wire/tun_probe.hpp"
#include "config.hpp"
#include "counters.hpp"
#include "cutter.hpp"
#include "held_reads.hpp"
#include "names.hpp"
#include "peers.hpp"
#include "policy.hpp"
#include "prefix.hpp"
#include "rate_limit.hpp"
#include "replies.hpp"
#include "to_host.hpp"

namespace ilnp {

/// A tunnel for the IPv6 packets of a network interface (docs/behaviour.md, "Tunnels"): the host's packets, as read from a TUN device
/// (`from_host`), go to the nodes that their addresses name, and those of nodes come up as `ToHost`. An address is a prefix and a
/// node's identifier, so connections survive moves. Nothing of the host can be reached but what `TunConfig` exposes, and answers.
///
/// A network layer on a network layer: it hands up unchanged what it does not own. So it is a transport of its own
/// (`Tun<ILNP<McastUdp>>`), or lies below others (`STP<Tun<ILNP<McastUdp>>>`). One thread.
template <NetworkLayer Next>
class Tun : public NetworkAdaptor<Next> {
  using NetworkAdaptor<Next>::next_;

 public:
  static constexpr Duration step = std::chrono::milliseconds(25);  ///< between two looks at what waits
  static constexpr unsigned errors_per_second = 100;               ///< to the host
  static constexpr unsigned refusals_per_second = 100;             ///< resets, errors and refusals to peers
  static constexpr unsigned queries_per_second = 256;              ///< of names

  /// Throws `std::invalid_argument` if `config` is invalid, the frames too short, or the node's identifier reserved. The other
  /// arguments go to the layers below.
  template <class... Args>
  explicit Tun(const TunConfig& config, Args&&... args)
      : NetworkAdaptor<Next>(std::forward<Args>(args)...),
        prefix_((config.validate(), config.prefix)),
        policy_(config),
        names_(prefix_) {
    const std::size_t longest =
        next_.max_payload() - std::min(next_.max_payload(), overhead) + wire::Ipv6Header::size;
    if (longest < TunConfig::min_mtu)
      throw std::invalid_argument("a tunnel needs frames that carry 1244 octets");
    if (config.mtu > longest)
      throw std::invalid_argument("tun mtu: frames carry packets of " + std::to_string(longest) +
                                  " octets at most");
    if (tun::is_reserved(next_.local_nid()))
      throw std::invalid_argument("nid " + to_string(next_.local_nid()) +
                                  ": reserved, so no interface can have it");
    mtu_ = config.mtu != 0 ? config.mtu : std::min<std::size_t>(longest, UINT16_MAX);
    own_ = {prefix_, next_.local_nid().value()};
    for (const std::string& name : config.allowed) allowed_.push_back(name);
  }

  /// The upper 64 bits of all addresses.
  std::uint64_t prefix() const noexcept { return prefix_; }
  /// Of the interface: the longest packet, octets.
  std::size_t mtu() const noexcept { return mtu_; }
  /// This host's address.
  const wire::Ipv6Address& address() const noexcept { return own_; }
  /// From now on other nodes may send to this port.
  void expose(std::uint16_t port) noexcept { policy_.expose(port); }

  /// Sends what was read from the device: a packet, or a long one that is cut. Within a batch; `packet` is borrowed until the batch
  /// ends, and may be changed. What cannot be sent yet is copied and waits; what cannot be sent at all is answered by an error to the
  /// host: `up(const ToHost&, MutableBytes)`.
  template <ContextLike Cx, class Up>
  void from_host(const wire::VirtioNetHeader& virtio, MutableBytes packet, Cx& cx, Up&& up) {
    ++counters_.reads;
    const auto ip = wire::Ipv6Header::parse(packet);
    if (!ip) return void(++counters_.dropped_malformed_read);
    const wire::Ipv6Address to = ip->destination();
    if (!tun::is_unicast(to)) return void(++counters_.dropped_not_unicast);
    if (ip->source() != own_) {
      ++counters_.dropped_foreign_source;
      return unreachable(wire::Unreachable::source_address, packet, cx, up);
    }
    const Nid nid(to.interface);
    if (to.prefix != prefix_ || tun::is_reserved(nid) || nid == this->local_nid()) {
      if (to.prefix == prefix_ && nid == tun::anycast_nid) return serve(*ip, virtio, packet, cx, up);
      ++counters_.dropped_no_destination;
      return unreachable(to.prefix == prefix_ ? wire::Unreachable::address : wire::Unreachable::no_route,
                         packet, cx, up);
    }
    if (ip->next_header() == static_cast<std::uint8_t>(wire::IpProtocol::udp))
      if (const auto header = wire::UdpHeader::parse(ip->payload()))
        policy_.note(header->source_port(), cx.now());
    if (!ready(nid, cx.now())) return consider(nid, virtio, packet, cx, up);
    finish(transmit(nid, ready_limit_, virtio, packet, cx), nid, ready_limit_, virtio, packet, cx, up);
  }

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
  const TunCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr auto protocol = static_cast<std::uint8_t>(wire::NextHeader::tunnel);
  static constexpr auto stp = static_cast<std::uint8_t>(wire::NextHeader::stp);
  static constexpr std::size_t overhead = wire::TunHeader::size;
  /// What an IPv6 packet has that its frame does not.
  static constexpr std::size_t elided = wire::Ipv6Header::size - wire::TunHeader::size;

  enum class Outcome : std::uint8_t { done, wait, too_long };

  // Out.

  /// Decided a moment ago: packets for this node leave.
  bool ready(Nid nid, TimePoint now) const noexcept { return nid == ready_nid_ && now < ready_until_; }

  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void consider(Nid nid, const wire::VirtioNetHeader& virtio, MutableBytes packet, Cx& cx,
                               Up& up) {
    draw_secrets(cx);
    const TimePoint now = cx.now();
    tun::Peers::Peer& peer = peers_.get(nid, 0, now);
    peer.used = now;
    if (now < peer.blocked_until) {
      ++counters_.dropped_unreachable;
      return unreachable(peer.refuses ? wire::Unreachable::prohibited : wire::Unreachable::address, packet,
                         cx, up);
    }
    const bool understands = peer.understands(now);
    if (!peer.asking && (!understands || now - peer.replied >= tun::Peers::fresh) &&
        now >= peer.asked + tun::Peers::patience)
      ask(nid, peer, cx);
    if (!understands || held_.any_for(nid)) return hold(nid, virtio, packet, cx);
    const std::size_t limit = limit_of(peer);
    ready_nid_ = nid;
    ready_limit_ = limit;
    ready_until_ = now + decision_hold;
    finish(transmit(nid, limit, virtio, packet, cx), nid, limit, virtio, packet, cx, up);
  }
  std::size_t limit_of(const tun::Peers::Peer& peer) const noexcept {
    return peer.limit == 0 ? mtu_ : std::min<std::size_t>(peer.limit, mtu_);
  }

  /// Cuts it, and sends the parts. `wait`: nothing was sent, because there is no route yet.
  template <ContextLike Cx>
  Outcome transmit(Nid nid, std::size_t limit, const wire::VirtioNetHeader& virtio, MutableBytes packet,
                   Cx& cx) {
    const auto ip = wire::Ipv6Header::parse(packet);
    const wire::TunHeaderRepr header{ip->next_header(), ip->traffic_class(), ip->hop_limit(), false};
    bool first = true;
    Outcome outcome = Outcome::done;
    const auto result = tun::cut(virtio, packet, [&](Bytes transport, MutableBytes payload) {
      if (outcome != Outcome::done) return;
      const std::size_t size = transport.size() + payload.size();
      if (wire::Ipv6Header::size + size > limit) return void(outcome = Outcome::too_long);
      Packet out(next_.headroom(overhead + transport.size()), payload);
      if (!transport.empty())
        std::copy(transport.begin(), transport.end(), out.prepend(transport.size()).begin());
      header.write_to(out.prepend(overhead));
      const error_code error = next_.send(nid, protocol, out, cx);
      if (!error) {
        ++counters_.sent;
      } else if (first &&
                 (error == Errc::unknown_host || error == Errc::no_route || error == Errc::queue_full)) {
        outcome = Outcome::wait;
      } else {
        ++counters_.dropped_not_sent;
      }
      first = false;
    });
    if (result == tun::Cut::malformed) ++counters_.dropped_malformed_read;
    return outcome;
  }
  template <ContextLike Cx, class Up>
  void finish(Outcome outcome, Nid nid, std::size_t limit, const wire::VirtioNetHeader& virtio,
              MutableBytes packet, Cx& cx, Up& up) {
    if (outcome == Outcome::done) [[likely]]
      return;
    if (outcome == Outcome::too_long) return too_long(limit, packet, cx, up);
    ready_until_ = long_ago;
    auto kept = virtio;
    if (virtio.gso_type == wire::VirtioNetHeader::gso_none)
      kept.flags = 0;  // its checksum is complete by now
    hold(nid, kept, packet, cx);
  }
  template <ContextLike Cx>
  void hold(Nid nid, const wire::VirtioNetHeader& virtio, MutableBytes packet, Cx& cx) {
    if (!held_.hold(nid, virtio, packet, cx.now())) return void(++counters_.dropped_held_full);
    ++counters_.held;
    ready_until_ = long_ago;
    wake(cx.now() + step);
  }
  void wake(TimePoint at) noexcept { step_at_ = std::min(step_at_, at); }

  /// Sends what has waited for `nid`.
  template <ContextLike Cx, class Up>
  void release(Nid nid, Cx& cx, Up& up) {
    attempt_held(cx, up, [nid](const tun::HeldReads::Read& read) { return read.to == nid; });
  }
  /// Tries to send the held reads for which `wanted` is true; those that have waited for too long fail.
  template <ContextLike Cx, class Up, class Wanted>
  void attempt_held(Cx& cx, Up& up, Wanted wanted) {
    if (held_.empty()) return;
    const TimePoint now = cx.now();
    failed_.clear();
    held_.release([&](const tun::HeldReads::Read& read) {
      if (!wanted(read)) return false;
      tun::Peers::Peer* const peer = peers_.find(read.to);
      const bool blocked = peer && now < peer->blocked_until;
      if (!blocked && peer && peer->understands(now)) {
        peer->used = now;
        const Outcome outcome = transmit(read.to, limit_of(*peer), read.virtio, held_.octets(read), cx);
        if (outcome == Outcome::done) return true;
        if (outcome == Outcome::too_long) return failed_.push_back({read, limit_of(*peer), {}}), true;
      }
      if (!blocked && now - read.since < tun::HeldReads::patience) return false;
      const bool refused = blocked && peer->refuses;
      failed_.push_back({read, 0, refused ? wire::Unreachable::prohibited : wire::Unreachable::address});
      return true;
    });
    for (std::size_t i = 0; i < failed_.size(); ++i) {  // what is handed up may send
      const Failed failed = failed_[i];
      if (failed.limit != 0) {
        too_long(failed.limit, held_.octets(failed.read), cx, up);
      } else {
        ++counters_.dropped_unreachable;
        unreachable(failed.why, held_.octets(failed.read), cx, up);
      }
    }
  }

  // Probes.

  template <ContextLike Cx>
  void ask(Nid nid, tun::Peers::Peer& peer, Cx& cx) {
    if (!peers_.ask(nid, peer, static_cast<std::uint32_t>(cx.secret()))) return;
    peer.asked = cx.now();
    probe(nid, peer, cx);
    wake(cx.now() + step);
  }
  /// Sends the next probe if it is due. While there is no route, no time passes for the peer.
  template <ContextLike Cx>
  void probe(Nid nid, tun::Peers::Peer& peer, Cx& cx) {
    if (peer.probes == tun::Peers::max_probes || cx.now() < peer.asked + tun::Peers::probe_time(peer.probes))
      return;
    const std::size_t most = std::min(next_.max_payload(nid), mtu_ - elided);
    const std::size_t length =
        peer.probes < 2 ? most : std::min<std::size_t>(most, TunConfig::min_mtu - elided);
    if (!send_probe(nid, wire::TunProbeKind::probe, peer.nonce, length, cx)) {
      if (peer.probes == 0) peer.asked = cx.now();
      return;
    }
    ++counters_.probes_sent;
    ++peer.probes;
  }
  /// `length`: of the payload of the network layer, octets.
  template <ContextLike Cx>
  bool send_probe(Nid nid, wire::TunProbeKind kind, std::uint32_t nonce, std::size_t length, Cx& cx) {
    const std::size_t size = length - wire::StpHeader::size;
    Packet packet(next_.headroom(length), {});
    wire::TunProbeRepr{kind, static_cast<std::uint16_t>(mtu_), nonce}.write_to(packet.prepend(size));
    wire::StpHeaderRepr{0, 0}.write_to(packet.prepend(wire::StpHeader::size));
    return !next_.send(nid, stp, packet, cx);
  }

  /// What is due: probes, reads and queries that wait.
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void take_step(Cx& cx, Up& up) {
    const TimePoint now = cx.now();
    step_at_ = never;
    peers_.for_each_asking([&](Nid nid, tun::Peers::Peer& peer) {
      probe(nid, peer, cx);
      if (peer.probes == 0 && !held_.any_for(nid))
        peer.asking = false;  // nobody waits for a host that is not there
      if (now < peer.asked + tun::Peers::patience) return;
      peer.asking = false;
      // A peer that was heard recently moves, or loses frames: it goes on, and is asked again.
      if (!peer.understands(now)) peer.refuses = false, peer.blocked_until = now + tun::Peers::blocked;
    });
    attempt_held(cx, up, [](const auto&) { return true; });
    waiting_.for_each([&](const tun::WaitingQueries::Query& query) {
      return answer(query.message(), query.port, now >= query.until, cx, up);
    });
    if (peers_.any_asking() || !held_.empty() || !waiting_.empty()) wake(now + step);
  }

  // In.

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
      return refuse(verdict, ip, rest, cx);
    ++counters_.delivered;
    deliver(ip, nid, rest, up);
  }
  template <class Up>
  static void deliver(const wire::Ipv6HeaderRepr& ip, Nid source, MutableBytes rest, Up& up) {
    ToHost to{{}, source, false};
    ip.write_to(to.ipv6);
    up(to, rest);
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
      if (now - peer.told >= std::chrono::seconds(1) && refusals_.admit(now)) {
        peer.told = now;
        Packet packet(next_.headroom(wire::TunRefusal::size), {});
        wire::TunRefusalRepr{}.write_to(packet.prepend(wire::TunRefusal::size));
        if (!next_.send(nid, protocol, packet, cx)) ++counters_.refused_to_peers;
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
    peer.allowed = false;
    for (const std::string& name : allowed_) {
      const result<Nid> found = next_.resolve(name, cx);
      if (found && *found == nid) peer.allowed = true;
    }
    return peer.allowed;
  }

  /// What is no packet.
  template <ContextLike Cx>
  BOOST_NOINLINE void receive_other(const NetworkSource& source, Bytes payload, Cx& cx) {
    if (!wire::TunRefusal::parse(payload)) return void(++counters_.dropped_malformed);
    // Only of a node to which this one sends, and which does not send packets itself: anybody could claim a refusal.
    tun::Peers::Peer* const peer = peers_.find(source.source.nid);
    const TimePoint now = cx.now();
    if (!peer || now - peer->used >= tun::Peers::blocked || now - peer->heard < recently(*peer, now))
      return void(++counters_.dropped_unasked);
    ++counters_.refusals_received;
    peer->refuses = true;
    peer->blocked_until = now + tun::Peers::blocked;
    ready_until_ = long_ago;
    wake(now);
  }
  /// For how long a packet proves that the peer does not refuse. A reply to a probe does not: it says only what the peer understands.
  static Duration recently(const tun::Peers::Peer& peer, TimePoint) noexcept {
    return peer.heard == peer.replied ? Duration::zero() : 2 * tun::Peers::blocked;
  }

  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void receive_probe(const NetworkSource& source, Bytes payload, Cx& cx, Up& up) {
    draw_secrets(cx);
    const Nid nid = source.source.nid;
    const TimePoint now = cx.now();
    const auto message = wire::TunProbe::parse(payload.subspan(wire::StpHeader::size));
    tun::Peers::Peer* const peer = peers_.find(nid);
    if (message->kind() == wire::TunProbeKind::probe) {
      const bool known = peer && peer->understands(now);
      if (!probe_limit_.may_admit(nid, source.share, known, now)) return void(++counters_.dropped_too_many);
      if (!send_probe(nid, wire::TunProbeKind::reply, message->nonce(), payload.size(), cx)) return;
      probe_limit_.count(nid, source.share, known);
      ++counters_.probes_answered;
      return;
    }
    if (!peer || !peer->asking || peer->probes == 0 || peer->nonce != message->nonce())
      return void(++counters_.dropped_unasked);
    const std::size_t passed = payload.size() + elided;
    const std::size_t limit = std::min<std::size_t>({message->longest(), passed, mtu_});
    peer->limit = static_cast<std::uint16_t>(std::max<std::size_t>(limit, TunConfig::min_mtu));
    peer->asking = false;
    peer->heard = peer->replied = now;
    peer->blocked_until = long_ago;
    ready_until_ = long_ago;
    release(nid, cx, up);
  }

  // Answers of this node.

  /// Answers a peer whose packet does not come in.
  template <ContextLike Cx>
  BOOST_NOINLINE void refuse(tun::Verdict verdict, const wire::Ipv6HeaderRepr& ip, Bytes rest, Cx& cx) {
    if (verdict == tun::Verdict::drop) return void(++counters_.dropped_protocol);
    ++counters_.dropped_not_exposed;
    if (!refusals_.admit(cx.now())) return;
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
    if (!next_.send(Nid(ip.source.interface), protocol, packet, cx)) ++counters_.refused_to_peers;
  }

  template <ContextLike Cx, class Up>
  void unreachable(wire::Unreachable why, Bytes packet, Cx& cx, Up& up) {
    error_to_host({wire::Icmpv6Type::unreachable, static_cast<std::uint8_t>(why), 0}, packet, cx, up);
  }
  template <ContextLike Cx, class Up>
  void too_long(std::size_t limit, Bytes packet, Cx& cx, Up& up) {
    ++counters_.dropped_too_long;
    error_to_host({wire::Icmpv6Type::too_big, 0, static_cast<std::uint32_t>(limit)}, packet, cx, up);
  }
  /// An ICMPv6 error about a packet of the host, unless that is one itself (RFC 4443, section 2.4).
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void error_to_host(const wire::Icmpv6ErrorRepr& error, Bytes packet, Cx& cx, Up& up) {
    const auto ip = wire::Ipv6Header::parse(packet);
    if (!ip || !tun::is_unicast(ip->source())) return;
    if (ip->next_header() == static_cast<std::uint8_t>(wire::IpProtocol::icmpv6)) {
      const auto message = wire::Icmpv6Message::parse(ip->payload());
      if (!message || message->is_error()) return;
    }
    if (!errors_.admit(cx.now())) return;
    const tun::OwnPacket reply =
        tun::icmp_error(arena_, error, {prefix_, tun::anycast_nid.value()}, ip->source(), packet);
    if (reply.rest.empty()) return;
    ++counters_.errors_to_host;
    deliver(reply.ip, {}, reply.rest, up);
  }

  /// A packet of the host for the name server.
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void serve(const wire::Ipv6Header& ip, const wire::VirtioNetHeader& virtio,
                            MutableBytes packet, Cx& cx, Up& up) {
    constexpr std::uint16_t dns_port = 53;
    if (ip.next_header() == static_cast<std::uint8_t>(wire::IpProtocol::tcp)) {
      const auto segment = wire::TcpHeader::parse(ip.payload());
      if (!segment || segment->has(wire::TcpHeader::rst) || !errors_.admit(cx.now())) return;
      const tun::OwnPacket reply = tun::tcp_reset(arena_, *segment, ip.destination(), own_);
      if (!reply.rest.empty()) deliver(reply.ip, {}, reply.rest, up);
      return;
    }
    if (ip.next_header() != static_cast<std::uint8_t>(wire::IpProtocol::udp) ||
        virtio.gso_type != wire::VirtioNetHeader::gso_none)
      return void(++counters_.dropped_no_destination);
    const auto datagram = wire::UdpHeader::parse(ip.payload());
    if (!datagram) return void(++counters_.dropped_malformed_read);
    if (datagram->destination_port() != dns_port) return unreachable(wire::Unreachable::port, packet, cx, up);
    if (!queries_.admit(cx.now())) return void(++counters_.dropped_too_many);
    const std::uint16_t port = datagram->source_port();
    if (answer(datagram->payload(), port, false, cx, up)) return;
    if (!waiting_.add(datagram->payload(), port, cx.now())) {
      (void)answer(datagram->payload(), port, true, cx, up);
    } else {
      wake(cx.now() + step);
    }
  }
  /// False if the answer is not known yet.
  template <ContextLike Cx, class Up>
  bool answer(Bytes query, std::uint16_t port, bool last, Cx& cx, Up& up) {
    MutableBytes octets = arena_.take(wire::UdpHeader::size + wire::DnsReply::max_size);
    if (octets.empty()) return true;
    Lookup<Cx> lookup{*this, cx};
    const std::size_t size = names_.answer(query, octets.subspan(wire::UdpHeader::size), last, lookup);
    if (size == tun::NameServer::later || size == 0) return arena_.shrink(octets, 0), size == 0;
    octets = arena_.shrink(octets, wire::UdpHeader::size + size);
    ++counters_.names_answered;
    const tun::OwnPacket reply =
        tun::udp_datagram(octets, 53, port, {prefix_, tun::anycast_nid.value()}, own_);
    deliver(reply.ip, {}, reply.rest, up);
    return true;
  }

  template <class Cx>
  struct Lookup {
    Tun& layer;
    Cx& cx;

    std::optional<Nid> find(std::string_view name) {
      const result<Nid> nid = layer.next_.resolve(name, cx);
      return nid ? std::optional(*nid) : std::nullopt;
    }
    std::string_view name_of(Nid wanted) {
      std::string_view found;
      layer.for_each_name(cx.now(), [&](Nid nid, std::string_view name) {
        if (nid == wanted) found = name;
      });
      return found;
    }
  };

 public:
  /// Calls `f(Nid, std::string_view name)` for this node and all others whose name is known and theirs, if the layers below can
  /// tell. Valid during the call.
  template <class F>
  void for_each_name(TimePoint now, F&& f) const {
    const auto& network = network_layer(next_);
    if constexpr (requires {
                    network.hosts();
                    network.config().host_name;
                  }) {
      f(this->local_nid(), std::string_view(network.config().host_name));
      network.hosts().for_each(now, [&](Nid nid, const auto& host, bool owns_name) {
        if (owns_name && !host.name.empty()) f(nid, std::string_view(host.name));
      });
    }
  }

 private:
  /// Draws them once, when first needed.
  template <ContextLike Cx>
  void draw_secrets(Cx& cx) {
    if (drawn_) return;
    drawn_ = true;
    const HashKey key(cx);
    peers_.rekey(key);
    probe_limit_.rekey(key);
    failed_.reserve(tun::HeldReads::max_reads);
  }

  struct Failed {
    tun::HeldReads::Read read;
    std::size_t limit;  // the packet was too long for it; or 0, and
    wire::Unreachable why;
  };

  std::uint64_t prefix_;
  tun::Policy policy_;
  tun::NameServer names_;
  std::size_t mtu_ = 0;
  wire::Ipv6Address own_;
  List<std::string> allowed_;
  tun::Peers peers_;
  tun::HeldReads held_;
  tun::WaitingQueries waiting_;
  List<Failed> failed_;
  Arena arena_;
  bool drawn_ = false;
  Nid ready_nid_;  // to this node packets leave without a look-up
  TimePoint ready_until_ = long_ago;
  std::size_t ready_limit_ = 0;
  Nid heard_nid_;  // from this node they come in
  TimePoint heard_until_ = long_ago;
  TimePoint step_at_ = never;
  tun::RateLimit errors_{errors_per_second, 20};
  tun::RateLimit refusals_{refusals_per_second, 20};
  tun::RateLimit queries_{queries_per_second, 64};
  BasicReplyLimit<8, 64, 256> probe_limit_;
  TunCounters counters_;
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
