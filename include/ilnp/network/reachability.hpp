#pragma once

#include <algorithm>
#include <boost/config.hpp>
#include <optional>

#include "../base/layer.hpp"
#include "config.hpp"
#include "correspondent_table.hpp"
#include "discovery_rounds.hpp"
#include "events.hpp"
#include "forwarding_table.hpp"
#include "host_table.hpp"

namespace ilnp {

/// What a node knows: who it is, what it has joined, the routes, the other nodes, and how to reach them. `ILNP` owns it; its
/// parts (`Discoverer`, `Forwarder`, `Mover` and so on) refer to it, and to the `Sender`.
struct Reachability {
  /// Throws `std::invalid_argument` if `settings` does not describe a node.
  explicit Reachability(NetworkConfig settings)
      : config((settings.validate(), std::move(settings))),
        interfaces(epoch),
        forwarding(epoch, config.backwards_learning_ttl, 3 * config.wait_time),
        hosts(epoch, config.nid, config.host_name, 3 * config.wait_time),
        correspondents(config.active_unicast_session_ttl),
        rounds(config.wait_time, config.backwards_learning_ttl / 3) {}

  /// Draws the secret key of the tables' hashes, before the tables have entries.
  template <ContextLike Cx>
  void draw_key(Cx& cx) {
    key = HashKey(cx);
    forwarding.rekey(key);
    hosts.rekey(key);
    correspondents.rekey(key);
  }

  const NetworkConfig config;  ///< of this node; valid, and never changes
  HashKey key;                 ///< the secret of all hashes; see `draw_key`
  /// The epoch of this node. The tables bump it when the joined locators, a route, or the meaning of a name changes. `ILNP` bumps
  /// it before it handles a discovery message or a locator update, either of which may change what is known of a node, or who
  /// forwards; before a requested move; and whenever a timer is due. Its parts bump it when an update is undone, a node is
  /// forgotten, or an election decided.
  Epoch epoch;
  Interfaces interfaces;              ///< what it has joined
  ForwardingTable forwarding;         ///< the routes
  HostTable hosts;                    ///< the other nodes
  CorrespondentTable correspondents;  ///< those with which there is unicast traffic
  DiscoveryRounds rounds;             ///< when to solicit

  /// A frame from `locator` arrived as `from` says: that is the route to `locator`.
  void learn(Locator locator, FrameSource from, TimePoint now) {
    forwarding.learn(locator, from.interface, from.share(), interfaces, now);
  }

  /// The interface that leads to `locator`: itself if this node has joined it; while it is being left, another route if
  /// there is one.
  std::optional<Locator> route(Locator locator, TimePoint now, bool use = true) {
    const Interface* own = interfaces.find(locator);
    if (own && !own->leaving) return locator;
    const auto found = forwarding.find(locator, now, use);
    if (!found || (own && !interfaces.current(found->interface)))
      return own ? std::optional(locator) : std::nullopt;
    if (found->wants_probe) ask(now);
    return found->interface;
  }

  /// The locator of `host`, the entry of `nid`, to send to; null if there is a route to none.
  template <ContextLike Cx>
  const Locator* locate(Nid nid, KnownHost& host, Cx& cx) {
    const Epoch::Stamp present = epoch.stamp();
    host.used_at = cx.now();
    if (host.expires - cx.now() < hosts.life() / 3) ask(cx.now());
    if (host.selected_at >= std::max(interfaces.changed(), forwarding.changed()) &&
        route(host.in_use(), cx.now(), false))
      return host.in_use_address();
    const Locator before = host.in_use();
    const Locator* locator =
        host.select([&](Locator l) { return route(l, cx.now(), false).has_value(); },
                    [&](Locator l) { return interfaces.current(l); }, interfaces.changed());
    host.selected_at = present;
    if (locator && before != Locator{} && before != *locator)
      cx.observe(event::PeerMoved{nid, before, *locator});
    return locator;
  }

  /// Finds the next hop to `host`, the entry of `nid`, and caches it there for a while. If the route needs a solicitation, it
  /// expires at once. False if there is no route.
  template <ContextLike Cx>
  BOOST_NOINLINE bool find_next_hop(Nid nid, KnownHost& host, Cx& cx) {
    const Locator* locator = locate(nid, host, cx);
    const auto out = locator ? route(*locator, cx.now()) : std::nullopt;
    Interface* interface = out ? interfaces.find(*out) : nullptr;
    if (!interface) return false;
    const TimePoint settled = interfaces.current(*locator) ? never : forwarding.settled_until(*locator);
    host.next_hop = {{*locator, *out, interface, &host.sent},
                     epoch.stamp(),
                     std::min({cx.now() + decision_hold, settled, host.expires - hosts.life() / 3})};
    return true;
  }

  /// Known nodes: while there are no more than this, all answer a solicitation at once.
  static constexpr std::size_t few = 8;
  /// More nodes than that are known: they do not answer all at once.
  bool many() const noexcept { return hosts.size() > few; }

  /// Solicits on each interface as soon as possible.
  void solicit(TimePoint now) {
    for (Interface& interface : interfaces.all())
      if (!interface.leaving) interface.solicit_at = std::min(interface.solicit_at, now);
  }

  /// Something is unknown or about to expire: solicits, but not too often. True if it does.
  bool ask(TimePoint now) {
    const bool due = rounds.ask(now);
    if (due) solicit(now);
    return due;
  }
};

}  // namespace ilnp
