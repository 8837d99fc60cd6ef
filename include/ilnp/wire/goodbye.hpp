#pragma once

#include "parsed.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +---------------+-----------------------------------------------+
///   0 |   Kind = 6    |              Zero (not looked at)             |
///     +---------------+-----------------------------------------------+
///
/// Goodbye: "this node shuts down" (docs/wire-formats.md, "Goodbye"). Goes to STP port 0, as the messages about long datagrams (wire/fragment.hpp) do:
/// who does not know it drops it, for no program can have that port.
class Goodbye {
 public:
  static constexpr std::size_t size = 4;
  static constexpr std::uint8_t kind = 6;

  /// Refuses another kind, and what is longer or shorter.
  static Parsed<Goodbye> parse(Bytes payload) noexcept {
    if (payload.empty()) return Malformed::too_short;
    if (load<std::uint8_t>(payload, 0) != kind) return Malformed::unknown_type;
    if (payload.size() < size) return Malformed::too_short;
    if (payload.size() > size) return Malformed::wrong_length;
    return Goodbye();
  }

 private:
  Goodbye() noexcept = default;
};

struct GoodbyeRepr {
  /// Writes `Goodbye::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept { store(out, 0, std::uint32_t{Goodbye::kind} << 24); }
};

}  // namespace ilnp::wire
