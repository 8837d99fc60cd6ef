#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "../base/bytes.hpp"
#include "../base/context.hpp"
#include "../base/error.hpp"

namespace ilnp {

/// The port of a local program, and the local socket of the proxy that it talks to. Nearly always this is the first socket, and
/// the value is just a port.
struct LocalPort {
  std::uint16_t port = 0;   ///< in host order
  std::uint8_t socket = 0;  ///< its index: 0 is the first

  constexpr LocalPort() noexcept = default;
  /// A port at a socket, by default at the first one.
  constexpr LocalPort(std::uint16_t number, std::uint8_t index = 0) noexcept : port(number), socket(index) {}
  /// The port alone.
  constexpr operator std::uint16_t() const noexcept { return port; }
};

/// The top of a stack that local programs use through UDP sockets, as `ProxyGateway` needs it. `Proxy` is one.
///
/// - `use_socket(host, socket)`: mappings to `host` belong to that socket. Error: `invalid_host_name`, `host_in_use`.
/// - `send(local, payload, cx)`: a program sent this from a port to a socket; `send_at_any_socket(port, payload, cx)`: to any.
template <class P>
concept LocalProxy = requires(P& p, LocalPort local, std::uint16_t port, std::string host,
                              std::uint8_t socket, Bytes payload, Context<>& cx) {
  { p.use_socket(host, socket) } -> std::same_as<error_code>;
  { p.send(local, payload, cx) } -> std::same_as<error_code>;
  { p.send_at_any_socket(port, payload, cx) } -> std::same_as<error_code>;
};

}  // namespace ilnp
