#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "prefix.hpp"

namespace ilnp {

/// Configuration of a tunnel: the addresses, and who may reach this host. `mtu` and `interface` are for the device.
struct TunConfig {
  static constexpr std::uint16_t min_mtu = 1280;  ///< of IPv6 (RFC 8200, section 5)
  static constexpr std::size_t max_allowed = 64;  ///< host names

  std::uint64_t prefix =
      0;  ///< the upper 64 bits of all addresses, the same on all nodes: `tun::default_prefix`
  std::uint16_t mtu = 0;               ///< of the interface, octets; 0: as much as a frame carries
  std::vector<std::uint16_t> exposed;  ///< ports to which other nodes may send
  bool expose_all = false;             ///< all ports, and protocols other than TCP, UDP and ICMPv6 too
  std::vector<std::string> allowed;    ///< the only hosts whose packets come in; none: all hosts
  std::string interface = "ilnp0";     ///< its name

  /// Throws `std::invalid_argument` with a text for the user if a tunnel cannot work like this.
  void validate() const {
    if (prefix == 0 || !tun::is_unicast(prefix))
      throw std::invalid_argument("tun prefix: must be 64 bits of unicast addresses, such as fd00:1:2:3");
    if (mtu != 0 && mtu < min_mtu) throw std::invalid_argument("tun mtu: must be 1280 or more");
    if (allowed.size() > max_allowed) throw std::invalid_argument("tun allow: more than 64 hosts");
  }
};

}  // namespace ilnp
