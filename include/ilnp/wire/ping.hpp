#pragma once

#include "../base/address.hpp"
#include "field.hpp"

namespace ilnp::wire {

/// The first octet of a message.
enum class PingKind : std::uint8_t { ping = 4, reply = 5 };

/// Why a ping is answered.
enum class PingCode : std::uint8_t {
  reached = 0,  ///< by the node that it was for
  expired = 1,  ///< by a forwarder, which dropped it because its hop limit was 0
};

///      0                   1                   2                   3
///     +---------------+---------------+---------------+---------------+
///   0 | Kind = 4 or 5 |     Code      |   Hop limit   |Zero (ignored) |
///     +---------------+---------------+---------------+---------------+
///   4 |                       Identifier (64)                         |
///  12 |               Source locator of the ping (64)                 |
///  20 |             Destination locator of the ping (64)              |
///  28 |           Interface on which the ping arrived (64)            |
///     +---------------------------------------------------------------+
///
/// A ping (kind 4), and the reply to one (kind 5); see docs/wire-formats.md, "Ping". In a ping, all but the kind and the identifier
/// is zero and ignored: it is as long as its reply, so that a reply is never longer than what caused it. Goes to STP port 0, like
/// the messages of wire/fragment.hpp.
class PingMessage {
 public:
  static constexpr std::size_t size = 36;

  /// Rejects another kind, another length, and a reply with an unknown code.
  static Parsed<PingMessage> parse(Bytes payload) noexcept {
    if (payload.empty()) return Malformed::too_short;
    const PingMessage message(payload);
    if (message.kind() != PingKind::ping && message.kind() != PingKind::reply) return Malformed::unknown_type;
    if (payload.size() < size) return Malformed::too_short;
    if (payload.size() > size) return Malformed::wrong_length;
    if (message.kind() == PingKind::reply && message.code() != PingCode::reached &&
        message.code() != PingCode::expired)
      return Malformed::unknown_type;
    return message;
  }

  PingKind kind() const noexcept { return static_cast<PingKind>(load<std::uint8_t>(payload_, 0)); }
  std::uint64_t identifier() const noexcept { return load<std::uint64_t>(payload_, 4); }

  // Of a reply: what the replying node saw.

  PingCode code() const noexcept { return static_cast<PingCode>(load<std::uint8_t>(payload_, 1)); }
  /// With which the ping arrived.
  std::uint8_t hop_limit() const noexcept { return load<std::uint8_t>(payload_, 2); }
  Locator source() const noexcept { return Locator(load<std::uint64_t>(payload_, 12)); }
  Locator destination() const noexcept { return Locator(load<std::uint64_t>(payload_, 20)); }
  Locator interface() const noexcept { return Locator(load<std::uint64_t>(payload_, 28)); }

 private:
  explicit PingMessage(Bytes payload) noexcept : payload_(payload) {}
  Bytes payload_;
};

struct PingRepr {
  std::uint64_t identifier = 0;

  /// Writes `PingMessage::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, std::uint32_t{static_cast<std::uint8_t>(PingKind::ping)} << 24);
    store(out, 4, identifier);
    for (std::size_t at = 12; at < PingMessage::size; at += 8) store(out, at, std::uint64_t{0});
  }
};

struct PingReplyRepr {
  PingCode code = PingCode::reached;
  std::uint8_t hop_limit = 0;
  std::uint64_t identifier = 0;
  Locator source;
  Locator destination;
  Locator interface;

  /// Writes `PingMessage::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0,
          std::uint32_t{static_cast<std::uint8_t>(PingKind::reply)} << 24 |
              std::uint32_t{static_cast<std::uint8_t>(code)} << 16 | std::uint32_t{hop_limit} << 8);
    store(out, 4, identifier);
    store(out, 12, source.value());
    store(out, 20, destination.value());
    store(out, 28, interface.value());
  }
};

}  // namespace ilnp::wire
