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

  /// The host sends this, `rest` behind a header with `next_header`: if it is a datagram, or begins one, answers may come.
  void note(std::uint8_t next_header, Bytes rest, TimePoint now) noexcept {
    skip_options(next_header, rest);
    if (next_header == static_cast<std::uint8_t>(wire::IpProtocol::fragment) && begins(rest)) {
      next_header = wire::load<std::uint8_t>(rest, 0);
      rest = rest.subspan(fragment_size);
      skip_options(next_header, rest);
    }
    if (next_header != static_cast<std::uint8_t>(wire::IpProtocol::udp)) return;
    const auto header = wire::UdpHeader::parse(rest);
    if (!header) return;
    turn(now);
    ports_->sent.set(header->source_port());
  }

  /// `rest` is what follows the IPv6 header, with `next_header`. `own` and `peer` are the addresses of this host and of the sender.
  Verdict judge(std::uint8_t next_header, Bytes rest, const wire::Ipv6Address& own,
                const wire::Ipv6Address& peer, TimePoint now) noexcept {
    for (;;) {
      std::size_t size = 0;  // of a header before another one
      switch (wire::IpProtocol{next_header}) {
        case wire::IpProtocol::tcp: {
          const auto header = wire::TcpHeader::parse(rest);
          if (!header) return Verdict::drop;
          const bool opens = header->has(wire::TcpHeader::syn) && !header->has(wire::TcpHeader::ack);
          if (!opens || exposed(header->destination_port())) return Verdict::pass;
          return header->has(wire::TcpHeader::rst) ? Verdict::drop : Verdict::reset;
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
        case wire::IpProtocol::fragment:
          // The host drops the others if it does not get the first one.
          if (rest.size() >= fragment_size && !begins(rest)) return Verdict::pass;
          size = fragment_size;
          if (rest.size() >= size && wire::load<std::uint8_t>(rest, 0) == next_header) return Verdict::drop;
          break;
        case wire::IpProtocol::hop_by_hop:
        case wire::IpProtocol::destination_options:
        case wire::IpProtocol::authentication:
          if (!all_ || rest.size() < 2) return Verdict::drop;
          size = wire::extension_size(next_header, rest);
          break;
        case wire::IpProtocol::routing:
          return Verdict::drop;
      }
      if (size == 0) return all_ ? Verdict::pass : Verdict::drop;
      // What it hides is judged, and must be there: the header of a transport is never only in a later fragment.
      if (rest.size() < size) return Verdict::drop;
      next_header = wire::load<std::uint8_t>(rest, 0);
      rest = rest.subspan(size);
    }
  }

 private:
  struct Ports {
    std::bitset<65536> exposed;
    std::bitset<65536> sent;      // from these the host has sent in this minute,
    std::bitset<65536> previous;  // and from these in the one before
  };

  static constexpr std::size_t fragment_size = 8;  // of that header

  static void skip_options(std::uint8_t& next_header, Bytes& rest) noexcept {
    const auto behind = wire::skip_options(next_header, rest);
    next_header = behind.next_header;
    rest = rest.subspan(behind.size);
  }
  /// `rest` starts with a fragment header: that of the first one, or of the only one.
  static bool begins(Bytes rest) noexcept {
    return rest.size() >= fragment_size && (wire::load<std::uint16_t>(rest, 2) & 0xfff8) == 0;
  }

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
