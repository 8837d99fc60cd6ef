#pragma once

#include "ilnp/wire/ilnp_header.hpp"

namespace ilnp::test {

/// The header as the reference reads it: its payload length is not compared with anything.
struct ReferenceHeader {
  explicit ReferenceHeader(Bytes frame)
      : next_header(wire::load<std::uint8_t>(frame, 6)),
        hop_limit(wire::load<std::uint8_t>(frame, 7)),
        source{Locator(wire::load<std::uint64_t>(frame, 8)), Nid(wire::load<std::uint64_t>(frame, 16))},
        destination{Locator(wire::load<std::uint64_t>(frame, 24)),
                    Nid(wire::load<std::uint64_t>(frame, 32))} {}
  std::uint8_t next_header, hop_limit;
  Ilv source, destination;
};

}  // namespace ilnp::test
