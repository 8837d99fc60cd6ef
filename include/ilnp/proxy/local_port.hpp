#pragma once

#include <cstdint>

namespace ilnp {

/// The port of a local program, and which of the proxy's local sockets it talks to. Nearly always that is the first, and
/// then this is just a port.
struct LocalPort {
  std::uint16_t port = 0;
  std::uint8_t socket = 0;

  constexpr LocalPort() noexcept = default;
  constexpr LocalPort(std::uint16_t number, std::uint8_t index = 0) noexcept : port(number), socket(index) {}
  constexpr operator std::uint16_t() const noexcept { return port; }
};

}  // namespace ilnp
