#pragma once

#include "address.hpp"
#include "context.hpp"

namespace ilnp {

/// What a host name means, cached by a caller that needs it for each packet. A network layer or a transport may have two members
/// for it: `holds(known, cx)` says whether it is still valid, without a table look-up; `resolve(name, known, cx)` looks it up
/// again, or returns `Errc::unknown_host` and leaves the identifier unchanged.
struct ResolvedName {
  Nid nid;                       ///< 0 before the first
  std::uint32_t generation = 0;  ///< generation of the table that it came from
  TimePoint until = long_ago;    ///< expires at this time
};

namespace event {

/// A network layer shows this when a host name that was unknown may be known from now on, or may mean another node: whoever
/// waits for a name tries again then.
struct NamesChanged {};

}  // namespace event

}  // namespace ilnp
