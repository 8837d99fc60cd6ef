#pragma once

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

/// What an `ILNP` consists of: its parts, which of them refers to which, and what it tells of them. What happens to a packet is in
/// `ILNP` itself.
template <class Policies>
class NetworkParts {
 public:
  using Next = typename Policies::Next;        ///< the underlay
  using Format = typename Policies::Format;    ///< of headers and messages
  using Guard = typename Policies::Guard;      ///< whom this node believes
  using Interop = typename Policies::Interop;  ///< which other programs there are

  NetworkParts(const NetworkParts&) = delete;
  NetworkParts& operator=(const NetworkParts&) = delete;

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
    sender_.guard.start(*this, cx);
    return {};
  }

  /// For the shell: the node did not run from `since` until now although something was due; the machine slept, or the
  /// process was stopped. What arrives until `caught_up` is as old as that. Other nodes have moved in the meantime, so
  /// discovery messages are neither believed nor passed on.
  template <ContextLike Cx>
  void resumed(TimePoint since, Cx& cx) {
    forwarder_.resumed(since, cx.now());
    nid_watch_.resumed(cx.now());
    resumption_.begin(cx.now());
    sender_.guard.resumed(since, cx);
  }
  /// For the shell, after `resumed`: everything that waited has been fed.
  template <ContextLike Cx>
  void caught_up(Cx& cx) {
    resumption_.caught_up(cx.now());
  }

  TimePoint next_deadline() const noexcept {
    if (!loopback_.empty()) return long_ago;
    return std::min({sender_.next.next_deadline(), discoverer_.next_deadline(), mover_.next_deadline(),
                     liveness_.next_deadline(), resumption_.next_deadline(), nid_watch_.next_deadline(),
                     sender_.guard.next_deadline()});
  }

  /// Moves to `locators` now, as the schedule would: to the first `NetworkConfig::max_locators` of them, each once. False,
  /// and nothing has changed, if none of them could be joined.
  template <ContextLike Cx>
  bool move_to(std::span<const Locator> locators, Cx& cx) {
    reach_.epoch.bump();
    return mover_.move_to(locators, cx);
  }

  /// Joins a further network now, to stay in all of them: this node forwards between them at once, and solicits, so that the nodes of
  /// each network soon know those of the others. (`move_to` cannot know that the node stays, and is careful: a node that is about to leave
  /// a network should not forward.) `locator`: not joined yet. False, and nothing has changed, if it could not be joined.
  template <ContextLike Cx>
  bool join(Locator locator, Cx& cx) {
    reach_.epoch.bump();
    return mover_.join(locator, cx);
  }

  /// From now on the node moves only when `move_to` is called, not in the configured cycle of locator sets.
  void suspend_moves() noexcept { mover_.suspend(); }
  /// Ends that: the node moves back to the set of the cycle where it was before, and to the next after `move_time`. False, and
  /// nothing has changed, if no locator of that set could be joined.
  template <ContextLike Cx>
  bool resume_moves(Cx& cx) {
    reach_.epoch.bump();
    return mover_.resume(cx);
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
  /// Of the packets that this node sends.
  std::uint8_t hop_limit() const noexcept { return sender_.hop_limit(); }
  /// The guard. Owned by this layer, as everything that the members below return.
  Guard& guard() noexcept { return sender_.guard; }
  /// The same for reading.
  const Guard& guard() const noexcept { return sender_.guard; }
  /// As given to the constructor.
  const NetworkConfig& config() const noexcept { return reach_.config; }
  const NetworkCounters& counters() const noexcept { return sender_.counters; }
  /// What this node has joined.
  const Interfaces& interfaces() const noexcept { return reach_.interfaces; }
  /// The other nodes, as far as they are known.
  const HostTable& hosts() const noexcept { return reach_.hosts; }
  /// The routes.
  const ForwardingTable& forwarding() const noexcept { return reach_.forwarding; }
  /// The nodes with which there is unicast traffic.
  const CorrespondentTable& correspondents() const noexcept { return reach_.correspondents; }
  /// When this node moves, and whether it is in handoff.
  const MoveSchedule& schedule() const noexcept { return mover_.schedule(); }
  /// Another node with this node's identifier is heard.
  bool duplicate_nid() const noexcept { return nid_watch_.raised(); }
  /// Brings the traffic of each host and interface up to date. For display; the packet path counts elsewhere, and only if its
  /// context has an observer.
  void settle_traffic() {
    next_hops_.settle(settle_sent());
    flows_.settle(settle_received());
  }
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
    if constexpr (Sessions<Format>::kept)
      f("sessions", sender_.sessions.size(), Sessions<Format>::max_sessions);
    sender_.guard.for_each_table(f);
  }
  Next& next_layer() noexcept { return sender_.next; }
  const Next& next_layer() const noexcept { return sender_.next; }

 protected:
  /// As the constructor of `ILNP`.
  template <class... Args>
  explicit NetworkParts(NetworkConfig config, Args&&... args)
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
  ~NetworkParts() = default;

  /// Does what is due, except for packets that this node has sent to itself.
  template <ContextLike Cx>
  void wake(Cx& cx) {
    reach_.epoch.bump();
    if (sender_.next.on_timer(cx)) reach_.solicit(cx.now());
    resumption_.on_timer(cx.now());
    nid_watch_.on_timer(cx);
    mover_.on_timer(cx);
    liveness_.on_timer(cx);
    discoverer_.on_timer(cx);
  }

  /// What a next hop or a flow has counted is added up by host and interface.
  auto settle_sent() noexcept {
    return [this](Nid to, const Cached<NextHop>& hop, const Traffic& traffic) {
      if (hop.stamp >= reach_.epoch.stamp()) {  // its pointers are valid
        *hop.value.sent += traffic;
        hop.value.interface->sent += traffic;
        return;
      }
      if (KnownHost* host = reach_.hosts.entry(to)) host->sent += traffic;
      if (Interface* interface = reach_.interfaces.find(hop.value.out)) interface->sent += traffic;
    };
  }
  /// The same for what was received.
  auto settle_received() noexcept {
    return [this](const BasicFlowEntry<Format>& flow) {
      if (KnownHost* host = reach_.hosts.entry(flow.source)) host->received += flow.received;
      if (Interface* interface = reach_.interfaces.find(flow.interface)) interface->received += flow.received;
    };
  }

  Reachability reach_;                       ///< what this node knows
  Sender<Policies> sender_;                  ///< how it sends; owns the underlay and the guard
  BasicNeighbourTable<Interop> neighbours_;  ///< the nodes whose own frames are heard
  Liveness<Policies> liveness_;              ///< which nodes are still there
  Discoverer<Policies> discoverer_;          ///< discovery messages
  Forwarder<Policies> forwarder_;            ///< packets of others
  Mover<Policies> mover_;                    ///< moves, and locator updates
  Resumption<Interop> resumption_;           ///< what to do after a suspension
  NidWatch<Policies> nid_watch_;             ///< other nodes with this identifier
  ReflectionFilter reflections_;             ///< of packets for this node, on one interface
  DuplicateFilter duplicates_;               ///< of packets for this node, on several interfaces
  BasicFlowCache<Format> flows_;             ///< decisions about packets that arrive
  NextHops next_hops_;                       ///< decisions about packets that leave
  Loopback loopback_;                        ///< packets of this node to itself

 private:
  /// Values that strangers choose are hashed with a secret.
  template <ContextLike Cx>
  void draw_key(Cx& cx) {
    reach_.draw_key(cx);
    sender_.sessions.rekey(reach_.key);
    neighbours_.rekey(reach_.key);
    discoverer_.rekey(reach_.key);
    forwarder_.rekey(reach_.key);
    mover_.rekey(reach_.key);
    reflections_.rekey(reach_.key);
    duplicates_.rekey(reach_.key);
    flows_.rekey(reach_.key);
    next_hops_.rekey(reach_.key);
  }
};

}  // namespace ilnp
