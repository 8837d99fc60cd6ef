#pragma once

#include "field.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------------------------------+-------------------------------+
///   0 |          Source port          |       Destination port        |
///     +-------------------------------+-------------------------------+
///   4 |                        Sequence number                        |
///   8 |                    Acknowledgement number                     |
///     +-------+-------+---------------+-------------------------------+
///  12 | Offset| Zero  |     Flags     |            Window             |
///     +-------+-------+---------------+-------------------------------+
///  16 |           Checksum            |        Urgent pointer         |   then options, to offset x 4
///     +-------------------------------+-------------------------------+
///
/// The header of TCP (RFC 9293, section 3.1): what has to be known to cut and to join segments.
class TcpHeader {
 public:
  static constexpr std::size_t min_size = 20;
  static constexpr std::size_t max_size = 60;
  static constexpr std::size_t sequence_offset = 4;   ///< where that field is
  static constexpr std::size_t flags_offset = 13;     ///< where those are
  static constexpr std::size_t checksum_offset = 16;  ///< where that field is
  static constexpr std::uint8_t fin = 0x01;           ///< the sender has no more
  static constexpr std::uint8_t syn = 0x02;           ///< opens a connection
  static constexpr std::uint8_t rst = 0x04;           ///< ends it at once
  static constexpr std::uint8_t psh = 0x08;           ///< the receiver should not wait for more
  static constexpr std::uint8_t ack = 0x10;           ///< the acknowledgement number is valid
  static constexpr std::uint8_t ece = 0x40;           ///< congestion was seen (RFC 3168)
  static constexpr std::uint8_t cwr = 0x80;           ///< the sender has slowed down (RFC 3168)

  /// Rejects a segment without a whole header.
  static Parsed<TcpHeader> parse(Bytes segment) noexcept {
    if (segment.size() < min_size) return Malformed::too_short;
    const TcpHeader header(segment);
    if (header.size() < min_size || header.size() > segment.size()) return Malformed::wrong_length;
    return header;
  }

  std::uint16_t source_port() const noexcept { return load<std::uint16_t>(segment_, 0); }
  std::uint16_t destination_port() const noexcept { return load<std::uint16_t>(segment_, 2); }
  std::uint32_t sequence() const noexcept { return load<std::uint32_t>(segment_, sequence_offset); }
  std::uint32_t acknowledgement() const noexcept { return load<std::uint32_t>(segment_, 8); }
  /// Of the header with its options, octets: 20 to 60.
  std::size_t size() const noexcept { return std::size_t{4} * (load<std::uint8_t>(segment_, 12) >> 4); }
  std::uint8_t flags() const noexcept { return load<std::uint8_t>(segment_, flags_offset); }
  /// One of the flags above.
  bool has(std::uint8_t flag) const noexcept { return (flags() & flag) != 0; }
  /// Borrowed from the segment.
  Bytes payload() const noexcept { return segment_.subspan(size()); }

 private:
  explicit TcpHeader(Bytes segment) noexcept : segment_(segment) {}
  Bytes segment_;
};

/// A reset (RFC 9293, section 3.10.7.1). Values; the checksum is written as 0.
struct TcpResetRepr {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool acknowledges = true;

  static constexpr std::size_t size = TcpHeader::min_size;
  /// Writes `size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, source_port);
    store(out, 2, destination_port);
    store(out, 4, sequence);
    store(out, 8, acknowledgement);
    store(out, 12, std::uint8_t{5 << 4});
    store(out, 13, static_cast<std::uint8_t>(TcpHeader::rst | (acknowledges ? TcpHeader::ack : 0)));
    store(out, 14, std::uint16_t{0});
    store(out, 16, std::uint32_t{0});
  }
};

/// What refuses a segment: in answer to one that `segment` is; its own are not answered.
inline TcpResetRepr reset_for(const TcpHeader& segment) noexcept {
  TcpResetRepr reset{segment.destination_port(), segment.source_port(), 0, 0, true};
  if (segment.has(TcpHeader::ack)) {
    reset.sequence = segment.acknowledgement();
    reset.acknowledges = false;
  } else {
    reset.acknowledgement = segment.sequence() + static_cast<std::uint32_t>(segment.payload().size()) +
                            segment.has(TcpHeader::syn) + segment.has(TcpHeader::fin);
  }
  return reset;
}

}  // namespace ilnp::wire
