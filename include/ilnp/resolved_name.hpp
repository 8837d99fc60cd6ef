#pragma once

#include "address.hpp"
#include "context.hpp"

namespace ilnp {

/// What a host name means, kept by who asks for it with each packet: handed to `resolve(name, known, cx)`, which asks no
/// table as long as the answer holds. That is a member that a network layer or a transport may have.
struct ResolvedName {
  Nid nid;
  std::uint32_t generation = 0;  ///< of the table that it came from
  TimePoint until = long_ago;    ///< not to be trusted from then on
};

}  // namespace ilnp
