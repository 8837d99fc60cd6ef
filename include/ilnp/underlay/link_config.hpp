#pragma once

#include <cstdint>
#include <string>

namespace ilnp {

/// Several frames may leave in one buffer, a train, that the kernel or the device cuts apart (UDP GSO): if nothing speaks
/// against it, or never.
enum class Segmentation : std::uint8_t { automatic, off };

/// What the multicast underlay is told at start (section [link] of the .ini).
struct LinkConfig {
  static constexpr std::size_t max_buffer_size = 65507;  ///< one datagram, of UDP over IPv4 even

  std::uint16_t mcast_port = 0;    ///< the same on all nodes of the overlay
  std::string mcast_interface;     ///< network interface, by name
  std::size_t buffer_size = 1440;  ///< the largest frame, octets
  std::uint16_t user_id = 0;       ///< `U` in the group address: nodes with different ones do not meet
  bool mcast_loop = true;          ///< other nodes on this host hear what this one sends
  Segmentation segmentation = Segmentation::automatic;
};

}  // namespace ilnp
