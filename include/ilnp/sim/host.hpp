#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "../base/layer.hpp"
#include "network.hpp"

namespace ilnp::sim {

class World;

/// What the world knows of a node, whatever its stack: a name, and the functions to call when something happens to the
/// node.
class SimHost {
 public:
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;

  /// Where it lives.
  World& world() const noexcept { return world_; }
  /// Its number in the world.
  HostId id() const noexcept { return id_; }
  /// For messages.
  const std::string& name() const noexcept { return name_; }
  /// Counts the crashes: events scheduled for an earlier incarnation do not happen.
  std::uint32_t incarnation() const noexcept { return incarnation_; }
  /// `FrameSource::sender` of the frames of this host; like an address and a port, it changes after a restart.
  std::uint64_t sender() const noexcept { return std::uint64_t{incarnation_} << 32 | (id_ + 1); }

 protected:
  /// Enters the world, which must outlive it.
  SimHost(World& world, std::string name);
  virtual ~SimHost();

  /// How often it has crashed: what was scheduled before does not happen.
  std::uint32_t incarnation_ = 0;

 private:
  friend World;
  virtual void begin_batch() = 0;
  virtual void receive(FrameSource from, Bytes frame) = 0;
  virtual void end_batch() = 0;
  virtual void wake(std::uint64_t sequence) = 0;

  World& world_;
  std::string name_;
  HostId id_;
};

}  // namespace ilnp::sim
