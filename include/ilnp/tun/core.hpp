#pragma once

#include <boost/config.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "../base/adaptor.hpp"
#include "../base/arena.hpp"
#include "../wire/ilnp_header.hpp"
#include "../wire/tun_header.hpp"
#include "config.hpp"
#include "counters.hpp"
#include "policy.hpp"
#include "prefix.hpp"
#include "rate_limit.hpp"
#include "replies.hpp"
#include "to_host.hpp"

namespace ilnp::tun {

/// What all parts of `Tun` share: the addresses, the counters, when something is due, and errors to the host. One thread.
template <NetworkLayer Next>
class Core : public NetworkAdaptor<Next> {
 protected:
  using NetworkAdaptor<Next>::next_;

 public:
  static constexpr Duration step = std::chrono::milliseconds(25);  ///< between two looks at what waits
  static constexpr unsigned errors_per_second = 100;               ///< to the host

  /// Throws `std::invalid_argument` if `config` is invalid, the frames too short, or the node's identifier reserved. The other
  /// arguments go to the layers below.
  template <class... Args>
  explicit Core(const TunConfig& config, Args&&... args)
      : NetworkAdaptor<Next>(std::forward<Args>(args)...),
        prefix_((config.validate(), config.prefix)),
        policy_(config) {
    const std::size_t longest =
        next_.max_payload() - std::min(next_.max_payload(), overhead) + wire::Ipv6Header::size;
    if (longest < TunConfig::min_mtu)
      throw std::invalid_argument("a tunnel needs frames that carry 1244 octets");
    if (config.mtu > longest)
      throw std::invalid_argument("tun mtu: frames carry packets of " + std::to_string(longest) +
                                  " octets at most");
    if (is_reserved(next_.local_nid()))
      throw std::invalid_argument("nid " + to_string(next_.local_nid()) +
                                  ": reserved, so no interface can have it");
    mtu_ = config.mtu != 0 ? config.mtu : std::min<std::size_t>(longest, UINT16_MAX);
    own_ = {prefix_, next_.local_nid().value()};
  }

  /// The upper 64 bits of all addresses.
  std::uint64_t prefix() const noexcept { return prefix_; }
  /// Of the interface: the longest packet, octets.
  std::size_t mtu() const noexcept { return mtu_; }
  /// This host's address.
  const wire::Ipv6Address& address() const noexcept { return own_; }
  /// From now on other nodes may send to this port.
  void expose(std::uint16_t port) noexcept { policy_.expose(port); }
  const TunCounters& counters() const noexcept { return counters_; }

 protected:
  /// The next header of a tunnel's packets.
  static constexpr auto protocol = static_cast<std::uint8_t>(wire::NextHeader::tunnel);
  static constexpr std::size_t overhead = wire::TunHeader::size;  ///< of a packet, octets
  /// What an IPv6 packet has that its frame does not.
  static constexpr std::size_t elided = wire::Ipv6Header::size - wire::TunHeader::size;

  /// Something is due at this time.
  void wake(TimePoint at) noexcept { step_at_ = std::min(step_at_, at); }
  /// Hands a packet to the host; `source`: see `ToHost`.
  template <class Up>
  static void deliver(const wire::Ipv6HeaderRepr& ip, Nid source, MutableBytes rest, Up& up) {
    ToHost to{{}, source, false};
    ip.write_to(to.ipv6);
    up(to, rest);
  }

  /// Tells the host that a packet of it does not reach its destination.
  template <ContextLike Cx, class Up>
  void unreachable(wire::Unreachable why, Bytes packet, Cx& cx, Up& up) {
    error_to_host({wire::Icmpv6Type::unreachable, static_cast<std::uint8_t>(why), 0}, packet, cx, up);
  }
  /// Tells the host that packets to that destination have at most `limit` octets.
  template <ContextLike Cx, class Up>
  void too_long(std::size_t limit, Bytes packet, Cx& cx, Up& up) {
    ++counters_.dropped_too_long;
    error_to_host({wire::Icmpv6Type::too_big, 0, static_cast<std::uint32_t>(limit)}, packet, cx, up);
  }
  /// An ICMPv6 error about a packet of the host, unless that is one itself (RFC 4443, section 2.4).
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void error_to_host(const wire::Icmpv6ErrorRepr& error, Bytes packet, Cx& cx, Up& up) {
    const auto ip = wire::Ipv6Header::parse(packet);
    if (!ip || !is_unicast(ip->source())) return;
    if (ip->next_header() == static_cast<std::uint8_t>(wire::IpProtocol::icmpv6)) {
      const auto message = wire::Icmpv6Message::parse(ip->payload());
      if (!message || message->is_error()) return;
    }
    if (!errors_.admit(cx.now())) return;
    const OwnPacket reply = icmp_error(arena_, error, {prefix_, anycast_nid.value()}, ip->source(), packet);
    if (reply.rest.empty()) return;
    ++counters_.errors_to_host;
    deliver(reply.ip, {}, reply.rest, up);
  }
  /// Whether the host may get one more error now. Counts it.
  bool admit_error(TimePoint now) noexcept { return errors_.admit(now); }

  std::uint64_t prefix_;       ///< of all addresses
  Policy policy_;              ///< what comes in
  std::size_t mtu_ = 0;        ///< of the interface, octets
  wire::Ipv6Address own_;      ///< this host's address
  Arena arena_;                ///< for packets of this layer itself, until the batch ends
  TimePoint step_at_ = never;  ///< when something is due
  TunCounters counters_;       ///< see `TunCounters`

 private:
  RateLimit errors_{errors_per_second, 20};
};

}  // namespace ilnp::tun
