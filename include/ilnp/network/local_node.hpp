#pragma once

#include <boost/config.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "../layer.hpp"
#include "../wire/discovery.hpp"
#include "../wire/ilnp_header.hpp"
#include "../wire/locator_update.hpp"
#include "config.hpp"
#include "correspondent_table.hpp"
#include "counters.hpp"
#include "discovery_rounds.hpp"
#include "events.hpp"
#include "forwarding_table.hpp"
#include "host_table.hpp"
#include "own_messages.hpp"
#include "run.hpp"

namespace ilnp {

/// What the parts of the network layer share: who this node is, what it has joined, what it knows, and how it sends. Each
/// part is a class that refers to this one (`Discoverer`, `Forwarder`, `Mover` and so on); `ILNP` owns them all.
template <Underlay Next>
struct LocalNode {
  template <class... Args>
  explicit LocalNode(NetworkConfig settings, Args&&... args)
      : config((settings.validate(), std::move(settings))),
        next(std::forward<Args>(args)...),
        interfaces(&ways),
        forwarding(config.backwards_learning_ttl, 3 * config.wait_time, &ways),
        hosts(config.nid, config.host_name, 3 * config.wait_time),
        correspondents(config.active_unicast_session_ttl),
        rounds(config.wait_time, config.backwards_learning_ttl / 3) {
    check_frames(config, next.max_frame());
  }

  /// The largest frame that its header can describe, octets.
  static constexpr std::size_t max_frame = wire::IlnpHeader::size + UINT16_MAX;
  /// The smallest frame that holds the messages of a node with this configuration: its name, and the locators of a move.
  static std::size_t min_frame(const NetworkConfig& settings) {
    std::size_t size = wire::DiscoveryRepr{settings.nid, {}, false, settings.host_name}.size();
    for (const auto& set : settings.locators) size = std::max(size, wire::LocatorUpdateRepr{set}.size());
    return wire::IlnpHeader::size + size;
  }
  /// Throws `std::invalid_argument` if the underlay's frames do not suit the node.
  static void check_frames(const NetworkConfig& settings, std::size_t size) {
    if (size >= min_frame(settings) && size <= max_frame) return;
    throw std::invalid_argument("max_frame: the underlay's frames of " + std::to_string(size) +
                                " octets are not from " + std::to_string(min_frame(settings)) +
                                " (for this node's name and locators) to " + std::to_string(max_frame));
  }

  /// Draws the secret key of the tables' hashes, before the tables have entries.
  template <ContextLike Cx>
  void draw_key(Cx& cx) {
    key = HashKey(cx);
    forwarding.rekey(key);
    hosts.rekey(key);
    correspondents.rekey(key);
  }

  const NetworkConfig config;
  Next next;
  HashKey key;
  /// Grows with each change of the joined locators, of a route, and of anything else that may change what was decided for
  /// packets.
  std::uint32_t ways = 0;
  Interfaces interfaces;
  ForwardingTable forwarding;
  HostTable hosts;
  CorrespondentTable correspondents;
  DiscoveryRounds rounds;
  OwnMessages own_messages;
  NetworkCounters counters;
  TimePoint solicited_at = long_ago;  ///< the last time

  template <ContextLike Cx>
  void drop(Drop reason, Locator interface, Cx& cx) {
    ++counters.dropped[static_cast<std::size_t>(reason)];
    cx.observe(event::Dropped{reason, interface});
  }

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

  /// The locator of `host` to send to, chosen again when something has changed; null if there is a route to none.
  template <ContextLike Cx>
  const Locator* locate(Nid nid, Host& host, Cx& cx) {
    const std::uint64_t state =
        std::uint64_t{1} + host.changes() + interfaces.generation() + forwarding.generation();
    host.used_at = cx.now();
    if (host.expires - cx.now() < hosts.life() / 3) ask(cx.now());
    if (host.selected_at == state && route(host.in_use(), cx.now(), false)) return host.in_use_address();
    const Locator before = host.in_use();
    const Locator* locator =
        host.select([&](Locator l) { return route(l, cx.now(), false).has_value(); },
                    [&](Locator l) { return interfaces.current(l); }, interfaces.generation());
    host.selected_at = state;
    if (locator && before != Locator{} && before != *locator)
      cx.observe(event::PeerMoved{nid, before, *locator});
    return locator;
  }

  /// Finds the next hop for `host` and caches it there for a while. If the route needs a solicitation it expires at once.
  /// False if there is no route.
  template <ContextLike Cx>
  BOOST_NOINLINE bool find_way(Nid nid, Host& host, Cx& cx) {
    const Locator* locator = locate(nid, host, cx);
    const auto out = locator ? route(*locator, cx.now()) : std::nullopt;
    if (!out) return false;
    const TimePoint settled = interfaces.current(*locator) ? never : forwarding.settled_until(*locator);
    host.way = {*locator, *out, interfaces.find(*out), ways,
                std::min({cx.now() + run_hold, settled, host.expires - hosts.life() / 3})};
    return true;
  }

  /// Known nodes: while there are no more than this, all answer a solicitation at once.
  static constexpr std::size_t few = 8;
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

  /// Puts the network header in front of `packet`, and sends it on `out`. `named`: the interface of the source locator, if
  /// it is joined.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code transmit(const Ilv& destination, const Ilv& source, Locator out,
                                        Interface* named, std::uint8_t next_header, Packet& packet, Cx& cx) {
    const std::size_t size = packet.size();
    wire::IlnpHeaderRepr{static_cast<std::uint16_t>(size), next_header, config.hop_limit, source, destination}
        .write_to(packet.prepend(wire::IlnpHeader::size));
    if (const error_code error = next.send(out, packet, cx)) return error;
    if (named) named->last_sent = cx.now();
    ++counters.sent;
    cx.observe(event::PacketSent{source, destination, out, next_header, size});
    return {};
  }

  /// Sends a discovery message on `out` that says: this node is at `named`. True if it was sent.
  template <ContextLike Cx>
  bool say_where(Locator out, Locator named, bool solicitation, Cx& cx) {
    const bool sent = transmit_message(wire::DiscoveryRepr{config.nid, named, solicitation, config.host_name},
                                       {all_nodes_locator, Nid{}}, out, out, wire::NextHeader::discovery, cx);
    if (!sent) return false;
    ++(solicitation ? counters.solicitations_sent : counters.advertisements_sent);
    if (solicitation) solicited_at = cx.now();
    own_messages.said(out, named, solicitation, cx.now());
    return true;
  }

  /// Sends a locator update or, without locators, an acknowledgement. True if it was sent.
  template <ContextLike Cx>
  bool say_moved(const Ilv& to, Locator own, Locator out, std::span<const Locator> locators, Cx& cx) {
    const bool sent = transmit_message(wire::LocatorUpdateRepr{locators}, to, own, out,
                                       wire::NextHeader::locator_update, cx);
    if (sent) ++(locators.empty() ? counters.acknowledgements_sent : counters.updates_sent);
    return sent;
  }

 private:
  /// The message is written where headers are written, so it need not outlive the call.
  template <class Repr, ContextLike Cx>
  bool transmit_message(const Repr& message, const Ilv& to, Locator own, Locator out,
                        wire::NextHeader next_header, Cx& cx) {
    Packet packet(next.headroom(wire::IlnpHeader::size + message.size()), {});
    message.write_to(packet.prepend(message.size()));
    if (!transmit(to, {own, config.nid}, out, interfaces.find(own), static_cast<std::uint8_t>(next_header),
                  packet, cx))
      return true;
    drop(Drop::send_failed, out, cx);
    return false;
  }
};

}  // namespace ilnp
