#pragma once

#include "field.hpp"

namespace ilnp::wire {

/// The header in front of each packet of a TUN device that has IFF_VNET_HDR (Linux, virtio_net.h), little-endian:
///
///      0        1          2           4           6            8
///     +-------+----------+-----------+-----------+------------+-------------+
///     | Flags | GSO type |  hdr_len  | gso_size  | csum_start | csum_offset |
///     +-------+----------+-----------+-----------+------------+-------------+
///
/// A packet with a GSO type is longer than the network allows, and whoever sends it on cuts it. Plain values.
struct VirtioNetHeader {
  static constexpr std::size_t size = 10;
  static constexpr std::uint8_t needs_checksum =
      1;  ///< of `flags`: the checksum field has the pseudo-header's sum only
  static constexpr std::uint8_t gso_none = 0;    ///< of `gso_type`: a single packet
  static constexpr std::uint8_t gso_tcp6 = 4;    ///< a TCP segment to be cut
  static constexpr std::uint8_t gso_udp = 5;     ///< UDP datagrams in a row, of `gso_size` each but the last
  static constexpr std::uint8_t gso_ecn = 0x80;  ///< added to the type: CWR is set

  std::uint8_t flags = 0;
  std::uint8_t gso_type = gso_none;
  std::uint16_t header_length = 0;    ///< hdr_len: a hint; what the kernel writes there means nothing
  std::uint16_t gso_size = 0;         ///< payload of each packet, octets
  std::uint16_t checksum_start = 0;   ///< from the beginning of the packet
  std::uint16_t checksum_offset = 0;  ///< of the checksum field, from there

  /// The type without what is added to it.
  constexpr std::uint8_t gso() const noexcept { return gso_type & static_cast<std::uint8_t>(~gso_ecn); }
  /// It is to be cut.
  constexpr bool is_long() const noexcept { return gso() != gso_none; }

  /// Reads `size` octets; there must be as many.
  static VirtioNetHeader parse(Bytes octets) noexcept {
    const auto word = [&](std::size_t at) {
      return boost::endian::endian_load<std::uint16_t, 2, boost::endian::order::little>(
          reinterpret_cast<const unsigned char*>(octets.data() + at));
    };
    return {load<std::uint8_t>(octets, 0), load<std::uint8_t>(octets, 1), word(2), word(4), word(6), word(8)};
  }
  /// Writes `size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, flags);
    store(out, 1, gso_type);
    store_little(out, 2, header_length);
    store_little(out, 4, gso_size);
    store_little(out, 6, checksum_start);
    store_little(out, 8, checksum_offset);
  }
};

}  // namespace ilnp::wire
