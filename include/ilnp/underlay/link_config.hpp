#pragma once

#include <cstdint>
#include <string>

#include "../posix/trains.hpp"

namespace ilnp {

/// Configuration of the multicast underlay (section [link] of the .ini file).
struct LinkConfig {
  static constexpr std::size_t max_buffer_size = 65507;  ///< one datagram, even of UDP over IPv4

  std::uint16_t mcast_port = 0;    ///< the same on all nodes of the overlay
  std::string mcast_interface;     ///< network interface, by name
  std::size_t buffer_size = 1440;  ///< the largest frame, octets
  std::uint16_t user_id = 0;       ///< `U` in the group address: nodes with different ones do not meet
  bool mcast_loop = true;          ///< other nodes on this host hear what this one sends
  Segmentation segmentation = Segmentation::automatic;  ///< whether frames leave in trains (UDP GSO)
};

}  // namespace ilnp
