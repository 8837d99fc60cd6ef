#pragma once

#include <array>
#include <cstddef>

#include "../base/address.hpp"
#include "../wire/ipv6_header.hpp"

namespace ilnp {

/// What `Tun` hands up: the IPv6 header of a packet for this host. The octets beside it are what follows that header.
struct ToHost {
  std::array<std::byte, wire::Ipv6Header::size> ipv6;  ///< complete
  Nid source;                                          ///< the node that sent the packet; 0: this one's `Tun`
  bool partial = false;                                ///< the checksum is partial
};

}  // namespace ilnp
