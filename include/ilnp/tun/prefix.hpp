#pragma once

#include <cstdint>

#include "../base/address.hpp"
#include "../base/keyed_hash.hpp"
#include "../wire/ipv6_header.hpp"

namespace ilnp::tun {

/// The upper 64 bits of all addresses of a network (docs/wire-formats.md, "Addresses of interfaces"): a unique local prefix (RFC
/// 4193) that follows from what its nodes have in common.
constexpr std::uint64_t default_prefix(std::uint16_t user_id, std::uint16_t mcast_port) noexcept {
  const std::uint64_t hash = keyed_hash(std::uint64_t{user_id} << 16 | mcast_port, 0, 0);
  return std::uint64_t{0xfd} << 56 | (hash >> 24) << 16;
}

/// The identifier of the address at which each node's own name server is; the one that RFC 2526 reserves for the number 53.
inline constexpr Nid anycast_nid{0xfdff'ffff'ffff'ffb5};

/// May no node have this address: that of all routers (RFC 4291, section 2.6.1), or one for reserved purposes (RFC 2526)?
constexpr bool is_reserved(Nid nid) noexcept {
  return nid == Nid{} || nid.value() - 0xfdff'ffff'ffff'ff80 < 0x80;
}

/// May packets of a network have addresses with this prefix? No multicast (RFC 4291, section 2.7), no link-local ones (2.5.6).
constexpr bool is_unicast(std::uint64_t prefix) noexcept {
  return prefix >> 56 != 0xff && prefix >> 54 != 0xfe80 >> 6;
}
/// The same for a whole address.
constexpr bool is_unicast(const wire::Ipv6Address& address) noexcept { return is_unicast(address.prefix); }

}  // namespace ilnp::tun
