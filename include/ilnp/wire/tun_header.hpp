#pragma once

#include "icmpv6.hpp"
#include "ipv6_header.hpp"
#include "tcp_header.hpp"
#include "udp_header.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +-------+-----+-+---------------+---------------+---------------+
///   0 |Kind 1 |  0  |P|  Next header  | Traffic class |   Hop limit   |   then all that followed the IPv6 header
///     +-------+-----+-+---------------+---------------+---------------+
///
/// An IPv6 packet in a tunnel (docs/wire-formats.md, "Tunnelled packets"): next header 47 of the network layer. The addresses are
/// those of the network header, under the prefix of the network. P: the checksum is partial.
class TunHeader {
 public:
  static constexpr std::size_t size = 4;
  static constexpr std::uint8_t kind = 1;          ///< the upper half of the first octet
  static constexpr std::uint8_t partial_flag = 1;  ///< P, in the lower half

  /// Rejects other kinds and flags, and a payload that is shorter than its next header says at least.
  static Parsed<TunHeader> parse(Bytes payload) noexcept {
    if (payload.size() < size) return Malformed::too_short;
    if ((load<std::uint8_t>(payload, 0) & ~partial_flag) != kind << 4) return Malformed::unknown_type;
    const TunHeader header(payload);
    if (header.rest().size() < least(header.next_header())) return Malformed::too_short;
    return header;
  }

  bool partial() const noexcept { return (load<std::uint8_t>(payload_, 0) & partial_flag) != 0; }
  std::uint8_t next_header() const noexcept { return load<std::uint8_t>(payload_, 1); }
  std::uint8_t traffic_class() const noexcept { return load<std::uint8_t>(payload_, 2); }
  std::uint8_t hop_limit() const noexcept { return load<std::uint8_t>(payload_, 3); }
  /// What followed the IPv6 header. Borrowed.
  Bytes rest() const noexcept { return payload_.subspan(size); }

  /// The shortest thing of this protocol, octets.
  static constexpr std::size_t least(std::uint8_t next_header) noexcept {
    switch (IpProtocol{next_header}) {
      case IpProtocol::tcp:
        return TcpHeader::min_size;
      case IpProtocol::udp:
        return UdpHeader::size;
      case IpProtocol::icmpv6:
        return Icmpv6Message::size;
      default:
        return 0;
    }
  }

 private:
  explicit TunHeader(Bytes payload) noexcept : payload_(payload) {}
  Bytes payload_;
};

struct TunHeaderRepr {
  std::uint8_t next_header = 0;
  std::uint8_t traffic_class = 0;
  std::uint8_t hop_limit = 64;
  bool partial = false;

  /// Writes `TunHeader::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0,
          static_cast<std::uint32_t>(TunHeader::kind << 4 | (partial ? TunHeader::partial_flag : 0)) << 24 |
              std::uint32_t{next_header} << 16 | std::uint32_t{traffic_class} << 8 | hop_limit);
  }
};

///     +-------+-------+---------------+-------------------------------+
///   0 |Kind 4 |   0   |     Code      |        Zero (ignored)         |
///     +-------+-------+---------------+-------------------------------+
///
/// A refusal (docs/wire-formats.md, "Tunnelled packets"): the node does not let packets of this one in. Next header 47.
class TunRefusal {
 public:
  static constexpr std::size_t size = 4;
  static constexpr std::uint8_t kind = 4;         ///< the upper half of the first octet
  static constexpr std::uint8_t not_allowed = 1;  ///< the only code

  /// Rejects everything else.
  static Parsed<TunRefusal> parse(Bytes payload) noexcept {
    if (payload.size() < size) return Malformed::too_short;
    if (load<std::uint8_t>(payload, 0) != kind << 4 || load<std::uint8_t>(payload, 1) != not_allowed)
      return Malformed::unknown_type;
    if (payload.size() > size) return Malformed::wrong_length;
    return TunRefusal();
  }

 private:
  TunRefusal() noexcept = default;
};

struct TunRefusalRepr {
  /// Writes `TunRefusal::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, std::uint32_t{TunRefusal::kind} << 28 | std::uint32_t{TunRefusal::not_allowed} << 16);
  }
};

}  // namespace ilnp::wire
