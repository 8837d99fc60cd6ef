#pragma once

#include <algorithm>
#include <cstring>

#include "../base/arena.hpp"
#include "../wire/checksum.hpp"
#include "../wire/icmpv6.hpp"
#include "../wire/ipv6_header.hpp"
#include "../wire/tcp_header.hpp"
#include "../wire/udp_header.hpp"

namespace ilnp::tun {

/// A packet that a node makes itself: the values of its IPv6 header, and what follows that, in an arena. Empty if there was no room.
struct OwnPacket {
  wire::Ipv6HeaderRepr ip;  ///< with the length of `rest`
  MutableBytes rest;        ///< complete with its checksum
};

namespace detail {
/// Fills in the payload length, and the checksum at `at`.
inline OwnPacket complete(wire::Ipv6HeaderRepr ip, MutableBytes rest, std::size_t at) noexcept {
  ip.payload_length = static_cast<std::uint16_t>(rest.size());
  std::array<std::byte, wire::Ipv6Header::size> header;
  ip.write_to(header);
  wire::Checksum sum;
  sum.add(Bytes(header).subspan(8, 32));
  sum.add_pseudo(ip.payload_length, ip.next_header);
  sum.add(rest);
  const std::uint16_t value = sum.value();
  const bool udp = ip.next_header == static_cast<std::uint8_t>(wire::IpProtocol::udp);
  wire::store(rest, at, static_cast<std::uint16_t>(udp && value == 0 ? 0xffff : value));
  return {ip, rest};
}
}  // namespace detail

/// An ICMPv6 error from `from` to `to` about a packet that lies in two parts: as much of it as fits 1280 octets (RFC 4443, section
/// 2.4).
inline OwnPacket icmp_error(Arena& arena, const wire::Icmpv6ErrorRepr& error, const wire::Ipv6Address& from,
                            const wire::Ipv6Address& to, Bytes packet, Bytes more = {}) {
  constexpr std::size_t room = 1280 - wire::Ipv6Header::size - wire::Icmpv6Message::size;
  packet = packet.first(std::min(packet.size(), room));
  more = more.first(std::min(more.size(), room - packet.size()));
  const MutableBytes rest = arena.take(wire::Icmpv6Message::size + packet.size() + more.size());
  if (rest.empty()) return {};
  error.write_to(rest);
  std::copy(packet.begin(), packet.end(), rest.begin() + wire::Icmpv6Message::size);
  std::copy(more.begin(), more.end(), rest.end() - static_cast<std::ptrdiff_t>(more.size()));
  return detail::complete({0, 0, static_cast<std::uint8_t>(wire::IpProtocol::icmpv6), 255, from, to}, rest,
                          wire::Icmpv6Message::checksum_offset);
}

/// The reset that answers `segment`, which `to` has sent to `from`.
inline OwnPacket tcp_reset(Arena& arena, const wire::TcpHeader& segment, const wire::Ipv6Address& from,
                           const wire::Ipv6Address& to) {
  const MutableBytes rest = arena.take(wire::TcpResetRepr::size);
  if (rest.empty()) return {};
  wire::reset_for(segment).write_to(rest);
  return detail::complete({0, 0, static_cast<std::uint8_t>(wire::IpProtocol::tcp), 64, from, to}, rest,
                          wire::TcpHeader::checksum_offset);
}

/// A datagram from `from` to `to`. `rest` has room for its header, and then the payload.
inline OwnPacket udp_datagram(MutableBytes rest, std::uint16_t source_port, std::uint16_t destination_port,
                              const wire::Ipv6Address& from, const wire::Ipv6Address& to) noexcept {
  wire::UdpHeaderRepr{source_port, destination_port, static_cast<std::uint16_t>(rest.size())}.write_to(rest);
  return detail::complete({0, 0, static_cast<std::uint8_t>(wire::IpProtocol::udp), 64, from, to}, rest,
                          wire::UdpHeader::checksum_offset);
}

}  // namespace ilnp::tun
