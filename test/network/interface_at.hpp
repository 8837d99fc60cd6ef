#pragma once

#include "ilnp/network/interfaces.hpp"

namespace ilnp::test {

/// An interface that was joined at `joined_at`, everything else as it is made.
inline Interface interface_at(Locator locator, TimePoint joined_at = {}) {
  Interface interface {};
  interface.locator = locator;
  interface.joined_at = joined_at;
  return interface;
}

}  // namespace ilnp::test
