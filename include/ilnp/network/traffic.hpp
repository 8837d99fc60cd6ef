#pragma once

#include <cstddef>
#include <cstdint>

namespace ilnp {

/// Packets, and the octets of their payloads.
struct Traffic {
  std::uint64_t packets = 0;  ///< how many
  std::uint64_t octets = 0;   ///< of their payloads, without network headers

  /// One more packet, with a payload of `size` octets.
  void count(std::size_t size) noexcept {
    ++packets;
    octets += size;
  }
  /// Adds `more` to it.
  Traffic& operator+=(const Traffic& more) noexcept {
    packets += more.packets;
    octets += more.octets;
    return *this;
  }
  friend bool operator==(const Traffic&, const Traffic&) noexcept = default;
};

}  // namespace ilnp
