#pragma once

#include <algorithm>

#include "field.hpp"

namespace ilnp::wire {

/// The first octet of a message.
enum class TunProbeKind : std::uint8_t { probe = 7, reply = 8 };

///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///   0 | Kind = 7 or 8 |  Version = 1  |        Longest packet         |
///     +---------------+---------------+-------------------------------+
///   4 |                             Nonce                             |
///     +---------------------------------------------------------------+
///   8 |  zeros (ignored) up to the length that is tried
///
/// A length probe, and the reply to one, of nodes that tunnel packets (docs/wire-formats.md, "Length probes"). Goes to STP port 0, which
/// no program can use, so a node that does not know it drops it. A reply is as long as its probe.
class TunProbe {
 public:
  static constexpr std::size_t min_size = 8;
  static constexpr std::uint8_t version = 1;  ///< the only one

  /// Rejects another kind or version.
  static Parsed<TunProbe> parse(Bytes payload) noexcept {
    if (payload.empty()) return Malformed::too_short;
    const TunProbe message(payload);
    if (message.kind() != TunProbeKind::probe && message.kind() != TunProbeKind::reply)
      return Malformed::unknown_type;
    if (payload.size() < min_size) return Malformed::too_short;
    if (load<std::uint8_t>(payload, 1) != version) return Malformed::unknown_type;
    return message;
  }

  TunProbeKind kind() const noexcept { return static_cast<TunProbeKind>(load<std::uint8_t>(payload_, 0)); }
  /// The longest IPv6 packet that its sender takes, octets.
  std::uint16_t longest() const noexcept { return load<std::uint16_t>(payload_, 2); }
  std::uint32_t nonce() const noexcept { return load<std::uint32_t>(payload_, 4); }
  /// Of the whole message, octets.
  std::size_t size() const noexcept { return payload_.size(); }

 private:
  explicit TunProbe(Bytes payload) noexcept : payload_(payload) {}
  Bytes payload_;
};

struct TunProbeRepr {
  TunProbeKind kind = TunProbeKind::probe;
  std::uint16_t longest = 0;
  std::uint32_t nonce = 0;

  /// Fills `out`, at least `TunProbe::min_size` octets.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0,
          std::uint32_t{static_cast<std::uint8_t>(kind)} << 24 | std::uint32_t{TunProbe::version} << 16 |
              longest);
    store(out, 4, nonce);
    std::fill(out.begin() + TunProbe::min_size, out.end(), std::byte{});
  }
};

}  // namespace ilnp::wire
