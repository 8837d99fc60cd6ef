#pragma once

#include "ilnp/base/context.hpp"
#include "ilnp/sim/world.hpp"

namespace ilnp::test {

/// usrsctp measures round trips, and the age of a heartbeat, by `gettimeofday`. This program has one of its own, which says
/// what time it is in `world`, as long as this lives: so heartbeats and retransmission times are true in virtual time too.
class VirtualTime {
 public:
  explicit VirtualTime(const sim::World& world);
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;
  ~VirtualTime();
};

}  // namespace ilnp::test
