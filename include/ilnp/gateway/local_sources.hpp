#pragma once

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <cstring>
#include <vector>

#include "../base/context.hpp"
#include "../posix/endpoint.hpp"
#include "../posix/socket.hpp"
#include "address_range.hpp"

namespace ilnp {

/// The address of a datagram's other end.
inline boost::asio::ip::address address_of(const Endpoint& endpoint) noexcept {
  boost::asio::ip::udp::endpoint copy;
  std::memcpy(copy.data(), endpoint.data(), endpoint.size());
  copy.resize(endpoint.size());
  return copy.address();
}

/// True if the address belongs to this host: a loopback address, one of an interface, or one that only a local route gives it.
/// Asks the kernel, which uses such an address as the source of datagrams to it. A few system calls.
inline bool is_own_address(const boost::asio::ip::address& address) noexcept {
  if (address.is_loopback()) return true;
  const OwnedSocket probe(
      ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
  const boost::asio::ip::udp::endpoint to(address, 9);  // nothing is sent
  if (::connect(probe.native_handle(), to.data(), static_cast<socklen_t>(to.size())) != 0) return false;
  boost::asio::ip::udp::endpoint from;
  socklen_t size = static_cast<socklen_t>(from.capacity());
  if (::getsockname(probe.native_handle(), from.data(), &size) != 0) return false;
  from.resize(size);
  return from.address() == address;
}

/// The addresses from which a local socket accepts datagrams: those of this host, and others that were allowed. What
/// the kernel says of an address is remembered for a second. One thread.
class LocalSources {
 public:
  static constexpr std::size_t max_remembered = 64;  ///< addresses; the kernel is asked again about others
  static constexpr Duration remembered_for = std::chrono::seconds(1);  ///< what the kernel said of an address

  /// Accepts datagrams from there too, within `remembered_for`.
  void allow(const AddressRange& range) { allowed_.push_back(range); }

  /// Whether a datagram from `source` is accepted. Asks the kernel unless it remembers.
  bool accepts(const Endpoint& source, TimePoint now) {
    const auto address = address_of(source);
    Known& known = known_[slot_of(address)];
    if (known.until <= now || known.address != address)
      known = {address, now + remembered_for, is_allowed(address) || is_own_address(address)};
    return known.accepted;
  }

 private:
  struct Known {
    boost::asio::ip::address address;
    TimePoint until = long_ago;
    bool accepted = false;
  };

  bool is_allowed(const boost::asio::ip::address& address) const noexcept {
    for (const AddressRange& range : allowed_)
      if (range.contains(address)) return true;
    return false;
  }
  static std::size_t slot_of(const boost::asio::ip::address& address) noexcept {
    if (address.is_v4()) return address.to_v4().to_uint() % max_remembered;
    const auto octets = address.to_v6().to_bytes();
    return (octets[15] ^ octets[14] ^ octets[7]) % max_remembered;
  }

  std::vector<AddressRange> allowed_;
  std::array<Known, max_remembered> known_;
};

}  // namespace ilnp
