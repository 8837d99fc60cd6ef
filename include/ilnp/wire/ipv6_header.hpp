#pragma once

#include "../base/address.hpp"
#include "field.hpp"

namespace ilnp::wire {

/// IP protocol numbers (IANA), as next headers of IPv6 packets.
enum class IpProtocol : std::uint8_t {
  hop_by_hop = 0,
  tcp = 6,
  udp = 17,
  routing = 43,
  fragment = 44,
  authentication = 51,
  icmpv6 = 58,
  destination_options = 60,
};

/// An address: a prefix, and the identifier of an interface.
struct Ipv6Address {
  std::uint64_t prefix = 0;
  std::uint64_t interface = 0;

  friend bool operator==(const Ipv6Address&, const Ipv6Address&) = default;
};

///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------+---------------+---------------------------------------+
///   0 |Version| Traffic class |             Flow label                |
///     +-------+---------------+-------+---------------+---------------+
///   4 |        Payload length         |  Next header  |   Hop limit   |
///     +-------------------------------+---------------+---------------+
///   8 |                     Source address (128)                      |
///  24 |                   Destination address (128)                   |
///     +---------------------------------------------------------------+
///
/// The IPv6 header (RFC 8200, section 3).
class Ipv6Header {
 public:
  static constexpr std::size_t size = 40;

  /// Rejects another version, and a payload length that differs from what follows the header.
  static Parsed<Ipv6Header> parse(Bytes packet) noexcept {
    if (packet.size() < size) return Malformed::too_short;
    if (load<std::uint8_t>(packet, 0) >> 4 != 6) return Malformed::unknown_type;
    if (load<std::uint16_t>(packet, 4) != packet.size() - size) return Malformed::wrong_length;
    return Ipv6Header(packet);
  }

  /// DSCP and ECN.
  std::uint8_t traffic_class() const noexcept {
    return static_cast<std::uint8_t>(load<std::uint16_t>(packet_, 0) >> 4);
  }
  std::uint8_t next_header() const noexcept { return load<std::uint8_t>(packet_, 6); }
  std::uint8_t hop_limit() const noexcept { return load<std::uint8_t>(packet_, 7); }
  /// Of the sender.
  Ipv6Address source() const noexcept {
    return {load<std::uint64_t>(packet_, 8), load<std::uint64_t>(packet_, 16)};
  }
  /// Of the receiver.
  Ipv6Address destination() const noexcept {
    return {load<std::uint64_t>(packet_, 24), load<std::uint64_t>(packet_, 32)};
  }
  /// Both addresses, as a pseudo-header begins. Borrowed from the packet.
  Bytes addresses() const noexcept { return packet_.subspan(8, 32); }
  /// Borrowed from the packet.
  Bytes payload() const noexcept { return packet_.subspan(size); }

 private:
  explicit Ipv6Header(Bytes packet) noexcept : packet_(packet) {}
  Bytes packet_;
};

/// The header of a packet that an ICMPv6 error quotes, perhaps not as a whole. The same format.
class QuotedIpv6Header {
 public:
  /// Rejects what has no whole header, and another version.
  static Parsed<QuotedIpv6Header> parse(Bytes packet) noexcept {
    if (packet.size() < Ipv6Header::size) return Malformed::too_short;
    if (load<std::uint8_t>(packet, 0) >> 4 != 6) return Malformed::unknown_type;
    return QuotedIpv6Header(packet);
  }

  /// Of the sender.
  Ipv6Address source() const noexcept {
    return {load<std::uint64_t>(packet_, 8), load<std::uint64_t>(packet_, 16)};
  }
  /// Of the receiver.
  Ipv6Address destination() const noexcept {
    return {load<std::uint64_t>(packet_, 24), load<std::uint64_t>(packet_, 32)};
  }

 private:
  explicit QuotedIpv6Header(Bytes packet) noexcept : packet_(packet) {}
  Bytes packet_;
};

struct Ipv6HeaderRepr {
  std::uint8_t traffic_class = 0;
  std::uint16_t payload_length = 0;
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 64;
  Ipv6Address source;
  Ipv6Address destination;

  /// Writes `Ipv6Header::size` octets to the front of `out`; the flow label is 0.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0,
          std::uint64_t{6} << 60 | std::uint64_t{traffic_class} << 52 | std::uint64_t{payload_length} << 16 |
              std::uint64_t{next_header} << 8 | hop_limit);
    store(out, 8, source.prefix);
    store(out, 16, source.interface);
    store(out, 24, destination.prefix);
    store(out, 32, destination.interface);
  }
};

/// Of an extension header whose second octet says how long it is, octets (RFC 8200, section 4.3; RFC 4302, section 2.2). There must be
/// two of them.
inline std::size_t extension_size(std::uint8_t next_header, Bytes header) noexcept {
  const std::size_t length = load<std::uint8_t>(header, 1);
  return next_header == static_cast<std::uint8_t>(IpProtocol::authentication) ? 4 * (length + 2)
                                                                              : 8 * (length + 1);
}

/// What follows the hop-by-hop and destination options of a packet.
struct BehindOptions {
  std::uint8_t next_header = 0;  ///< of what follows; of options that are not there as a whole: theirs
  std::size_t size = 0;          ///< of the options, octets
};
/// Skips options, if there are any. `rest` is what follows the IPv6 header, with `next_header`.
inline BehindOptions skip_options(std::uint8_t next_header, Bytes rest) noexcept {
  std::size_t at = 0;
  while (next_header == static_cast<std::uint8_t>(IpProtocol::hop_by_hop) ||
         next_header == static_cast<std::uint8_t>(IpProtocol::destination_options)) {
    if (rest.size() - at < 2) break;
    const std::size_t size = extension_size(next_header, rest.subspan(at));
    if (rest.size() - at < size) break;
    next_header = load<std::uint8_t>(rest, at);
    at += size;
  }
  return {next_header, at};
}

/// Rewrites the payload length of an IPv6 header.
inline void set_payload_length(MutableBytes header, std::uint16_t length) noexcept {
  store(header, 4, length);
}

}  // namespace ilnp::wire
