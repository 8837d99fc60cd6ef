#pragma once

#include <cstddef>

#include "../address.hpp"

/// Events that transports show through `cx.observe(event)`.
namespace ilnp::event {

/// `peer` has not replied that it reassembles fragments: `datagrams` datagrams that waited for its reply were dropped.
struct LongDatagramsDropped {
  Nid peer;
  std::size_t datagrams;
  std::size_t size;  ///< octets of the first one
};

}  // namespace ilnp::event
