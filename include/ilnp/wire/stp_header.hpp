#pragma once

#include "field.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +-------------------------------+-------------------------------+
///   0 |          Source port          |       Destination port        |   then the payload, to the end
///     +-------------------------------+-------------------------------+
///
/// The header of the skinny transport protocol (docs/wire-formats.md, "Skinny transport protocol"): unreliable and
/// unordered, like UDP.
class StpHeader {
 public:
  static constexpr std::size_t size = 4;

  static Parsed<StpHeader> parse(Bytes packet) noexcept {
    if (packet.size() < size) return Malformed::too_short;
    return StpHeader(packet);
  }

  std::uint16_t source_port() const noexcept { return load<std::uint16_t>(packet_, 0); }
  std::uint16_t destination_port() const noexcept { return load<std::uint16_t>(packet_, 2); }
  /// Borrowed from the packet.
  Bytes payload() const noexcept { return packet_.subspan(size); }

 private:
  explicit StpHeader(Bytes packet) noexcept : packet_(packet) {}
  Bytes packet_;
};

struct StpHeaderRepr {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;

  /// Writes `StpHeader::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, std::uint32_t{source_port} << 16 | destination_port);
  }
};

}  // namespace ilnp::wire
