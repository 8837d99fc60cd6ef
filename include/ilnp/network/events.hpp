#pragma once

#include <span>
#include <string_view>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "drop.hpp"

/// What the network layer reports through `cx.observe(event)`. All views are valid only during the call.
namespace ilnp::event {

/// A packet of this node leaves on `interface`. `size`: octets of payload.
struct PacketSent {
  Ilv source;
  Ilv destination;
  Locator interface;
  std::uint8_t next_header;
  std::size_t size;
};

/// A packet that arrived on `interface` was dropped, for `reason`.
struct Dropped {
  Drop reason;
  Locator interface;
};

/// A handoff begins: `to` has been joined; `from` will be left.
struct HandoffBegan {
  std::span<const Locator> from;
  std::span<const Locator> to;
};

/// A handoff has ended: the old locators have been left.
struct HandoffEnded {
  std::span<const Locator> joined;
};

/// A move failed (no new locator could be joined); the node stays where it was.
struct HandoffUndone {
  std::span<const Locator> to;
  boost::system::error_code why;
};

/// A locator update was sent to `peer`; `attempt` counts from 1.
struct UpdateSent {
  Nid peer;
  int attempt;
};

/// `peer` has acknowledged the latest locator update.
struct UpdateAcknowledged {
  Nid peer;
};

/// `peer` has not acknowledged, and no further update is sent to it.
struct UpdateGivenUp {
  Nid peer;
};

/// Packets to `peer` now go to another locator.
struct PeerMoved {
  Nid peer;
  Locator from;
  Locator to;
};

/// Two nodes claim the same host name, and both are alive. The name means `owner`; `claimant` is the other. Reported once,
/// when the conflict begins.
struct NameConflict {
  std::string_view host_name;
  Nid owner;
  Nid claimant;
};

/// Another node has this node's identifier: a frame of it, from the network `locator`, was heard on `interface`. Reported
/// when it is noticed, every minute while it lasts, and when nothing has been heard of that node for a while.
struct DuplicateNid {
  enum class State { began, lasts, ended };
  State state;
  Nid nid;
  Locator locator;
  Locator interface;
  std::uint64_t frames;  ///< of the other node, so far
};

/// Only its owner claims the name now.
struct NameConflictEnded {
  std::string_view host_name;
  Nid owner;
};

/// From now on a name means another node, which claims it; its previous owner is silent.
struct NamePassed {
  std::string_view host_name;
  Nid from;
  Nid to;
};

/// A locator update of `peer` was wrong and has been undone: it was not heard from there, but from where it was before.
struct UpdateUndone {
  Nid peer;
  std::string_view host_name;
  Locator back_to;
};

/// `peer`, to which this node sends, is silent although this node has solicited.
struct PeerSilent {
  Nid peer;
  std::string_view host_name;
};

/// A silent peer is heard again.
struct PeerHeard {
  Nid peer;
  std::string_view host_name;
};

/// `peer`, to which this node has sent something, has sent a goodbye and has been forgotten.
struct PeerLeft {
  Nid peer;
  std::string_view host_name;
};

}  // namespace ilnp::event
