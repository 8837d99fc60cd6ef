#pragma once

#include "field.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +---------------+-----------------------------------------------+
///   0 |   Kind = 6    |              Zero (ignored)                   |
///     +---------------+-----------------------------------------------+
///
/// Goodbye: "this node is shutting down" (docs/wire-formats.md, "Goodbye"). Goes to STP port 0, like the messages of
/// wire/fragment.hpp: a node that does not know it drops it, because no program can use that port.
class Goodbye {
 public:
  static constexpr std::size_t size = 4;
  static constexpr std::uint8_t kind = 6;  ///< the first octet

  /// Rejects another kind and another length.
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
