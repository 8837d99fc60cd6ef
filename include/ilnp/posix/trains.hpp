#pragma once

#include <cstdint>

namespace ilnp {

/// Whether several frames may leave in one buffer, a train, which the kernel or the device splits (UDP GSO): unless something
/// prevents it, or never.
enum class Segmentation : std::uint8_t { automatic, off };

/// Why frames leave one by one instead of in trains (UDP GSO).
enum class TrainsOff : std::uint8_t {
  no,            ///< they leave in trains
  configured,    ///< the configuration says so
  unsupported,   ///< the kernel does not support it
  known_kernel,  ///< this kernel is known to corrupt trains
  corrupted,     ///< a train that was tried on the loopback interface arrived corrupted
  refused,       ///< the kernel or the device rejects them
};

}  // namespace ilnp
