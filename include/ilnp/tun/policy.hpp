#pragma once

#include <bitset>
#include <memory>

#include "../base/context.hpp"
#include "../wire/icmpv6.hpp"
#include "../wire/ipv6_header.hpp"
#include "../wire/tcp_header.hpp"
#include "../wire/udp_header.hpp"
#include "config.hpp"

namespace ilnp::tun {

/// What is to be done with a packet from a peer.
enum class Verdict : std::uint8_t {
  pass,   ///< it is for the host
  drop,   ///< nobody hears of it
  reset,  ///< a TCP connection to a port that is not exposed: answered by a reset
  port,   ///< a datagram to such a port: answered by an ICMPv6 error
};

/// Which packets of peers may reach the host (docs/behaviour.md, "What comes in"): what programs of this host have begun, and what is
/// exposed. Nothing that could configure the host: no router advertisements, redirects or neighbour discovery, no routing headers.
/// Constant time and size; no table. One thread.
class Policy {
 public:
  /// A UDP port that has sent stays open for at least this long, and at most twice as long.
  static constexpr Duration open_time = std::chrono::seconds(60);

  /// Exposes what `config` says.
  explicit Policy(const TunConfig& config) : all_(config.expose_all), ports_(std::make_unique<Ports>()) {
    for (const std::uint16_t port : config.exposed) ports_->exposed.set(port);
  }

  /// From now on other nodes may send to this port.
  void expose(std::uint16_t port) noexcept { ports_->exposed.set(port); }

  /// The host sends from this UDP port: answers may come.
  void note(std::uint16_t udp_port, TimePoint now) noexcept {
    turn(now);
    ports_->sent.set(udp_port);
  }

  /// `rest` is what follows the IPv6 header, with `next_header`. `own` and `peer` are the addresses of this host and of the sender.
  Verdict judge(std::uint8_t next_header, Bytes rest, const wire::Ipv6Address& own,
                const wire::Ipv6Address& peer, TimePoint now) noexcept {
    switch (wire::IpProtocol{next_header}) {
      case wire::IpProtocol::tcp: {
        const auto header = wire::TcpHeader::parse(rest);
        if (!header) return Verdict::drop;
        const bool opens = header->has(wire::TcpHeader::syn) && !header->has(wire::TcpHeader::ack);
        return !opens || exposed(header->destination_port()) ? Verdict::pass : Verdict::reset;
      }
      case wire::IpProtocol::udp: {
        const auto header = wire::UdpHeader::parse(rest);
        if (!header) return Verdict::drop;
        return exposed(header->destination_port()) || expects(header->destination_port(), now)
                   ? Verdict::pass
                   : Verdict::port;
      }
      case wire::IpProtocol::icmpv6:
        return admits_icmp(rest, own, peer) ? Verdict::pass : Verdict::drop;
      case wire::IpProtocol::fragment: {
        constexpr std::size_t size = 8;
        if (rest.size() < size) return Verdict::drop;
        const bool first = (wire::load<std::uint16_t>(rest, 2) & 0xfff8) == 0;
        const auto inner = wire::load<std::uint8_t>(rest, 0);
        if (inner == next_header) return Verdict::drop;
        // The host drops the others if it does not get the first one.
        return first ? judge(inner, rest.subspan(size), own, peer, now) : Verdict::pass;
      }
      case wire::IpProtocol::routing:
        return Verdict::drop;
    }
    return all_ ? Verdict::pass : Verdict::drop;
  }

 private:
  struct Ports {
    std::bitset<65536> exposed;
    std::bitset<65536> sent;      // from these the host has sent in this minute,
    std::bitset<65536> previous;  // and from these in the one before
  };

  bool exposed(std::uint16_t port) const noexcept { return all_ || ports_->exposed.test(port); }
  bool expects(std::uint16_t port, TimePoint now) noexcept {
    turn(now);
    return ports_->sent.test(port) || ports_->previous.test(port);
  }
  void turn(TimePoint now) noexcept {
    if (now < turn_at_) return;
    ports_->previous = now < turn_at_ + open_time ? ports_->sent : std::bitset<65536>();
    ports_->sent.reset();
    turn_at_ = now + open_time;
  }

  /// Echo; and errors for what this host has sent to that peer.
  static bool admits_icmp(Bytes rest, const wire::Ipv6Address& own, const wire::Ipv6Address& peer) noexcept {
    const auto message = wire::Icmpv6Message::parse(rest);
    if (!message) return false;
    if (message->is_echo()) return true;
    if (message->type() < static_cast<std::uint8_t>(wire::Icmpv6Type::unreachable) ||
        message->type() > static_cast<std::uint8_t>(wire::Icmpv6Type::parameter_problem))
      return false;
    const auto quoted = wire::QuotedIpv6Header::parse(message->quoted());
    return quoted && quoted->source() == own && quoted->destination() == peer;
  }

  bool all_;
  std::unique_ptr<Ports> ports_;
  TimePoint turn_at_ = long_ago;
};

}  // namespace ilnp::tun
