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

/// Two nodes claim one host name, and both are there; `owner` is whom the name means, `claimant` the other. Once, when that begins.
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

/// Nobody but its owner claims the name any more.
struct NameConflictEnded {
  std::string_view host_name;
  Nid owner;
};

/// A name means another node from now on: that one claims it, and of its owner nothing is heard.
struct NamePassed {
  std::string_view host_name;
  Nid from;
  Nid to;
};

/// A locator update of `peer` was wrong, and is undone: it was not heard from there, but from where it was before.
struct UpdateUndone {
  Nid peer;
  std::string_view host_name;
  Locator back_to;
};

/// Nothing is heard of `peer`, to which this node sends, though it was asked.
struct PeerSilent {
  Nid peer;
  std::string_view host_name;
};

/// Something is heard again of a peer of which nothing was.
struct PeerHeard {
  Nid peer;
  std::string_view host_name;
};

/// `peer`, to which this node has sent something, has said goodbye, and is forgotten.
struct PeerLeft {
  Nid peer;
  std::string_view host_name;
};

}  // namespace ilnp::event
