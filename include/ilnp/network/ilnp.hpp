#pragma once

#include <boost/config.hpp>

#include "parts.hpp"

namespace ilnp {

/// The network layer (RFC 6740; docs/behaviour.md): sends packets to nodes by their identifier, wherever they are; finds
/// nodes, forwards for others, and moves from network to network. A soft handoff loses no packet.
///
/// A pure state machine: call `start` once, then give it frames (`feed`) and time (`on_timer` at `next_deadline()`).
/// One thread. Does not move in memory. Models `NetworkLayer`. This class decides what happens to a packet; its base holds the parts,
/// and what it tells of them.
///
/// `Format`: how headers and messages look; `Guard`: whom this node believes; `Interop`: which other programs there are.
template <Underlay Next, wire::Format Format = wire::Overlay, GuardFor<Format> Guard = NoGuard,
          class Interop = FirstImplementation>
class ILNP : public NetworkParts<NetworkPolicies<Next, Format, Guard, Interop>> {
  using Parts = NetworkParts<NetworkPolicies<Next, Format, Guard, Interop>>;
  using Header = typename Format::Header;
  using FlowEntry = BasicFlowEntry<Format>;
  using Parts::discoverer_;
  using Parts::duplicates_;
  using Parts::flows_;
  using Parts::forwarder_;
  using Parts::liveness_;
  using Parts::loopback_;
  using Parts::mover_;
  using Parts::next_hops_;
  using Parts::nid_watch_;
  using Parts::reach_;
  using Parts::reflections_;
  using Parts::resumption_;
  using Parts::sender_;

 public:
  using Parts::local_nid;

  /// Throws `std::invalid_argument` if `config` does not describe a node, or if the underlay's frames are too small for the
  /// messages of this node, or larger than the header can describe. The other arguments go to the underlay.
  template <class... Args>
  explicit ILNP(NetworkConfig config, Args&&... args)
      : Parts(std::move(config), std::forward<Args>(args)...) {}

  /// Where the headers of the next packet are best written: `size` octets of the layers above, and this layer's.
  MutableBytes headroom(std::size_t size) { return sender_.headroom(size); }

  /// Sends `packet` to the node `to`. Errors: `unknown_host`, `no_route`, `message_too_long`, those of the underlay and of the
  /// guard. For an unknown host or a missing route the node solicits at once; the caller may try again.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    [[maybe_unused]] const Packet::Sending sending(packet);
    if (packet.size() > max_payload(to)) return Errc::message_too_long;
    if (!next_hops_.find(to, reach_.epoch, cx.now())) {
      if (to == local_nid()) return send_to_self(next_header, packet.head(), packet.payload());
      if (const error_code error = begin_sending(to, cx)) return error;
    }
    const NextHop& hop = next_hops_.last();
    [[maybe_unused]] Traffic& sent = next_hops_.traffic();
    [[maybe_unused]] const std::size_t size = packet.size();
    if (const error_code error =
            sender_.transmit({hop.locator, to}, {hop.out, local_nid()}, hop.out, next_header, packet, cx))
      return error;
    hop.interface->last_sent = cx.now();
    if constexpr (observed<Cx>) sent.count(size);
    return {};
  }
  /// The same with a hop limit other than this node's: for a ping.
  template <ContextLike Cx>
  BOOST_NOINLINE error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx,
                                 std::uint8_t hop_limit) {
    const typename Sender::HopLimit other(sender_, hop_limit);
    return send(to, next_header, packet, cx);
  }

  /// For a guard: the same to a node of which only the locator is known, and that need not be a correspondent. Error: also
  /// `no_route`.
  template <ContextLike Cx>
  error_code send_to(const Ilv& to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    [[maybe_unused]] const Packet::Sending sending(packet);
    if (packet.size() > max_payload(to.nid)) return Errc::message_too_long;
    const auto out = reach_.route(to.locator, cx.now());
    if (!out) return reach_.ask(cx.now()), Errc::no_route;
    if (const error_code error = sender_.transmit(to, {*out, local_nid()}, *out, next_header, packet, cx))
      return error;
    if (Interface* named = reach_.interfaces.find(*out)) named->last_sent = cx.now();
    return {};
  }

  /// A frame arrived. Calls `up(const NetworkSource&, MutableBytes)` if it holds a packet for this node that is not one of
  /// the network layer's own messages.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    sender_.next.feed(from, frame, cx,
                      [&](FrameSource source, MutableBytes received) { receive(source, received, cx, up); });
  }

  /// Does what is due. May call `up` for packets that this node has sent to itself.
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    this->wake(cx);
    sender_.guard.on_timer(*this, cx);
    deliver_looped(up);
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    sender_.next.end_batch(cx);
    loopback_.end_batch();
    sender_.guard.end_batch(cx);
  }

  /// The largest payload that fits after the network header, octets.
  std::size_t max_payload() const noexcept { return payload_with(Sender::max_overhead); }
  /// The same for a packet to that node.
  std::size_t max_payload(Nid nid) const noexcept {
    return payload_with(Format::max_header_size + sender_.guard.overhead(nid));
  }

 private:
  using Sender = ilnp::Sender<NetworkPolicies<Next, Format, Guard, Interop>>;

  std::size_t payload_with(std::size_t overhead) const noexcept {
    return std::max(sender_.next.max_frame(), overhead) - overhead;
  }

  /// Starts to send to another node than the previous one, or after a change. Kept out of the fast path, which then needs
  /// neither calls nor memory for what it knows of the packet.
  template <ContextLike Cx>
  BOOST_NOINLINE error_code begin_sending(Nid to, Cx& cx) {
    KnownHost* host = reach_.hosts.find(to, cx.now());
    if (!host) return reach_.ask(cx.now()), Errc::unknown_host;
    if (!host->next_hop.holds(reach_.epoch, cx.now())) {
      if (!reach_.find_next_hop(to, *host, cx)) return reach_.ask(cx.now()), Errc::no_route;
      meet(to, true, 0, cx.now());
    }
    next_hops_.add(to, host->next_hop, this->settle_sent());
    return {};
  }

  /// A member of this class, so that senders need not keep the address of `loopback_` at hand.
  BOOST_NOINLINE error_code send_to_self(std::uint8_t next_header, Bytes head, Bytes payload) {
    return loopback_.add(next_header, head, payload);
  }

  /// There is traffic with `peer`, from this node (`sent`) or to it.
  void meet(Nid peer, bool sent, std::uint64_t sender, TimePoint now) {
    if (reach_.correspondents.touch(peer, sent, sender, now)) mover_.meet(peer, now);
    if (sent) liveness_.sent(now);
  }

  template <ContextLike Cx, class Up>
  void receive(FrameSource from, MutableBytes frame, Cx& cx, Up& up) {
    ++sender_.counters.received;
    const auto header = Header::parse(frame);
    if constexpr (Guard::each_packet)
      if (header && header->destination().nid == local_nid() && reach_.interfaces.find(from.interface) &&
          !open(from, *header, cx))
        return;
    const FlowEntry* flow = header ? flows_.find(*header, from.interface, reach_.epoch, cx.now()) : nullptr;
    if (!flow) flow = begin_flow(from, frame, cx);
    if (!flow) return;
    if (!flow->out) return deliver(from, *header, *flow, cx, up);
    if (!forwarder_.admit(from, *header, flow->path_hash, cx.now()))
      return sender_.drop(Drop::reflected, from.interface, cx);
    forwarder_.forward(*flow->out, flow->hop_limit, frame, cx);
  }

  /// Lets the guard open a packet for this node, whose payload is then `opened_`. False if it goes no further.
  template <ContextLike Cx>
  bool open(FrameSource from, const Header& header, Cx& cx) {
    opened_.payload = mutable_payload(header);
    const Opened result = sender_.guard.open(from, header, opened_.payload, *this, cx);
    if (result == Opened::refused) sender_.drop(Drop::refused, from.interface, cx);
    return result == Opened::yes;
  }

  /// Decides about packets like this one. Null if it was dropped or was a message of the network layer. Kept out of the
  /// fast path, as `begin_sending` is.
  template <ContextLike Cx>
  BOOST_NOINLINE const FlowEntry* begin_flow(FrameSource from, MutableBytes frame, Cx& cx) {
    const auto drop = [&](Drop reason) {
      sender_.drop(reason, from.interface, cx);
      return nullptr;
    };
    const Interface* in = reach_.interfaces.find(from.interface);
    if (!in) return drop(Drop::not_joined);
    const auto header = Header::parse(frame);
    if (!header)
      return drop(header.error() == wire::Malformed::too_short ? Drop::too_short : Drop::wrong_length);
    const Ilv source = header->source();
    const Ilv destination = header->destination();
    const wire::Kind kind = Format::kind(*header);
    if (!sender_.guard.admit(from, *header, kind, cx)) return drop(Drop::refused);
    if (source.nid == local_nid()) {
      if (nid_watch_.hear(*header, *in, cx)) discoverer_.answer_namesake(cx.now());
      return drop(Drop::own_frame);
    }
    // The decision for a packet that must be examined again applies to that packet alone.
    bool alone = false;
    if constexpr (Sessions<Format>::kept)
      if (destination.nid == local_nid()) {
        const KnownHost* host = reach_.hosts.find(source.nid, cx.now());
        const bool known = host && host->has(source.locator);
        const wire::InSession belongs = sender_.sessions.hear(*header, from.share(), known, cx);
        if (belongs == wire::InSession::no) return drop(Drop::not_in_session);
        alone = belongs == wire::InSession::once;
      }
    if (!resumption_.behind()) liveness_.hear(source, kind, cx);
    if (destination == Ilv{all_nodes_locator, Nid{}}) {
      reach_.epoch.bump();
      if (resumption_.behind()) return drop(Drop::discovery_stale);
      discoverer_.receive(from, *header, frame, *in, cx);
      return nullptr;
    }
    if (kind == wire::Kind::locator_update && destination.nid == local_nid()) {
      reach_.epoch.bump();
      mover_.receive(from, *header, payload_of(*header), *in, cx);
      return nullptr;
    }
    if (destination.nid == local_nid()) {
      reach_.learn(source.locator, from, cx.now());
      meet(source.nid, false, from.share(), cx.now());
      return flows_.add(*header, *in, reach_.epoch, alone ? cx.now() : cx.now() + decision_hold,
                        this->settle_received());
    }
    const auto hop = forwarder_.decide(from, *header, *in, cx);
    if (!hop) return nullptr;
    alone = kind == wire::Kind::locator_update || hop->alone;
    return flows_.add(*header, *in, reach_.epoch, alone ? cx.now() : cx.now() + decision_hold,
                      this->settle_received(), hop->out, hop->hop_limit);
  }

  /// Hands a packet for this node up, once.
  template <ContextLike Cx, class Up>
  void deliver(FrameSource from, const Header& header, const FlowEntry& flow, Cx& cx, Up& up) {
    // A packet that its source itself has put on the network was sent once, unless others put packets back there.
    const bool may_return = Interop::packets_return || header.source().locator != from.interface;
    if (may_return && !reflections_.admit(header, flow.path_hash, from.sender, cx.now()))
      return sender_.drop(Drop::reflected, flow.interface, cx);
    if (cx.now() < reach_.interfaces.duplicates_until() &&
        !duplicates_.admit(hash(header), flow.in->slot, reach_.interfaces.taken_slots(), cx.now()))
      return sender_.drop(Drop::duplicate, flow.interface, cx);
    ++sender_.counters.delivered;
    if constexpr (observed<Cx>) flow.received.count(payload_of(header).size());
    up(NetworkSource{header.source(), header.destination(), flow.interface, header.next_header(),
                     header.hop_limit(), from.share()},
       payload_of(header));
  }

  /// The same for all copies of a packet.
  BOOST_FORCEINLINE std::uint64_t hash(const Header& header) const noexcept {
    const wire::Identity identity = Format::identity(header);
    return content_hash(identity.octets, reach_.key, identity.rest);
  }

  /// Of a packet for this node.
  MutableBytes payload_of(const Header& header) const noexcept {
    if constexpr (Guard::each_packet) return opened_.payload;
    return mutable_payload(header);
  }
  /// The layer above may change it: the frame that was parsed is a `MutableBytes`.
  static MutableBytes mutable_payload(const Header& header) noexcept {
    const Bytes payload = header.payload();
    return {const_cast<std::byte*>(payload.data()), payload.size()};
  }

  template <class Up>
  void deliver_looped(Up& up) {
    if (loopback_.empty()) return;
    const Interface* preferred = reach_.interfaces.preferred();
    const Locator here = preferred ? preferred->locator : Locator{};
    const Ilv self{here, local_nid()};
    loopback_.deliver([&](std::uint8_t next_header, MutableBytes payload) {
      ++sender_.counters.delivered;
      up(NetworkSource{self, self, here, next_header, reach_.config.hop_limit}, payload);
    });
  }

  struct AsOpened {
    MutableBytes payload;
  };
  struct AsReceived {};
  [[no_unique_address]] std::conditional_t<Guard::each_packet, AsOpened, AsReceived> opened_;
};

}  // namespace ilnp
