#pragma once

#include <span>
#include <string_view>

#include "../address.hpp"
#include "../context.hpp"
#include "drop.hpp"

/// What the network layer shows through `cx.observe(event)`. All views are valid during the call only.
namespace ilnp::event {

/// A packet of this node's own leaves on `interface`. `size` counts the payload, octets.
struct PacketSent {
  Ilv source;
  Ilv destination;
  Locator interface;
  std::uint8_t next_header;
  std::size_t size;
};

/// A packet was dropped, for `reason`, having come in on `interface`.
struct Dropped {
  Drop reason;
  Locator interface;
};

/// A handoff begins: `to` has been joined, `from` will be left.
struct HandoffBegan {
  std::span<const Locator> from;
  std::span<const Locator> to;
};

/// A handoff has ended: what was being left has been left.
struct HandoffEnded {
  std::span<const Locator> joined;
};

/// A move could not be made (no new locator could be joined); the node stays where it was.
struct HandoffUndone {
  std::span<const Locator> to;
  boost::system::error_code why;
};

/// A locator update was sent to `peer`, for the `attempt`th time (from 1).
struct UpdateSent {
  Nid peer;
  int attempt;
};

/// `peer` has acknowledged the last locator update.
struct UpdateAcknowledged {
  Nid peer;
};

/// `peer` has not acknowledged, and will not be asked again.
struct UpdateGivenUp {
  Nid peer;
};

/// Packets to `peer` now go to another locator.
struct PeerMoved {
  Nid peer;
  Locator from;
  Locator to;
};

/// Two nodes claim one host name; `owner` is whom the name means, `claimant` the other.
struct NameConflict {
  std::string_view host_name;
  Nid owner;
  Nid claimant;
};

/// Another node has this node's identifier: a frame of it, from the network `locator`, was heard on `interface`. Told when it is
/// noticed, each minute while it lasts, and when nothing more is heard of it.
struct DuplicateNid {
  enum class State { began, lasts, ended };
  State state;
  Nid nid;
  Locator locator;
  Locator interface;
  std::uint64_t frames;  ///< of the other, so far
};

}  // namespace ilnp::event
