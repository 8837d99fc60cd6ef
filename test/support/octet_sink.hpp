#pragma once

#include <cstddef>
#include <vector>

#include "ilnp/bytes.hpp"

namespace ilnp::test {

/// A file in memory: gathers the octets that it is called with. Refers to the vector.
struct OctetSink {
  std::vector<std::byte>* octets;
  void operator()(Bytes piece) const { octets->insert(octets->end(), piece.begin(), piece.end()); }
};

}  // namespace ilnp::test
