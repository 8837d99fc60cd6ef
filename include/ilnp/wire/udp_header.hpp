#pragma once

#include "field.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +-------------------------------+-------------------------------+
///   0 |          Source port          |       Destination port        |
///     +-------------------------------+-------------------------------+
///   4 |            Length             |           Checksum            |   then the payload
///     +-------------------------------+-------------------------------+
///
/// The header of UDP (RFC 768). Over IPv6 it has a checksum.
class UdpHeader {
 public:
  static constexpr std::size_t size = 8;
  static constexpr std::size_t length_offset = 4;    ///< where that field is
  static constexpr std::size_t checksum_offset = 6;  ///< where that field is

  /// Rejects a datagram without a whole header. The length is not compared: a super-packet has that of the whole.
  static Parsed<UdpHeader> parse(Bytes datagram) noexcept {
    if (datagram.size() < size) return Malformed::too_short;
    return UdpHeader(datagram);
  }

  std::uint16_t source_port() const noexcept { return load<std::uint16_t>(datagram_, 0); }
  std::uint16_t destination_port() const noexcept { return load<std::uint16_t>(datagram_, 2); }
  std::uint16_t length() const noexcept { return load<std::uint16_t>(datagram_, length_offset); }
  std::uint16_t checksum() const noexcept { return load<std::uint16_t>(datagram_, checksum_offset); }
  /// Borrowed from the datagram.
  Bytes payload() const noexcept { return datagram_.subspan(size); }

 private:
  explicit UdpHeader(Bytes datagram) noexcept : datagram_(datagram) {}
  Bytes datagram_;
};

/// The checksum is written as 0.
struct UdpHeaderRepr {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t length = 0;  ///< of the header and the payload

  /// Writes `UdpHeader::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, source_port);
    store(out, 2, destination_port);
    store(out, 4, std::uint32_t{length} << 16);
  }
};

}  // namespace ilnp::wire
