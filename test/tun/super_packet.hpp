// Long packets as a TUN device gives and takes them, cut and joined.
#pragma once

#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

#include "ilnp/tun/cutter.hpp"
#include "ilnp/tun/joiner.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test {

using wire::IpProtocol;
using wire::VirtioNetHeader;

/// What follows the IPv6 header, of each packet that `read` (with its virtio header) is cut into.
inline std::vector<Octets> cut_all(Octets read, tun::Cut expected = tun::Cut::done) {
  std::vector<Octets> parts;
  const auto virtio = VirtioNetHeader::parse(read);
  const auto result = tun::cut(virtio, MutableBytes(read).subspan(VirtioNetHeader::size),
                               [&](Bytes header, MutableBytes payload) {
                                 Octets part(header.begin(), header.end());
                                 part.insert(part.end(), payload.begin(), payload.end());
                                 parts.push_back(std::move(part));
                               });
  BOOST_TEST((result == expected));
  return parts;
}

/// The IPv6 packet around such a part of `read`.
inline Octets packet_of(const Octets& read, const Octets& part) {
  Octets packet(read.begin() + VirtioNetHeader::size,
                read.begin() + VirtioNetHeader::size + wire::Ipv6Header::size);
  wire::set_payload_length(packet, static_cast<std::uint16_t>(part.size()));
  packet.insert(packet.end(), part.begin(), part.end());
  return packet;
}

inline bool checksum_holds(Bytes packet) {
  const auto ip = wire::Ipv6Header::parse(packet);
  const auto behind = wire::skip_options(ip->next_header(), ip->payload());
  const Bytes rest = ip->payload().subspan(behind.size);
  wire::Checksum sum;
  sum.add(ip->addresses());
  sum.add_pseudo(static_cast<std::uint32_t>(rest.size()), behind.next_header);
  sum.add(rest);
  return sum.folded() == 0xffff;
}

/// All that a joiner writes of these packets, each with its virtio header.
inline std::vector<Octets> join_all(tun::Joiner& joiner, const std::vector<Octets>& packets) {
  std::vector<Octets> writes;
  const auto out = [&](const VirtioNetHeader& virtio, Bytes head, std::span<const Bytes> parts) {
    Octets write(VirtioNetHeader::size);
    virtio.write_to(write);
    write.insert(write.end(), head.begin(), head.end());
    for (const Bytes part : parts) write.insert(write.end(), part.begin(), part.end());
    writes.push_back(std::move(write));
  };
  for (const Octets& packet : packets)
    joiner.push(to_host_of(packet), Bytes(packet).subspan(wire::Ipv6Header::size), out);
  joiner.flush(out);
  return writes;
}
inline std::vector<Octets> join_all(const std::vector<Octets>& packets) {
  tun::Joiner joiner;
  return join_all(joiner, packets);
}

struct Flow {
  std::uint16_t port = 7000;
  std::size_t header_size = 32;
  std::uint8_t traffic_class = 0;
  std::uint8_t hop_limit = 64;
  Octets options = {};  ///< of IPv6: destination options, whose next header is filled in
};

/// A super-packet of random octets, as the kernel gives it.
inline Octets super_packet(IpProtocol protocol, std::size_t payload, std::size_t gso_size,
                           std::uint32_t sequence, std::uint8_t flags, std::mt19937& random,
                           const Flow& flow = {}) {
  const bool tcp = protocol == IpProtocol::tcp;
  const std::size_t header_size = tcp ? flow.header_size : wire::UdpHeader::size;
  const std::size_t options = flow.options.size();
  Octets read(VirtioNetHeader::size + wire::Ipv6Header::size + options + header_size + payload);
  for (auto& octet : read) octet = static_cast<std::byte>(random());
  const auto length = static_cast<std::uint16_t>(header_size + payload);
  const MutableBytes packet = MutableBytes(read).subspan(VirtioNetHeader::size);
  const IpProtocol first = options == 0 ? protocol : IpProtocol::destination_options;
  wire::Ipv6HeaderRepr{flow.traffic_class,
                       static_cast<std::uint16_t>(options + length),
                       static_cast<std::uint8_t>(first),
                       flow.hop_limit,
                       {1, 2},
                       {1, 3}}
      .write_to(packet);
  if (options != 0) {
    std::copy(flow.options.begin(), flow.options.end(), packet.begin() + wire::Ipv6Header::size);
    wire::store(packet, wire::Ipv6Header::size, static_cast<std::uint8_t>(protocol));
  }
  const MutableBytes transport = packet.subspan(wire::Ipv6Header::size + options);
  wire::store(transport, 0, std::uint32_t{flow.port} << 16 | 7);
  if (tcp) {
    wire::store(transport, 4, sequence);
    wire::store(transport, 12, static_cast<std::uint8_t>(header_size / 4 << 4));
    wire::store(transport, 13, flags);
  } else {
    wire::store(transport, 4, length);
  }
  const std::size_t field = tcp ? 16 : 6;
  wire::Checksum pseudo;
  pseudo.add(Bytes(packet).subspan(8, 32));
  pseudo.add_pseudo(length, static_cast<std::uint8_t>(protocol));
  wire::store(transport, field, pseudo.folded());
  const bool long_one = payload > gso_size;
  VirtioNetHeader{
      VirtioNetHeader::needs_checksum,
      long_one ? tcp ? VirtioNetHeader::gso_tcp6 : VirtioNetHeader::gso_udp : VirtioNetHeader::gso_none,
      static_cast<std::uint16_t>(long_one ? 40 + options + header_size : 0),
      static_cast<std::uint16_t>(long_one ? gso_size : 0),
      static_cast<std::uint16_t>(40 + options),
      static_cast<std::uint16_t>(field)}
      .write_to(read);
  return read;
}

/// Destination options of `size` octets, a multiple of 8: padding.
inline Octets padding_options(std::size_t size) {
  Octets options(size);
  if (size == 0) return options;
  options[1] = static_cast<std::byte>(size / 8 - 1);
  std::size_t at = 2;
  while (size - at > 1) {  // PadN, with as much as fits
    const std::size_t length = std::min<std::size_t>(size - at - 2, 5);
    options[at] = std::byte{1};
    options[at + 1] = static_cast<std::byte>(length);
    at += 2 + length;
  }
  return options;  // the last octet may be a Pad1
}

inline std::vector<Octets> packets_of(const Octets& read) {
  std::vector<Octets> packets;
  for (const Octets& part : cut_all(read)) packets.push_back(packet_of(read, part));
  return packets;
}

}  // namespace ilnp::test
