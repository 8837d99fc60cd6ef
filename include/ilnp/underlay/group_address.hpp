#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "../base/address.hpp"
#include "../wire/field.hpp"

namespace ilnp {

/// The multicast groups of the overlay's networks, one per locator (docs/wire-formats.md, "Underlay"):
///
///      0       2       4       6       8                              16
///     +-------+-------+-------+-------+-------------------------------+
///     | ff12  |   0   |   U   |   0   |         Locator (64)          |
///     +-------+-------+-------+-------+-------------------------------+
///
/// ff12: transient, of link-local scope (RFC 4291, section 2.7). U keeps the networks of several users apart.
/// A value.
class GroupPrefix {
 public:
  /// Multicast scopes of RFC 4291. Datagrams to the first never leave the host.
  enum class Scope : std::uint8_t { interface_local = 1, link_local = 2 };

  /// The groups of one overlay.
  explicit constexpr GroupPrefix(std::uint16_t user_id, Scope scope = Scope::link_local) noexcept
      : prefix_(std::uint64_t{0xff10} << 48 | std::uint64_t{static_cast<std::uint8_t>(scope)} << 48 |
                std::uint64_t{user_id} << 16) {}

  /// The group of a locator.
  in6_addr group(Locator locator) const noexcept {
    std::byte octets[16];
    wire::store(MutableBytes(octets), 0, prefix_);
    wire::store(MutableBytes(octets), 8, locator.value());
    in6_addr address;
    std::memcpy(&address, octets, sizeof address);
    return address;
  }

  /// The locator of a group; none if `address` is not a group with this prefix.
  std::optional<Locator> locator(const in6_addr& address) const noexcept {
    std::byte octets[16];
    std::memcpy(octets, &address, sizeof octets);
    if (wire::load<std::uint64_t>(octets, 0) != prefix_) return std::nullopt;
    return Locator(wire::load<std::uint64_t>(octets, 8));
  }

 private:
  std::uint64_t prefix_;
};

}  // namespace ilnp
