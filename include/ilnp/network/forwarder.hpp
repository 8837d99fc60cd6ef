#pragma once

#include <boost/config.hpp>

#include "../base/reply_limit.hpp"
#include "../wire/ilnp_header.hpp"
#include "../wire/ping.hpp"
#include "../wire/stp_header.hpp"
#include "forwarder_election.hpp"
#include "reflection_filter.hpp"
#include "sender.hpp"

namespace ilnp {

/// Forwards packets between other nodes, from one of this node's networks to another (docs/behaviour.md, "Forwarding").
/// Every node does this.
template <class Policies>
class Forwarder {
  using Format = typename Policies::Format;
  using Header = typename Format::Header;
  using Neighbours = BasicNeighbourTable<typename Policies::Interop>;
  using Election = BasicForwarderElection<typename Policies::Interop>;

 public:
  Forwarder(Reachability& reach, Sender<Policies>& sender, Neighbours& neighbours)
      : reach_(&reach), sender_(&sender), neighbours_(&neighbours), election_(reach.config.nid, neighbours) {}

  void rekey(const HashKey& key) {
    election_.rekey(key);
    reflections_.rekey(key);
    ping_limit_.rekey(key);
  }

  /// How a packet is to be forwarded.
  struct Hop {
    Locator out;             ///< the joined locator on which it leaves
    std::uint8_t hop_limit;  ///< with which it is sent on
    bool alone = false;      ///< the decision applies to this packet only
  };

  /// Where to forward a packet for another node that arrived on `in`; nothing if it was dropped.
  template <ContextLike Cx>
  std::optional<Hop> decide(FrameSource from, const Header& header, const Interface& in, Cx& cx) {
    const auto drop = [&](Drop reason) {
      sender_->drop(reason, in.locator, cx);
      return std::nullopt;
    };
    const ForwardedFlow flow{header.source(), header.destination()};
    const Locator to = flow.destination.locator;
    reach_->learn(flow.source.locator, from, cx.now());
    if (reach_->interfaces.all().size() == 1) return drop(Drop::overheard);
    if (Format::kind(header) == wire::Kind::locator_update) watch_move(header, cx.now());
    const wire::Identity identity = Format::identity(header);
    const FlowPacket packet{from.sender, header.hop_limit(), identity.rest, identity.octets, from.share()};
    const auto out = reach_->route(to, cx.now());
    if (!out && to != in.locator) return drop(Drop::no_route);
    if (to == in.locator || *out == in.locator) {
      // On its way already, put there by its sender or by another forwarder.
      if (flow.source.locator != in.locator &&
          election_.overhear(flow, in.locator, packet, passing(&in), cx.now()))
        reach_->epoch.bump();
      return drop(Drop::overheard);
    }
    if (*out == flow.source.locator) return drop(Drop::reflected);
    if (header.hop_limit() == 0) {
      answer_ping(from, header, in, *out, cx);
      return drop(Drop::hop_limit);
    }
    const auto hop_limit = static_cast<std::uint8_t>(header.hop_limit() - 1);
    const bool in_handoff = passing(&in) || passing(reach_->interfaces.find(*out));
    switch (election_.decide(flow, in.locator, *out, packet, in_handoff, cx.now())) {
      case Election::Verdict::duplicate:
        return drop(Drop::reflected);
      case Election::Verdict::another:
        return drop(Drop::another_forwards);
      case Election::Verdict::returned:
        return Hop{*out, header.hop_limit(), true};  // the hop here and back does not count
      case Election::Verdict::forward_alone:
        return Hop{*out, hop_limit, true};
      case Election::Verdict::forward:
        break;
    }
    return Hop{*out, hop_limit};
  }

  /// See `ILNP::resumed`.
  void resumed(TimePoint since, TimePoint now) { election_.resumed(since, now); }

  /// Is this packet, which is to be forwarded, not a duplicate of one that was? If two nodes in doubt have both forwarded it,
  /// this node has heard both. A duplicate that took a shorter path is forwarded nevertheless: the first packet may not have
  /// enough hops left. A packet that its source itself has put on the network was sent once. `path`: see `FlowEntry::path_hash`.
  bool admit(FrameSource from, const Header& header, std::uint64_t path, TimePoint now) noexcept {
    return header.source().locator == from.interface || reflections_.admit(header, path, from.sender, now);
  }

  /// Sends a parsed frame on to `out`, unchanged except for its new hop limit.
  template <ContextLike Cx>
  void forward(Locator out, std::uint8_t hop_limit, MutableBytes frame, Cx& cx) {
    Format::set_hop_limit(frame, hop_limit);
    auto& sender = *sender_;
    if (sender.next.send(out, Packet({}, frame), cx)) return sender.drop(Drop::send_failed, out, cx);
    ++sender.counters.forwarded;
  }

  /// The flows, for `for_each_table`.
  const Election& election() const noexcept { return election_; }

 private:
  static bool passing(const Interface* interface) noexcept {
    return interface && (interface->leaving || interface->passing);
  }

  /// The hop limit of a packet that arrived on `in` and would leave on `towards` ran out: replies if it is a ping that this node would
  /// have forwarded, and not to too many. The reply goes to where the ping came from.
  template <ContextLike Cx>
  BOOST_NOINLINE void answer_ping(FrameSource from, const Header& header, const Interface& in,
                                  Locator towards, Cx& cx) {
    if (wire::NextHeader{header.next_header()} != wire::NextHeader::stp) return;
    const auto datagram = wire::StpHeader::parse(header.payload());
    if (!datagram || datagram->destination_port() != 0) return;
    const auto ping = wire::PingMessage::parse(datagram->payload());
    if (!ping || ping->kind() != wire::PingKind::ping) return;
    const Ilv to = header.source();
    const bool in_handoff = passing(&in) || passing(reach_->interfaces.find(towards));
    if (!election_.would_forward({to, header.destination()}, in.locator, towards, in_handoff, cx.now()))
      return;
    const auto out = reach_->route(to.locator, cx.now());
    if (!out || to.nid == Nid{} || to.nid == header.destination().nid || to.locator == all_nodes_locator ||
        !ping_limit_.admit(to.nid, from.share(), false, cx.now()))
      return;
    Packet packet(sender_->headroom(wire::StpHeader::size + wire::PingMessage::size), {});
    [[maybe_unused]] const Packet::Sending sending(packet);
    wire::PingReplyRepr{wire::PingCode::expired,      header.hop_limit(), ping->identifier(), to.locator,
                        header.destination().locator, in.locator}
        .write_to(packet.prepend(wire::PingMessage::size));
    wire::StpHeaderRepr{0, 0}.write_to(packet.prepend(wire::StpHeader::size));
    if (!sender_->transmit(to, {*out, reach_->config.nid}, *out, header.next_header(), packet, cx))
      ++sender_->counters.expired_answered;
  }

  /// Another node's locator update, overheard: a node that moves does not stay to forward.
  void watch_move(const Header& header, TimePoint now) {
    const auto message = Format::LocatorUpdate::parse(header.payload());
    if (!message || message->acknowledgement()) return;
    neighbours_->moves(
        header.source().nid,
        [&](Locator locator) {
          for (std::size_t at = 0; at < message->count(); ++at)
            if (message->locator(at) == locator) return true;
          return false;
        },
        now);
  }

  Reachability* reach_;
  Sender<Policies>* sender_;
  Neighbours* neighbours_;
  Election election_;
  ReflectionFilter reflections_{true};
  PingLimit ping_limit_;
};

}  // namespace ilnp
