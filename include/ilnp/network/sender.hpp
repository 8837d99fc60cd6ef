#pragma once

#include <boost/config.hpp>
#include <stdexcept>
#include <string>

#include "../base/layer.hpp"
#include "counters.hpp"
#include "own_messages.hpp"
#include "policies.hpp"
#include "reachability.hpp"

namespace ilnp {

/// How a node sends: the underlay, the messages of the network layer, and the counters. See `Reachability`.
template <class Policies>
class Sender {
  using Next = typename Policies::Next;
  using Format = typename Policies::Format;

 public:
  /// Throws `std::invalid_argument` if the underlay's frames do not suit the node. The other arguments go to the underlay.
  template <class... Args>
  explicit Sender(Reachability& reach, Args&&... args)
      : next(std::forward<Args>(args)...), reach_(&reach), hop_limit_(reach.config.hop_limit) {
    check_frames(reach.config, next.max_frame());
  }

  Next next;
  NetworkCounters counters;
  OwnMessages own_messages;
  TimePoint solicited_at = long_ago;  ///< the last time

  template <ContextLike Cx>
  void drop(Drop reason, Locator interface, Cx& cx) {
    ++counters.dropped[static_cast<std::size_t>(reason)];
    cx.observe(event::Dropped{reason, interface});
  }

  /// Puts the network header in front of `packet`, and sends it on `out`.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code transmit(const Ilv& destination, const Ilv& source, Locator out,
                                        std::uint8_t next_header, Packet& packet, Cx& cx) {
    const std::size_t size = packet.size();
    typename Format::HeaderRepr{static_cast<std::uint16_t>(size), next_header, hop_limit_, source,
                                destination}
        .write_to(packet.prepend(Format::header_size));
    if (const error_code error = next.send(out, packet, cx)) return error;
    ++counters.sent;
    cx.observe(event::PacketSent{source, destination, out, next_header, size});
    return {};
  }

  /// Sends a discovery message on `out` that says: this node is at `named`. True if it was sent.
  template <ContextLike Cx>
  bool announce(Locator out, Locator named, bool solicitation, Cx& cx) {
    const NetworkConfig& config = reach_->config;
    const bool sent =
        transmit_message(typename Format::DiscoveryRepr{config.nid, named, solicitation, config.host_name},
                         {all_nodes_locator, Nid{}}, out, out, wire::Kind::discovery, cx);
    if (!sent) return false;
    ++(solicitation ? counters.solicitations_sent : counters.advertisements_sent);
    if (solicitation) solicited_at = cx.now();
    own_messages.said(out, named, solicitation, cx.now());
    return true;
  }

  /// Sends a locator update or, without locators, an acknowledgement. True if it was sent.
  template <ContextLike Cx>
  bool say_moved(const Ilv& to, Locator own, Locator out, std::span<const Locator> locators, Cx& cx) {
    const bool sent = transmit_message(typename Format::LocatorUpdateRepr{locators}, to, own, out,
                                       wire::Kind::locator_update, cx);
    if (sent) ++(locators.empty() ? counters.acknowledgements_sent : counters.updates_sent);
    return sent;
  }

 private:
  /// The largest frame that its header can describe, octets.
  static constexpr std::size_t max_frame = Format::header_size + Format::max_payload;
  /// The smallest frame that holds the messages of a node with this configuration: its name, and the locators of a move.
  static std::size_t min_frame(const NetworkConfig& settings) {
    std::size_t size = typename Format::DiscoveryRepr{settings.nid, {}, false, settings.host_name}.size();
    for (const auto& set : settings.locators)
      size = std::max(size, typename Format::LocatorUpdateRepr{set}.size());
    return Format::header_size + size;
  }
  static void check_frames(const NetworkConfig& settings, std::size_t size) {
    if (size >= min_frame(settings) && size <= max_frame) return;
    throw std::invalid_argument("max_frame: the underlay's frames of " + std::to_string(size) +
                                " octets are not from " + std::to_string(min_frame(settings)) +
                                " (for this node's name and locators) to " + std::to_string(max_frame));
  }

  /// The message is written where headers are written, so it need not outlive the call.
  template <class Repr, ContextLike Cx>
  bool transmit_message(const Repr& message, const Ilv& to, Locator own, Locator out, wire::Kind kind,
                        Cx& cx) {
    Packet packet(next.headroom(Format::header_size + message.size()), {});
    message.write_to(packet.prepend(message.size()));
    if (transmit(to, {own, reach_->config.nid}, out, Format::next_header(kind), packet, cx))
      return drop(Drop::send_failed, out, cx), false;
    if (Interface* named = reach_->interfaces.find(own)) named->last_sent = cx.now();
    return true;
  }

  Reachability* reach_;
  const std::uint8_t hop_limit_;  // a copy, for the packet path
};

}  // namespace ilnp
