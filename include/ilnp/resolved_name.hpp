#pragma once

#include "address.hpp"
#include "epoch.hpp"

namespace ilnp {

/// What a host name means, cached by a caller that needs it for each packet; 0 before the first look-up. A network layer or a
/// transport may have two members for it: `holds(known, cx)` says whether it is still valid, without a table look-up;
/// `resolve(name, known, cx)` looks it up again, or returns `Errc::unknown_host` and leaves the identifier unchanged.
using ResolvedName = Cached<Nid>;

namespace event {

/// A network layer shows this when a host name that was unknown may be known from now on, or may mean another node: whoever
/// waits for a name tries again then.
struct NamesChanged {};

}  // namespace event

}  // namespace ilnp
