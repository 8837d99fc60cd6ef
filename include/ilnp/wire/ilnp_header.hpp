#pragma once

#include "../base/address.hpp"
#include "field.hpp"

namespace ilnp::wire {

/// Next header values of the overlay (docs/wire-formats.md, "Network header"). The last four are reserved
/// for what their names say: secured packets, the handshake that precedes them, and IP packets in tunnels.
enum class NextHeader : std::uint8_t {
  stp = 42,
  discovery = 43,
  locator_update = 44,
  secured_stp = 45,
  handshake = 46,
  tunnel = 47,
  secured_tunnel = 48,
};

///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------+---------------+---------------------------------------+
///   0 |Version| Traffic class |             Flow label                |   all zero; ignored on receipt
///     +-------+---------------+-------+---------------+---------------+
///   4 |        Payload length         |  Next header  |   Hop limit   |
///     +-------------------------------+---------------+---------------+
///   8 |                        Source locator (64)                    |
///  16 |                   Source node identifier (64)                 |
///  24 |                     Destination locator (64)                  |
///  32 |                Destination node identifier (64)               |
///     +---------------------------------------------------------------+
///
/// The network layer's header, laid out like IPv6's (RFC 8200, section 3; RFC 6741, section 3.1).
class IlnpHeader {
 public:
  static constexpr std::size_t size = 40;
  static constexpr std::size_t next_header_offset = 6;  ///< where that field is, for filters

  /// Rejects a frame that is shorter than the header, or whose payload length differs from what follows it.
  static Parsed<IlnpHeader> parse(Bytes frame) noexcept {
    if (frame.size() < size) return Malformed::too_short;
    if (load<std::uint16_t>(frame, 4) != frame.size() - size) return Malformed::wrong_length;
    return IlnpHeader(frame);
  }

  std::uint8_t next_header() const noexcept { return load<std::uint8_t>(frame_, next_header_offset); }
  std::uint8_t hop_limit() const noexcept { return load<std::uint8_t>(frame_, 7); }
  /// The two fields of the source.
  Ilv source() const noexcept {
    return {Locator(load<std::uint64_t>(frame_, 8)), Nid(load<std::uint64_t>(frame_, 16))};
  }
  /// The two fields of the destination.
  Ilv destination() const noexcept {
    return {Locator(load<std::uint64_t>(frame_, 24)), Nid(load<std::uint64_t>(frame_, 32))};
  }
  /// Next header, hop limit and addresses as they are in the frame. Packets that share all of them take the same path.
  /// Borrowed from the frame.
  std::span<const std::byte, 34> path() const noexcept { return frame_.subspan<6, 34>(); }
  /// Borrowed from the frame.
  Bytes payload() const noexcept { return frame_.subspan(size); }
  /// All octets that were parsed. Borrowed.
  Bytes frame() const noexcept { return frame_; }

 private:
  explicit IlnpHeader(Bytes frame) noexcept : frame_(frame) {}
  Bytes frame_;
};

/// The values of a network header, to write in front of a payload.
struct IlnpHeaderRepr {
  std::uint16_t payload_length = 0;
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 0;
  Ilv source;
  Ilv destination;

  static constexpr std::size_t size() noexcept { return IlnpHeader::size; }
  /// Writes `size()` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    // One word, so that code that copies the header in words need not wait for its parts.
    store(out, 0, std::uint64_t{payload_length} << 16 | std::uint64_t{next_header} << 8 | hop_limit);
    store(out, 8, source.locator.value());
    store(out, 16, source.nid.value());
    store(out, 24, destination.locator.value());
    store(out, 32, destination.nid.value());
  }
};

/// Rewrites the hop limit of a parsed frame in place.
inline void set_hop_limit(MutableBytes frame, std::uint8_t hop_limit) noexcept { store(frame, 7, hop_limit); }

}  // namespace ilnp::wire
