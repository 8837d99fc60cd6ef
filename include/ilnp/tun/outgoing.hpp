#pragma once

#include <boost/config.hpp>
#include <optional>
#include <utility>

#include "../base/reply_limit.hpp"
#include "../wire/stp_header.hpp"
#include "../wire/tun_probe.hpp"
#include "cutter.hpp"
#include "held_reads.hpp"
#include "name_service.hpp"
#include "peers.hpp"

namespace ilnp::tun {

/// For length probes.
using ProbeLimit = BasicReplyLimit<8, 64, 256>;
/// For resets, errors and refusals to peers.
using RefusalLimit = BasicReplyLimit<20, 64, 256>;

/// The part of `Tun` for packets of the host: which peers get them, length probes, and reads that wait. One thread.
template <NetworkLayer Next>
class Outgoing : public NameService<Next> {
 protected:
  using NameService<Next>::answer;
  using NameService<Next>::counters_;
  using NameService<Next>::elided;
  using NameService<Next>::mtu_;
  using NameService<Next>::next_;
  using NameService<Next>::overhead;
  using NameService<Next>::own_;
  using NameService<Next>::policy_;
  using NameService<Next>::prefix_;
  using NameService<Next>::protocol;
  using NameService<Next>::serve;
  using NameService<Next>::step;
  using NameService<Next>::step_at_;
  using NameService<Next>::too_long;
  using NameService<Next>::unreachable;
  using NameService<Next>::waiting_;
  using NameService<Next>::wake;

 public:
  using NameService<Next>::NameService;

  /// Sends what was read from the device: a packet, or a long one that is cut. Within a batch; `packet` is borrowed until the batch
  /// ends, and may be changed. What cannot be sent yet is copied and waits; what cannot be sent at all is answered by an error to the
  /// host: `up(const ToHost&, MutableBytes)`.
  template <ContextLike Cx, class Up>
  void from_host(const wire::VirtioNetHeader& virtio, MutableBytes packet, Cx& cx, Up&& up) {
    ++counters_.reads;
    const auto ip = wire::Ipv6Header::parse(packet);
    if (!ip || ip->payload().size() < wire::TunHeader::least(ip->next_header()))
      return void(++counters_.dropped_malformed_read);
    const wire::Ipv6Address to = ip->destination();
    if (!is_unicast(to)) return void(++counters_.dropped_not_unicast);
    if (ip->source() != own_) {
      ++counters_.dropped_foreign_source;
      return unreachable(wire::Unreachable::source_address, packet, cx, up);
    }
    const Nid nid(to.interface);
    if (to.prefix != prefix_ || is_reserved(nid) || nid == this->local_nid()) {
      if (to.prefix == prefix_ && nid == anycast_nid) return serve(*ip, virtio, packet, cx, up);
      ++counters_.dropped_no_destination;
      return unreachable(to.prefix == prefix_ ? wire::Unreachable::address : wire::Unreachable::no_route,
                         packet, cx, up);
    }
    policy_.note(ip->next_header(), ip->payload(), cx.now());
    if (!ready(nid, cx.now())) return consider(nid, virtio, packet, cx, up);
    finish(transmit(nid, ready_limit_, virtio, packet, cx), nid, ready_limit_, virtio, packet, cx, up);
  }

 protected:
  /// The next header of probes.
  static constexpr auto stp = static_cast<std::uint8_t>(wire::NextHeader::stp);
  /// What has become of a read: it has left or was dropped; it has to wait; it is longer than its peer takes.
  enum class Outcome : std::uint8_t { done, wait, too_long };

  /// Decided a moment ago: packets for this node leave.
  bool ready(Nid nid, TimePoint now) const noexcept { return nid == ready_nid_ && now < ready_until_; }

  /// The first packet to a node for a while: it leaves, waits for a probe, or fails.
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void consider(Nid nid, const wire::VirtioNetHeader& virtio, MutableBytes packet, Cx& cx,
                               Up& up) {
    draw_secrets(cx);
    const TimePoint now = cx.now();
    Peers::Peer* const peer = peers_.find(nid);
    if (peer && now < peer->blocked_until) {
      ++counters_.dropped_unreachable;
      return unreachable(peer->refuses ? wire::Unreachable::prohibited : wire::Unreachable::address, packet,
                         cx, up);
    }
    const bool understands = peer && peer->understands(now);
    if (understands) {
      peer->used = now;
      if (now - peer->replied >= Peers::fresh && now >= peer->asked + Peers::patience) ask(nid, cx);
    }
    if (!understands || held_.any_for(nid)) {
      if (hold(nid, virtio, packet, cx) && !understands) ask(nid, cx);
      return;
    }
    const std::size_t limit = limit_of(*peer);
    ready_nid_ = nid;
    ready_limit_ = limit;
    ready_until_ = now + decision_hold;
    finish(transmit(nid, limit, virtio, packet, cx), nid, limit, virtio, packet, cx, up);
  }
  /// The longest packet that this peer takes, octets.
  std::size_t limit_of(const Peers::Peer& peer) const noexcept {
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
    const auto result = cut(virtio, packet, [&](Bytes transport, MutableBytes payload) {
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
    if (result == Cut::malformed) ++counters_.dropped_malformed_read;
    return outcome;
  }
  /// Keeps a read that has to wait; tells the host of one that is too long.
  template <ContextLike Cx, class Up>
  void finish(Outcome outcome, Nid nid, std::size_t limit, const wire::VirtioNetHeader& virtio,
              MutableBytes packet, Cx& cx, Up& up) {
    if (outcome == Outcome::done) [[likely]]
      return;
    if (outcome == Outcome::too_long) return too_long(limit, packet, cx, up);
    ready_until_ = long_ago;
    auto kept = virtio;
    if (!virtio.is_long()) kept.flags = 0;  // its checksum is complete by now
    hold(nid, kept, packet, cx);
  }
  /// Keeps a copy until it can leave. False if it was dropped.
  template <ContextLike Cx>
  bool hold(Nid nid, wire::VirtioNetHeader virtio, MutableBytes packet, Cx& cx) {
    // It may be tried several times, but only once can its checksum be filled in.
    if (!virtio.is_long() && (virtio.flags & wire::VirtioNetHeader::needs_checksum) != 0) {
      if (!fill_in_checksum(virtio, packet)) return ++counters_.dropped_malformed_read, false;
      virtio.flags = 0;
    }
    const TimePoint now = cx.now();
    const auto held = held_.hold(nid, virtio, packet, now, [&](Nid to) { return peers_.known(to, now); });
    if (held != HeldReads::Held::kept) ++counters_.dropped_held_full;  // this one, or another
    if (held == HeldReads::Held::refused) return false;
    ++counters_.held;
    ready_until_ = long_ago;
    wake(now + step);
    return true;
  }

  /// Sends what has waited for `nid`.
  template <ContextLike Cx, class Up>
  void release(Nid nid, Cx& cx, Up& up) {
    attempt_held(cx, up, [nid](const HeldReads::Read& read) { return read.to == nid; });
  }
  /// Tries to send the held reads for which `wanted` is true; those that have waited for too long fail.
  template <ContextLike Cx, class Up, class Wanted>
  void attempt_held(Cx& cx, Up& up, Wanted wanted) {
    if (held_.empty()) return;
    const TimePoint now = cx.now();
    failed_.clear();
    held_.release([&](const HeldReads::Read& read) {
      if (!wanted(read)) return false;
      Peers::Peer* const peer = peers_.find(read.to);
      const bool blocked = peer && now < peer->blocked_until;
      if (!blocked && peer && peer->understands(now)) {
        peer->used = now;
        const Outcome outcome = transmit(read.to, limit_of(*peer), read.virtio, held_.octets(read), cx);
        if (outcome == Outcome::done) return true;
        if (outcome == Outcome::too_long) return failed_.push_back({read, limit_of(*peer), {}}), true;
      } else if (!blocked) {
        ask(read.to, cx);
      }
      if (!blocked && now - read.since < HeldReads::patience) return false;
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

  /// Begins to probe this node, unless it is asked already, or there is no route to it: then it is looked for, and nothing is
  /// remembered of it.
  template <ContextLike Cx>
  void ask(Nid nid, Cx& cx) {
    const Peers::Peer* const known = peers_.find(nid);
    if ((known && known->asking) || !peers_.may_ask()) return;
    if (!nonce_) nonce_ = static_cast<std::uint32_t>(cx.secret());
    if (!probe(nid, 0, *nonce_, cx)) return;
    peers_.ask(nid, peers_.get(nid, 0, cx.now()), *nonce_, cx.now());
    nonce_.reset();
    wake(cx.now() + step);
  }
  /// Sends probe `n`, counted from 0.
  template <ContextLike Cx>
  bool probe(Nid nid, unsigned n, std::uint32_t nonce, Cx& cx) {
    const std::size_t most = std::min(next_.max_payload(nid), mtu_ - elided);
    const std::size_t length = n < 2 ? most : std::min<std::size_t>(most, TunConfig::min_mtu - elided);
    if (!send_probe(nid, wire::TunProbeKind::probe, nonce, length, cx)) return false;
    ++counters_.probes_sent;
    return true;
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
    peers_.for_each_asking([&](Nid nid, Peers::Peer& peer) {
      if (peer.probes < Peers::max_probes && now >= peer.asked + Peers::probe_time(peer.probes) &&
          probe(nid, peer.probes, peer.nonce, cx))
        ++peer.probes;
      if (now < peer.asked + Peers::patience) return;
      peer.asking = false;
      // A peer that was heard recently moves, or loses frames: it goes on, and is asked again.
      if (!peer.understands(now)) peer.refuses = false, peer.blocked_until = now + Peers::blocked;
    });
    attempt_held(cx, up, [](const auto&) { return true; });
    waiting_.for_each([&](const WaitingQueries::Query& query) {
      return answer(query.message(), query.port, now >= query.until, cx, up);
    });
    if (peers_.any_asking() || !held_.empty() || !waiting_.empty()) wake(now + step);
  }

  /// Draws them once, when first needed.
  template <ContextLike Cx>
  void draw_secrets(Cx& cx) {
    if (drawn_) return;
    drawn_ = true;
    const HashKey key(cx);
    peers_.rekey(key);
    probe_limit_.rekey(key);
    refusal_limit_.rekey(key);
    failed_.reserve(HeldReads::max_reads);
  }
  /// A read that waited in vain.
  struct Failed {
    HeldReads::Read read;   ///< the read
    std::size_t limit;      ///< the packet was too long for it; or 0, and
    wire::Unreachable why;  ///< for this reason it could not be sent
  };

  Peers peers_;                         ///< whom this node sends to, and hears
  HeldReads held_;                      ///< what waits
  List<Failed> failed_;                 ///< of one step
  bool drawn_ = false;                  ///< the secrets
  std::optional<std::uint32_t> nonce_;  ///< for the next node that is asked; nobody has seen it
  Nid ready_nid_;                       ///< to this node packets leave without a look-up,
  TimePoint ready_until_ = long_ago;    ///< until then,
  std::size_t ready_limit_ = 0;         ///< if they are no longer than this
  ProbeLimit probe_limit_;              ///< of replies
  RefusalLimit refusal_limit_;          ///< of what does not come in
};

}  // namespace ilnp::tun
