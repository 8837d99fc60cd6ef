#pragma once

#include <array>
#include <string_view>

#include "field.hpp"

/// SOCKS version 5 (RFC 1928): the part that a server needs if it only connects and requires no password.
namespace ilnp::wire {

///     +---------+----------+-- ... --+
///     | Ver (5) | N        | Methods |   N octets, one per method; 0: no authentication
///     +---------+----------+-- ... --+
class Socks5Greeting {
 public:
  static constexpr std::size_t min_size = 2;
  static constexpr std::size_t max_size = 2 + 255;

  /// Of the whole greeting, as far as its first octets tell.
  static std::size_t size(Bytes start) noexcept {
    return start.size() < min_size ? min_size : min_size + load<std::uint8_t>(start, 1);
  }
  /// `greeting` has as many octets as `size` says.
  static Parsed<Socks5Greeting> parse(Bytes greeting) noexcept {
    if (greeting.empty()) return Malformed::too_short;
    if (load<std::uint8_t>(greeting, 0) != 5) return Malformed::unknown_type;
    if (greeting.size() < min_size) return Malformed::too_short;
    if (greeting.size() != size(greeting)) return Malformed::wrong_length;
    return Socks5Greeting(greeting);
  }

  /// Whether the client accepts no authentication.
  bool open() const noexcept {
    for (const std::byte method : greeting_.subspan(min_size))
      if (method == std::byte{0}) return true;
    return false;
  }
  /// The server's reply: the version and the method, 255 for none.
  std::array<std::byte, 2> answer() const noexcept {
    return {std::byte{5}, open() ? std::byte{0} : std::byte{255}};
  }

 private:
  explicit Socks5Greeting(Bytes greeting) noexcept : greeting_(greeting) {}
  Bytes greeting_;
};

///     +---------+---------+---------+------+---------+------+
///     | Ver (5) | Command | 0       | Type | Address | Port |   Type 1: 4 octets; 4: 16; 3: a length and a name
///     +---------+---------+---------+------+---------+------+
///     | 1       | 1       | 1       | 1    | ...     | 2    |
class Socks5Request {
 public:
  static constexpr std::size_t min_size = 5;  ///< enough to tell the size
  static constexpr std::size_t max_size = 4 + 1 + 255 + 2;
  static constexpr std::uint8_t connect = 1;  ///< the command CONNECT
  /// The type of the address.
  enum class Type : std::uint8_t { ipv4 = 1, name = 3, ipv6 = 4 };

  /// The length of the request that begins like this; `min_size` as long as that is unknown, and for unknown types.
  static std::size_t size(Bytes start) noexcept {
    if (start.size() < min_size) return min_size;
    switch (load<std::uint8_t>(start, 3)) {
      case 1:
        return 4 + 4 + 2;
      case 3:
        return 4 + 1 + std::size_t{load<std::uint8_t>(start, 4)} + 2;
      case 4:
        return 4 + 16 + 2;
      default:
        return min_size;
    }
  }
  static Parsed<Socks5Request> parse(Bytes request) noexcept {
    if (request.size() < min_size) return Malformed::too_short;
    if (load<std::uint8_t>(request, 0) != 5) return Malformed::unknown_type;
    const auto type = load<std::uint8_t>(request, 3);
    if (type != 1 && type != 3 && type != 4) return Malformed::unknown_type;
    if (request.size() != size(request)) return Malformed::wrong_length;
    if (type == 3 && load<std::uint8_t>(request, 4) == 0) return Malformed::bad_host_name;
    return Socks5Request(request);
  }

  std::uint8_t command() const noexcept { return load<std::uint8_t>(request_, 1); }
  Type type() const noexcept { return static_cast<Type>(load<std::uint8_t>(request_, 3)); }
  /// The octets of the address, or of the name. Borrowed.
  Bytes address() const noexcept {
    const std::size_t from = type() == Type::name ? 5 : 4;
    return request_.subspan(from, request_.size() - from - 2);
  }
  std::uint16_t port() const noexcept { return load<std::uint16_t>(request_, request_.size() - 2); }

 private:
  explicit Socks5Request(Bytes request) noexcept : request_(request) {}
  Bytes request_;
};

/// The code of a reply (RFC 1928, section 6).
enum class Socks5Reply : std::uint8_t {
  succeeded = 0,
  failed = 1,
  not_allowed = 2,
  network_unreachable = 3,
  host_unreachable = 4,
  refused = 5,
  ttl_expired = 6,
  no_such_command = 7,
  no_such_address_type = 8,
};

/// The server's reply. It reports 0.0.0.0:0 as the bound address, because that address belongs to another host.
inline std::array<std::byte, 10> socks5_reply(Socks5Reply reply) noexcept {
  return {std::byte{5}, static_cast<std::byte>(reply), std::byte{0}, std::byte{1}};
}

}  // namespace ilnp::wire
