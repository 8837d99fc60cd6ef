#pragma once

#include <boost/config.hpp>
#include <stdexcept>
#include <string>

#include "../base/layer.hpp"
#include "counters.hpp"
#include "own_messages.hpp"
#include "policies.hpp"
#include "reachability.hpp"
#include "sessions.hpp"

namespace ilnp {

/// How a node sends: the underlay, the guard, the sessions, the messages of the network layer, and the counters. See
/// `Reachability`.
template <class Policies>
class Sender {
  using Next = typename Policies::Next;
  using Format = typename Policies::Format;
  using Guard = typename Policies::Guard;

 public:
  /// Throws `std::invalid_argument` if the underlay's frames do not suit the node. The other arguments go to the underlay.
  template <class... Args>
  explicit Sender(Reachability& reach, Args&&... args)
      : next(std::forward<Args>(args)...),
        sessions(reach.config.active_unicast_session_ttl),
        reach_(&reach),
        hop_limit_(reach.config.hop_limit) {
    check_frames(reach.config, next.max_frame());
  }

  Next next;                                        ///< the underlay
  [[no_unique_address]] Guard guard;                ///< seals what is sent
  [[no_unique_address]] Sessions<Format> sessions;  ///< completes the headers
  NetworkCounters counters;                         ///< of the whole layer
  OwnMessages own_messages;                         ///< what it has announced, for `NidWatch`
  TimePoint solicited_at = long_ago;                ///< the last time

  /// The most that is added to a packet, octets.
  static constexpr std::size_t max_overhead = Format::max_header_size + Guard::max_overhead;

  /// Where the headers of a packet are written, with `size` octets of the layers above.
  MutableBytes headroom(std::size_t size) {
    // A packet to a node for which the guard adds less may be longer than others.
    if constexpr (Guard::max_overhead != 0)
      return next.headroom(std::min(max_overhead + size, next.max_frame()));
    return next.headroom(max_overhead + size);
  }

  /// Of the packets that this node sends.
  std::uint8_t hop_limit() const noexcept { return hop_limit_; }
  /// While it lives, packets are sent with another hop limit.
  class HopLimit {
   public:
    /// `sender` must outlive this object, and sends with `hop_limit` until then.
    HopLimit(Sender& sender, std::uint8_t hop_limit) noexcept : sender_(sender), usual_(sender.hop_limit_) {
      sender.hop_limit_ = hop_limit;
    }
    ~HopLimit() { sender_.hop_limit_ = usual_; }
    HopLimit(const HopLimit&) = delete;
    HopLimit& operator=(const HopLimit&) = delete;

   private:
    Sender& sender_;
    std::uint8_t usual_;
  };

  /// Counts a drop and shows it; arguments as those of `event::Dropped`.
  template <ContextLike Cx>
  void drop(Drop reason, Locator interface, Cx& cx) {
    ++counters.dropped[static_cast<std::size_t>(reason)];
    cx.observe(event::Dropped{reason, interface});
  }

  /// Seals `packet`, puts the network header in front of it, and sends it on `out`.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code transmit(const Ilv& destination, const Ilv& source, Locator out,
                                        std::uint8_t next_header, Packet& packet, Cx& cx) {
    [[maybe_unused]] const bool addressed = destination.nid != Nid{};  // and no discovery message
    if constexpr (Guard::each_packet)
      if (addressed)
        if (const error_code error = guard.seal(destination.nid, next_header, packet, cx)) return error;
    const std::size_t size = packet.size();
    typename Format::HeaderRepr values{static_cast<std::uint16_t>(size), next_header, hop_limit_, source,
                                       destination};
    if constexpr (Sessions<Format>::kept)
      if (addressed) sessions.complete(values, destination.nid, cx);
    const MutableBytes header = packet.prepend(values.size());
    values.write_to(header);
    if constexpr (Guard::each_packet)
      if (!addressed) guard.sign(header, packet.head().subspan(header.size()), cx);
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
  static constexpr std::size_t max_frame = Format::max_header_size + Format::max_payload;
  /// The smallest frame that holds the messages of a node with this configuration: its name, and the locators of a move.
  static std::size_t min_frame(const NetworkConfig& settings) {
    std::size_t size = typename Format::DiscoveryRepr{settings.nid, {}, false, settings.host_name}.size();
    for (const auto& set : settings.locators)
      size = std::max(size, typename Format::LocatorUpdateRepr{set}.size());
    return max_overhead + size;
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
    Packet packet(headroom(message.size()), {});
    [[maybe_unused]] const Packet::Sending sending(packet);  // the guard may replace it
    message.write_to(packet.prepend(message.size()));
    if (transmit(to, {own, reach_->config.nid}, out, Format::next_header(kind), packet, cx))
      return drop(Drop::send_failed, out, cx), false;
    if (Interface* named = reach_->interfaces.find(own)) named->last_sent = cx.now();
    return true;
  }

  Reachability* reach_;
  std::uint8_t hop_limit_;  // a copy, for the packet path
};

}  // namespace ilnp
