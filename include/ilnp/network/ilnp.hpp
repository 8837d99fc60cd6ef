#pragma once

#include <boost/config.hpp>

#include "duplicate_filter.hpp"
#include "flow_cache.hpp"
#include "forwarder.hpp"
#include "liveness.hpp"
#include "loopback.hpp"
#include "mover.hpp"
#include "nid_watch.hpp"
#include "policies.hpp"
#include "reflection_filter.hpp"
#include "resumption.hpp"

namespace ilnp {

/// The network layer (RFC 6740; docs/behaviour.md): sends packets to nodes by their identifier, wherever they are; finds
/// nodes, forwards for others, and moves from network to network. A soft handoff loses no packet.
///
/// A pure state machine: call `start` once, then give it frames (`feed`) and time (`on_timer` at `next_deadline()`).
/// One thread. Does not move in memory. Models `NetworkLayer`.
///
/// `Format`: how headers and messages look; `Guard`: whom this node believes; `Interop`: which other programs there are.
template <Underlay Next, wire::Format Format = wire::Overlay, GuardFor<Format> Guard = NoGuard,
          class Interop = FirstImplementation>
class ILNP {
  using Policies = NetworkPolicies<Next, Format, Guard, Interop>;
  using Header = typename Format::Header;
  using FlowCache = BasicFlowCache<Format>;
  using FlowEntry = BasicFlowEntry<Format>;

 public:
  /// Throws `std::invalid_argument` if `config` does not describe a node, or if the underlay's frames are too small for the
  /// messages of this node, or larger than the header can describe. The other arguments go to the underlay.
  template <class... Args>
  explicit ILNP(NetworkConfig config, Args&&... args)
      : reach_(std::move(config)),
        sender_(reach_, std::forward<Args>(args)...),
        neighbours_(3 * reach_.config.wait_time),
        liveness_(reach_, sender_, neighbours_),
        discoverer_(reach_, sender_, neighbours_, liveness_),
        forwarder_(reach_, sender_, neighbours_),
        mover_(reach_, sender_, discoverer_, liveness_),
        resumption_(reach_, neighbours_),
        nid_watch_(reach_, sender_) {
    if constexpr (ClassifyingUnderlay<Next>) sender_.next.classify(Format::classifier);
  }

  ILNP(const ILNP&) = delete;
  ILNP& operator=(const ILNP&) = delete;

  /// Joins the first set of locators and begins to announce the node; once. Error: the underlay's, for the first locator
  /// that could not be joined; those before it stay joined.
  template <ContextLike Cx>
  error_code start(Cx& cx) {
    draw_key(cx);
    for (const Locator locator : reach_.config.locators.front()) {
      if (const error_code error = sender_.next.join(locator)) return error;
      reach_.interfaces.add({.locator = locator, .joined_at = cx.now(), .solicit_at = cx.now()});
    }
    reach_.rounds.start(cx);
    mover_.start(cx.now());
    nid_watch_.start(cx.now());
    return {};
  }

  /// Where the headers of the next packet are best written: `size` octets of the layers above, and this layer's.
  MutableBytes headroom(std::size_t size) { return sender_.next.headroom(Format::header_size + size); }

  /// Sends `packet` to the node `to`. Errors: `unknown_host`, `no_route`, `message_too_long`, those of the underlay. For an
  /// unknown host or a missing route the node solicits at once; the caller may try again.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    [[maybe_unused]] const Packet::Sending sending(packet);
    if (packet.size() > max_payload()) return Errc::message_too_long;
    if (!next_hops_.find(to, reach_.epoch, cx.now())) {
      if (to == local_nid()) return loopback_.add(next_header, packet.head(), packet.payload());
      if (const error_code error = begin_sending(to, cx)) return error;
    }
    const NextHop& hop = next_hops_.last();
    if (const error_code error =
            sender_.transmit({hop.locator, to}, {hop.out, local_nid()}, hop.out, next_header, packet, cx))
      return error;
    hop.interface->last_sent = cx.now();
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
    reach_.epoch.bump();
    if (sender_.next.on_timer(cx)) reach_.solicit(cx.now());
    resumption_.on_timer(cx.now());
    nid_watch_.on_timer(cx);
    mover_.on_timer(cx);
    liveness_.on_timer(cx);
    discoverer_.on_timer(cx);
    deliver_looped(up);
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    sender_.next.end_batch(cx);
    loopback_.end_batch();
  }

  /// For the shell: the node did not run from `since` until now although something was due; the machine slept, or the
  /// process was stopped. What arrives until `caught_up` is as old as that. Other nodes have moved in the meantime, so
  /// discovery messages are neither believed nor passed on.
  template <ContextLike Cx>
  void resumed(TimePoint since, Cx& cx) {
    forwarder_.resumed(since, cx.now());
    nid_watch_.resumed(cx.now());
    resumption_.begin(cx.now());
  }
  /// For the shell, after `resumed`: everything that waited has been fed.
  template <ContextLike Cx>
  void caught_up(Cx& cx) {
    resumption_.caught_up(cx.now());
  }

  TimePoint next_deadline() const noexcept {
    if (!loopback_.empty()) return long_ago;
    return std::min({sender_.next.next_deadline(), discoverer_.next_deadline(), mover_.next_deadline(),
                     liveness_.next_deadline(), resumption_.next_deadline(), nid_watch_.next_deadline()});
  }

  /// Moves to `locators` now, as the schedule would: to the first `NetworkConfig::max_locators` of them, each once. False,
  /// and nothing has changed, if none of them could be joined.
  template <ContextLike Cx>
  bool move_to(std::span<const Locator> locators, Cx& cx) {
    reach_.epoch.bump();
    return mover_.move_to(locators, cx);
  }

  /// Somebody has sent a goodbye in the name of the node `nid`: solicits, and forgets the node unless it is heard.
  template <ContextLike Cx>
  void doubt(Nid nid, Cx& cx) {
    liveness_.check(nid, cx);
  }

  /// The identifier that `name` means. Error: `unknown_host`; then the node solicits.
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    const Nid nid = reach_.hosts.resolve(name, cx.now());
    if (nid == Nid{}) return reach_.ask(cx.now()), Errc::unknown_host;
    return nid;
  }
  /// Does the name still mean the same? Needs no look-up.
  template <ContextLike Cx>
  bool holds(const ResolvedName& known, Cx& cx) const noexcept {
    return known.holds(reach_.hosts.changed(), cx.now());
  }
  /// The same as `resolve`, and how long the result is valid. Error: `unknown_host`; then the identifier is unchanged.
  template <ContextLike Cx>
  BOOST_NOINLINE error_code resolve(std::string_view name, ResolvedName& known, Cx& cx) {
    const ResolvedName found = reach_.hosts.resolve_for_long(name, cx.now());
    if (found.value == Nid{}) return known.expire(), reach_.ask(cx.now()), Errc::unknown_host;
    known = found;
    return {};
  }

  Nid local_nid() const noexcept { return reach_.config.nid; }
  /// The largest payload that fits after the network header, octets.
  std::size_t max_payload() const noexcept {
    return std::max(sender_.next.max_frame(), Format::header_size) - Format::header_size;
  }
  /// The same for each node.
  std::size_t max_payload(Nid) const noexcept { return max_payload(); }
  Guard& guard() noexcept { return guard_; }
  const Guard& guard() const noexcept { return guard_; }
  const NetworkConfig& config() const noexcept { return reach_.config; }
  const NetworkCounters& counters() const noexcept { return sender_.counters; }
  const Interfaces& interfaces() const noexcept { return reach_.interfaces; }
  const HostTable& hosts() const noexcept { return reach_.hosts; }
  const ForwardingTable& forwarding() const noexcept { return reach_.forwarding; }
  const CorrespondentTable& correspondents() const noexcept { return reach_.correspondents; }
  /// Calls `f(name, size, limit)` for each table, to check that it is bounded.
  template <class F>
  void for_each_table(F&& f) const {
    f("interfaces", reach_.interfaces.all().size(), Interfaces::max_joined);
    f("hosts", reach_.hosts.size(), HostTable::max_hosts);
    f("routes", reach_.forwarding.size(), ForwardingTable::max_routes);
    f("correspondents", reach_.correspondents.size(), CorrespondentTable::max_correspondents);
    f("updates", mover_.updates().pending(), LocatorUpdates::max_pending);
    f("neighbours", neighbours_.size(), BasicNeighbourTable<Interop>::max_neighbours);
    f("messages", discoverer_.seen().size(), SeenMessages::max_messages);
    f("flows", forwarder_.election().size(), BasicForwarderElection<Interop>::max_flows);
    f("packets", duplicates_.size(), DuplicateFilter::max_packets);
    f("checks", liveness_.checks(), LivenessChecks::max_checks);
    f("conflicts", liveness_.conflicts(), NameClaims::max_conflicts);
    f("silent", liveness_.silent(), Liveness<Policies>::max_silent);
    f("trials", liveness_.trials(), Liveness<Policies>::max_trials);
    f("loopback", loopback_.size(), Loopback::max_packets);
  }
  Next& next_layer() noexcept { return sender_.next; }
  const Next& next_layer() const noexcept { return sender_.next; }

 private:
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
    next_hops_.add(to, host->next_hop);
    return {};
  }

  /// Values that strangers choose are hashed with a secret.
  template <ContextLike Cx>
  void draw_key(Cx& cx) {
    reach_.draw_key(cx);
    neighbours_.rekey(reach_.key);
    discoverer_.rekey(reach_.key);
    forwarder_.rekey(reach_.key);
    mover_.rekey(reach_.key);
    reflections_.rekey(reach_.key);
    duplicates_.rekey(reach_.key);
    flows_.rekey(reach_.key);
    next_hops_.rekey(reach_.key);
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
    const FlowEntry* flow = header ? flows_.find(*header, from.interface, reach_.epoch, cx.now()) : nullptr;
    if (!flow) flow = begin_flow(from, frame, cx);
    if (!flow) return;
    if (!flow->out) return deliver(from, *header, *flow, cx, up);
    if (!forwarder_.admit(from, *header, flow->path_hash, cx.now()))
      return sender_.drop(Drop::reflected, from.interface, cx);
    forwarder_.forward(*flow->out, flow->hop_limit, frame, cx);
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
    if (source.nid == local_nid()) {
      if (nid_watch_.hear(*header, *in, cx)) discoverer_.answer_namesake(cx.now());
      return drop(Drop::own_frame);
    }
    if (!guard_.admit(*header, kind, cx)) return drop(Drop::refused);
    if (!resumption_.behind()) liveness_.hear(source, kind, cx);
    if (destination == Ilv{all_nodes_locator, Nid{}}) {
      reach_.epoch.bump();
      if (resumption_.behind()) return drop(Drop::discovery_stale);
      discoverer_.receive(from, *header, frame, *in, cx);
      return nullptr;
    }
    if (kind == wire::Kind::locator_update && destination.nid == local_nid()) {
      reach_.epoch.bump();
      mover_.receive(from, *header, *in, cx);
      return nullptr;
    }
    if (destination.nid == local_nid()) {
      reach_.learn(source.locator, from, cx.now());
      meet(source.nid, false, from.share(), cx.now());
      return flows_.add(*header, *in, reach_.epoch, cx.now() + decision_hold);
    }
    const auto hop = forwarder_.decide(from, *header, *in, cx);
    if (!hop) return nullptr;
    // The decision for a packet that must be examined again applies to that packet alone.
    const bool alone = kind == wire::Kind::locator_update || hop->alone;
    return flows_.add(*header, *in, reach_.epoch, alone ? cx.now() : cx.now() + decision_hold, hop->out,
                      hop->hop_limit);
  }

  /// Hands a packet for this node up, once.
  template <ContextLike Cx, class Up>
  void deliver(FrameSource from, const Header& header, const FlowEntry& flow, Cx& cx, Up& up) {
    // A packet that its source itself has put on the network was sent once, unless others put packets back there.
    const bool may_return = Interop::packets_return || header.source().locator != from.interface;
    if (may_return &&
        !reflections_.admit(header.payload(), flow.path_hash, from.sender, header.hop_limit(), cx.now()))
      return sender_.drop(Drop::reflected, flow.interface, cx);
    const bool several =
        reach_.interfaces.all().size() > 1 || cx.now() - mover_.left_at() < DuplicateFilter::window;
    if (several && !duplicates_.admit(hash(header), flow.in->slot, reach_.interfaces.taken_slots(), cx.now()))
      return sender_.drop(Drop::duplicate, flow.interface, cx);
    ++sender_.counters.delivered;
    up(NetworkSource{header.source(), header.destination(), flow.interface, header.next_header(),
                     header.hop_limit(), from.share()},
       payload_of(header));
  }

  /// The same for all copies of a packet.
  BOOST_FORCEINLINE std::uint64_t hash(const Header& header) const noexcept {
    const wire::Identity identity = Format::identity(header);
    return content_hash(identity.octets, reach_.key, identity.rest);
  }

  /// The layer above may change it: the frame that was parsed is a `MutableBytes`.
  static MutableBytes payload_of(const Header& header) noexcept {
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

  Reachability reach_;
  Sender<Policies> sender_;
  BasicNeighbourTable<Interop> neighbours_;
  Liveness<Policies> liveness_;
  Discoverer<Policies> discoverer_;
  Forwarder<Policies> forwarder_;
  Mover<Policies> mover_;
  Resumption<Interop> resumption_;
  NidWatch<Policies> nid_watch_;
  [[no_unique_address]] Guard guard_;
  ReflectionFilter reflections_;
  DuplicateFilter duplicates_;
  FlowCache flows_;
  NextHops next_hops_;
  Loopback loopback_;
};

}  // namespace ilnp
