#pragma once

#include <cstddef>

#include "../address.hpp"

/// What transports show through `cx.observe(event)`.
namespace ilnp::event {

/// `peer` has not said that it puts pieces together: so many datagrams that had waited for that were dropped.
struct LongDatagramsDropped {
  Nid peer;
  std::size_t datagrams;
  std::size_t size;  ///< of the first of them, octets
};

}  // namespace ilnp::event
