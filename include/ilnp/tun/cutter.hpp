#pragma once

#include <array>
#include <cstring>

#include "../wire/checksum.hpp"
#include "../wire/ipv6_header.hpp"
#include "../wire/tcp_header.hpp"
#include "../wire/udp_header.hpp"
#include "../wire/virtio_net_header.hpp"

namespace ilnp::tun {

/// Of the headers that are repeated in each segment, octets: the options of IPv6, and the header of the transport. A packet with more
/// of them is malformed.
constexpr std::size_t max_headers = 2048;

/// What has become of a packet that was to be cut.
enum class Cut : std::uint8_t { done, malformed };

namespace detail {

/// Fills in the checksum at `at` of a header; `sum` is that of everything else that it covers.
inline void finish(MutableBytes header, std::size_t at, std::uint8_t protocol,
                   const wire::Checksum& sum) noexcept {
  std::uint16_t value = sum.value();
  if (value == 0 && protocol == static_cast<std::uint8_t>(wire::IpProtocol::udp)) value = 0xffff;  // 0: none
  wire::store(header, at, value);
}

/// `options`: octets of options between the IPv6 header and that of the transport, which has `header_size`.
template <class F>
Cut cut_segments(const wire::VirtioNetHeader& virtio, MutableBytes packet, const wire::Ipv6Header& ip,
                 bool tcp, std::size_t options, std::size_t header_size, F& f) {
  const std::size_t checksum_at = tcp ? wire::TcpHeader::checksum_offset : wire::UdpHeader::checksum_offset;
  const auto protocol = static_cast<std::uint8_t>(tcp ? wire::IpProtocol::tcp : wire::IpProtocol::udp);
  alignas(8) std::array<std::byte, max_headers> own;
  const MutableBytes headers(own.data(), options + header_size), header = headers.subspan(options);
  std::memcpy(own.data(), packet.data() + wire::Ipv6Header::size, headers.size());
  wire::store(header, checksum_at, std::uint16_t{0});
  wire::Checksum addresses;
  addresses.add(ip.addresses());

  const auto flags = tcp ? wire::load<std::uint8_t>(header, wire::TcpHeader::flags_offset) : std::uint8_t{};
  auto sequence = tcp ? wire::load<std::uint32_t>(header, wire::TcpHeader::sequence_offset) : 0u;
  bool first = true;
  for (MutableBytes rest = packet.subspan(wire::Ipv6Header::size + headers.size()); !rest.empty();
       first = false) {
    const std::size_t size = std::min<std::size_t>(virtio.gso_size, rest.size());
    const bool last = size == rest.size();
    if (tcp) {
      auto kept = flags;
      if (!first) kept &= static_cast<std::uint8_t>(~wire::TcpHeader::cwr);
      if (!last) kept &= static_cast<std::uint8_t>(~(wire::TcpHeader::fin | wire::TcpHeader::psh));
      wire::store(header, wire::TcpHeader::flags_offset, kept);
      wire::store(header, wire::TcpHeader::sequence_offset, sequence);
      sequence += static_cast<std::uint32_t>(size);
    } else {
      wire::store(header, wire::UdpHeader::length_offset, static_cast<std::uint16_t>(header_size + size));
    }
    wire::store(header, checksum_at, std::uint16_t{0});
    wire::Checksum sum = addresses;
    sum.add_pseudo(static_cast<std::uint32_t>(header_size + size), protocol);
    sum.add(header);
    sum.add(rest.first(size));
    finish(header, checksum_at, protocol, sum);
    f(Bytes(headers), rest.first(size));
    rest = rest.subspan(size);
  }
  return Cut::done;
}

}  // namespace detail

/// Fills in the checksum of a packet that stays whole, which the kernel has left to be done (`needs_checksum`): once, because the sum
/// includes what the field held before. False if there is no such place in the packet.
inline bool fill_in_checksum(const wire::VirtioNetHeader& virtio, MutableBytes packet) noexcept {
  const std::size_t at = virtio.checksum_start, field = at + virtio.checksum_offset;
  if (at < wire::Ipv6Header::size || field + 2 > packet.size()) return false;
  wire::Checksum sum;
  sum.add(packet.subspan(at));
  const bool udp = virtio.checksum_offset == wire::UdpHeader::checksum_offset;
  detail::finish(packet, field,
                 static_cast<std::uint8_t>(udp ? wire::IpProtocol::udp : wire::IpProtocol::tcp), sum);
  return true;
}

/// Cuts what was read from a TUN device into packets for the network, as the kernel would for a device that cannot do it: `virtio`
/// says how. Calls `f(Bytes header, MutableBytes payload)` for each: what follows its IPv6 header, complete with its checksum, in two
/// parts (the first empty for a packet that stays whole). `header` is valid during the call, `payload` is a part of `packet`, which
/// may be changed. Each packet has the hop-by-hop and destination options of the long one. For what is malformed, and behind other
/// extension headers, calls nothing. Never looks at `header_length`. No state; allocates nothing.
template <class F>
Cut cut(const wire::VirtioNetHeader& virtio, MutableBytes packet, F&& f) {
  using wire::VirtioNetHeader;
  const auto ip = wire::Ipv6Header::parse(packet);
  if (!ip) return Cut::malformed;
  const bool needs_checksum = (virtio.flags & VirtioNetHeader::needs_checksum) != 0;
  if (needs_checksum && virtio.checksum_start < wire::Ipv6Header::size) return Cut::malformed;

  if (!virtio.is_long()) {
    if (needs_checksum && !fill_in_checksum(virtio, packet)) return Cut::malformed;
    f(Bytes(), packet.subspan(wire::Ipv6Header::size));
    return Cut::done;
  }

  const bool tcp = virtio.gso() == VirtioNetHeader::gso_tcp6;
  const auto protocol = tcp ? wire::IpProtocol::tcp : wire::IpProtocol::udp;
  const auto behind = wire::skip_options(ip->next_header(), ip->payload());
  if ((!tcp && virtio.gso() != VirtioNetHeader::gso_udp) || virtio.gso_size == 0 ||
      behind.next_header != static_cast<std::uint8_t>(protocol) ||
      virtio.checksum_start != wire::Ipv6Header::size + behind.size)
    return Cut::malformed;
  const Bytes rest = ip->payload().subspan(behind.size);
  std::size_t header_size = wire::UdpHeader::size;
  if (tcp) {
    const auto header = wire::TcpHeader::parse(rest);
    if (!header) return Cut::malformed;
    header_size = header->size();
  } else if (!wire::UdpHeader::parse(rest)) {
    return Cut::malformed;
  }
  if (rest.size() == header_size) return Cut::malformed;  // nothing to cut
  if (behind.size + header_size > max_headers) return Cut::malformed;
  return detail::cut_segments(virtio, packet, *ip, tcp, behind.size, header_size, f);
}

}  // namespace ilnp::tun
