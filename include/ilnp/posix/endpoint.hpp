#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "../base/bytes.hpp"

namespace ilnp {

/// The source or destination of a datagram: an IPv4 or IPv6 address and a port, as the kernel expects it. A
/// value.
class Endpoint {
 public:
  Endpoint() noexcept : v6_{} {}
  /// Copies an address from a socket call (or from `data()` and `size()` of an Asio endpoint).
  Endpoint(const sockaddr* address, socklen_t size) noexcept : v6_{} {
    size_ = std::min<socklen_t>(size, sizeof v6_);
    std::memcpy(&v6_, address, size_);
  }
  /// IPv4.
  explicit Endpoint(const sockaddr_in& address) noexcept
      : Endpoint(reinterpret_cast<const sockaddr*>(&address), sizeof address) {}
  /// IPv6.
  explicit Endpoint(const sockaddr_in6& address) noexcept
      : Endpoint(reinterpret_cast<const sockaddr*>(&address), sizeof address) {}

  /// `port` on an IPv6 address.
  Endpoint(const in6_addr& address, std::uint16_t port) noexcept : v6_{}, size_(sizeof v6_) {
    v6_.sin6_family = AF_INET6;
    v6_.sin6_addr = address;
    v6_.sin6_port = htons(port);
  }

  /// `port` on 127.0.0.1.
  static Endpoint loopback(std::uint16_t port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return Endpoint(address);
  }

  /// `AF_INET`, `AF_INET6`, or 0 for none.
  int family() const noexcept { return data()->sa_family; }
  /// In host order.
  std::uint16_t port() const noexcept { return ntohs(family() == AF_INET ? v4().sin_port : v6_.sin6_port); }
  /// The IPv6 address; meaningful only if the family is `AF_INET6`.
  const in6_addr& address() const noexcept { return v6_.sin6_addr; }

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&v6_); }
  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&v6_); }
  /// Of the address, octets; 0 if there is none.
  socklen_t size() const noexcept { return size_; }
  /// For the kernel to write into `data()`: the available room, and afterwards the size that it wrote.
  static constexpr socklen_t capacity() noexcept { return sizeof(sockaddr_in6); }
  /// After the kernel has written an address to `data()`.
  void resize(socklen_t size) noexcept { size_ = std::min(size, capacity()); }

  /// Compares all octets: family, address, port, scope. (Octets beyond the size are 0, and comparing a fixed length needs no
  /// function call: this happens for every datagram that is sent.)
  friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
    return a.size_ == b.size_ && std::memcmp(&a.v6_, &b.v6_, sizeof a.v6_) == 0;
  }

 private:
  sockaddr_in v4() const noexcept {
    sockaddr_in address;
    std::memcpy(&address, &v6_, sizeof address);
    return address;
  }

  sockaddr_in6 v6_;  ///< the larger of the two families; holds either
  socklen_t size_ = 0;
};

}  // namespace ilnp
