#pragma once

#include <cstddef>
#include <vector>

#include "ilnp/base/bytes.hpp"

namespace ilnp::test {

/// A file in memory: gathers the octets that it is called with. Refers to the vector.
struct OctetSink {
  std::vector<std::byte>* octets;
  void operator()(Bytes piece) const {
    for (const std::byte octet : piece)
      octets->push_back(octet);  // insert makes gcc 12 warn of a false overflow
  }
};

}  // namespace ilnp::test
