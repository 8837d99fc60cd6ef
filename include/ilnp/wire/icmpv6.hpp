#pragma once

#include "field.hpp"

namespace ilnp::wire {

/// The types of ICMPv6 that concern a host in a tunnel (RFC 4443).
enum class Icmpv6Type : std::uint8_t {
  unreachable = 1,
  too_big = 2,
  time_exceeded = 3,
  parameter_problem = 4,
  echo_request = 128,
  echo_reply = 129,
};

/// Why a packet did not reach its destination: codes of `Icmpv6Type::unreachable` (RFC 4443, section 3.1).
enum class Unreachable : std::uint8_t {
  no_route = 0,        ///< connect: ENETUNREACH
  prohibited = 1,      ///< EACCES
  address = 3,         ///< EHOSTUNREACH
  port = 4,            ///< ECONNREFUSED
  source_address = 5,  ///< EACCES
};

///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///   0 |     Type      |     Code      |           Checksum            |
///     +---------------+---------------+-------------------------------+
///   4 |       0; MTU of type 2; identifier and sequence of echo       |   then, of an error, the packet that caused it
///     +---------------------------------------------------------------+
///
/// A message of ICMPv6 (RFC 4443, section 2.1).
class Icmpv6Message {
 public:
  static constexpr std::size_t size = 8;
  static constexpr std::size_t checksum_offset = 2;  ///< where that field is

  /// Rejects what has no whole header.
  static Parsed<Icmpv6Message> parse(Bytes message) noexcept {
    if (message.size() < size) return Malformed::too_short;
    return Icmpv6Message(message);
  }

  std::uint8_t type() const noexcept { return load<std::uint8_t>(message_, 0); }
  std::uint8_t code() const noexcept { return load<std::uint8_t>(message_, 1); }
  /// Types below 128 are errors (RFC 4443, section 2.1).
  bool is_error() const noexcept { return type() < 128; }
  /// A request or a reply.
  bool is_echo() const noexcept {
    return type() == static_cast<std::uint8_t>(Icmpv6Type::echo_request) ||
           type() == static_cast<std::uint8_t>(Icmpv6Type::echo_reply);
  }
  /// The packet that an error quotes, or a part of it. Borrowed from the message.
  Bytes quoted() const noexcept { return message_.subspan(size); }

 private:
  explicit Icmpv6Message(Bytes message) noexcept : message_(message) {}
  Bytes message_;
};

/// The checksum is written as 0.
struct Icmpv6ErrorRepr {
  Icmpv6Type type = Icmpv6Type::unreachable;
  std::uint8_t code = 0;
  std::uint32_t mtu = 0;  ///< of `too_big`, octets

  /// Writes `Icmpv6Message::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, static_cast<std::uint8_t>(type));
    store(out, 1, code);
    store(out, 2, std::uint16_t{0});
    store(out, 4, mtu);
  }
};

}  // namespace ilnp::wire
