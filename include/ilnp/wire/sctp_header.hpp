#pragma once

#include "field.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +-------------------------------+-------------------------------+
///   0 |          Source port          |       Destination port        |
///     +-------------------------------+-------------------------------+
///   4 |                       Verification tag                        |
///     +---------------------------------------------------------------+
///   8 |                       Checksum (CRC32c)                       |
///     +---------------+-----------------------------------------------+
///  12 |  Chunk type   |   the rest of the first chunk, and the others, to the end
///     +---------------+-----------------------------------------------+
///
/// The beginning of an SCTP packet (RFC 9260, section 3): enough to find the association. `SctpPacket` checks the rest.
class SctpHeader {
 public:
  static constexpr std::size_t size = 12;         ///< of the common header
  static constexpr std::size_t chunk_header = 4;  ///< minimum size of a chunk
  static constexpr std::uint8_t init = 1;         ///< the type of the chunk that requests an association

  static Parsed<SctpHeader> parse(Bytes packet) noexcept {
    if (packet.size() < size + chunk_header) return Malformed::too_short;
    return SctpHeader(packet);
  }

  std::uint16_t source_port() const noexcept { return load<std::uint16_t>(packet_, 0); }
  std::uint16_t destination_port() const noexcept { return load<std::uint16_t>(packet_, 2); }
  std::uint32_t verification_tag() const noexcept { return load<std::uint32_t>(packet_, 4); }
  std::uint8_t first_chunk() const noexcept { return load<std::uint8_t>(packet_, size); }
  /// The whole packet.
  Bytes packet() const noexcept { return packet_; }

 private:
  explicit SctpHeader(Bytes packet) noexcept : packet_(packet) {}
  Bytes packet_;
};

}  // namespace ilnp::wire
