#pragma once

#include <chrono>
#include <cstdint>

#include "context.hpp"

namespace ilnp {

/// What makes a decision stale: a later change of what it depends on, or its deadline. A node decides from what it knows (the
/// networks that it has joined, routes, other nodes, names), and caches the decision in a `Cached`. One `Epoch` counts all
/// changes. Whatever changes what the node knows bumps it, and does not know what has been decided from that. The deadline
/// covers what merely expires.
class Epoch {
 public:
  /// A point between two changes. Later ones are greater; 0 is before the first.
  using Stamp = std::uint64_t;

  Epoch() = default;
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;

  /// Something has changed.
  void bump() noexcept { ++stamp_; }
  /// Changes with each `bump`. Equal stamps mean that nothing has changed in between.
  Stamp stamp() const noexcept { return stamp_; }

 private:
  Stamp stamp_ = 1;
};

/// When one of the things that a node knows last changed: a decision that depends on nothing else outlives other changes.
class LastChange {
 public:
  /// Refers to `epoch`, which must outlive it.
  explicit LastChange(Epoch& epoch) noexcept : epoch_(epoch), stamp_(epoch.stamp()) {}

  /// It has changed now.
  void note() noexcept {
    epoch_.bump();
    stamp_ = epoch_.stamp();
  }
  /// That of the last change.
  Epoch::Stamp stamp() const noexcept { return stamp_; }
  /// The stamp of what is decided at present.
  Epoch::Stamp present() const noexcept { return epoch_.stamp(); }

 private:
  Epoch& epoch_;
  Epoch::Stamp stamp_;
};

/// A decision, and for how long it is valid. At first it is stale.
template <class T>
struct Cached {
  T value{};                      ///< what was decided; meaningless once it no longer holds
  Epoch::Stamp stamp = 0;         ///< before the decision was made
  TimePoint deadline = long_ago;  ///< it is stale from then on

  /// Is it valid, if what it depends on last changed at `changed`?
  bool holds(Epoch::Stamp changed, TimePoint now) const noexcept {
    return stamp >= changed && now < deadline;
  }
  /// The same if it may depend on anything.
  bool holds(const Epoch& epoch, TimePoint now) const noexcept { return holds(epoch.stamp(), now); }
  /// Makes it stale, and keeps the value.
  void expire() noexcept { deadline = long_ago; }
};

/// For this long a decision for one packet applies to those that follow it, and what that packet confirmed (a route,
/// traffic with a node) need not be noted again. Short compared with all other times of the network layer.
inline constexpr Duration decision_hold = std::chrono::milliseconds(10);

}  // namespace ilnp
