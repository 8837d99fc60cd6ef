#pragma once

#include "address.hpp"
#include "context.hpp"

namespace ilnp {

/// What a host name means, kept by who asks for it with each packet. A network layer or a transport may have two members for
/// it: `holds(known, cx)` says whether that is still so, and asks no table; `resolve(name, known, cx)` finds it anew, or
/// returns `Errc::unknown_host` and leaves the identifier as it was.
struct ResolvedName {
  Nid nid;                       ///< 0 before the first
  std::uint32_t generation = 0;  ///< of the table that it came from
  TimePoint until = long_ago;    ///< not to be trusted from then on
};

}  // namespace ilnp
