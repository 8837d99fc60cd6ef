#pragma once

#include <span>
#include <string_view>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "drop.hpp"

/// What the network layer reports through `cx.observe(event)`. All views are valid only during the call.
namespace ilnp::event {

/// The underlay has accepted a packet or message of this node.
struct PacketSent {
  Ilv source;                ///< this node, at one of the locators that it has joined
  Ilv destination;           ///< the other node; all nodes for a discovery message
  Locator interface;         ///< the locator on which it leaves
  std::uint8_t next_header;  ///< the protocol of the payload
  std::size_t size;          ///< of the payload, octets
};

/// A packet or message was dropped. `NetworkCounters::dropped` counts the same.
struct Dropped {
  Drop reason;        ///< why
  Locator interface;  ///< where it arrived; for `Drop::send_failed`, where it was to leave
};

/// A handoff begins: all of `to` has been joined, and what only `from` contains will be left.
struct HandoffBegan {
  std::span<const Locator> from;  ///< where the node was, the preferred locator first
  std::span<const Locator> to;    ///< where it will be, the preferred locator first
};

/// A handoff has ended: the old locators have been left.
struct HandoffEnded {
  std::span<const Locator> joined;  ///< where the node is now, the preferred locator first
};

/// A move failed (no new locator could be joined); the node stays where it was.
struct HandoffUndone {
  std::span<const Locator> to;    ///< where it was to go
  boost::system::error_code why;  ///< why the last of these could not be joined
};

/// A locator update was sent to `peer`; `attempt` counts from 1.
struct UpdateSent {
  Nid peer;     ///< the correspondent
  int attempt;  ///< 1 for the first update, more for repetitions
};

/// `peer` has acknowledged the latest locator update.
struct UpdateAcknowledged {
  Nid peer;  ///< the correspondent
};

/// `peer` has not acknowledged, and no further update is sent to it.
struct UpdateGivenUp {
  Nid peer;  ///< the correspondent
};

/// Packets to `peer` now go to another locator.
struct PeerMoved {
  Nid peer;      ///< the other node
  Locator from;  ///< where they went so far
  Locator to;    ///< where they go from now on
};

/// Two nodes claim the same host name, and both are alive. The name means `owner`; `claimant` is the other. Reported once,
/// when the conflict begins.
struct NameConflict {
  std::string_view host_name;  ///< the name that both claim
  Nid owner;                   ///< the node that the name means
  Nid claimant;                ///< the node that is not found by it
};

/// Another node has this node's identifier: a frame of it, from the network `locator`, was heard on `interface`. Reported
/// when it is noticed, every minute while it lasts, and when nothing has been heard of that node for a while.
struct DuplicateNid {
  /// What is reported.
  enum class State {
    began,  ///< it is noticed
    lasts,  ///< a minute later it still lasts
    ended   ///< nothing has been heard of the other node for a while
  };
  State state;           ///< which of the three this is
  Nid nid;               ///< the identifier of this node
  Locator locator;       ///< the source of the latest frame of the other node
  Locator interface;     ///< where that frame arrived
  std::uint64_t frames;  ///< of the other node, so far
};

/// Only its owner claims the name now.
struct NameConflictEnded {
  std::string_view host_name;  ///< the name that was in conflict
  Nid owner;                   ///< the node that it means
};

/// From now on a name means another node, which claims it; its previous owner is silent.
struct NamePassed {
  std::string_view host_name;  ///< the name that passes
  Nid from;                    ///< the node that it meant so far
  Nid to;                      ///< the node that it means from now on
};

/// A locator update of `peer` was wrong and has been undone: it was not heard from there, but from where it was before.
struct UpdateUndone {
  Nid peer;                    ///< the node that the update claimed to come from
  std::string_view host_name;  ///< its name; empty if unknown
  Locator back_to;             ///< where packets to it go again
};

/// `peer`, to which this node sends, is silent although this node has solicited.
struct PeerSilent {
  Nid peer;                    ///< the other node
  std::string_view host_name;  ///< its name; empty if unknown
};

/// A silent peer is heard again.
struct PeerHeard {
  Nid peer;                    ///< the other node
  std::string_view host_name;  ///< its name; empty if unknown
};

/// `peer`, to which this node has sent something, has sent a goodbye and has been forgotten.
struct PeerLeft {
  Nid peer;                    ///< the other node
  std::string_view host_name;  ///< its name; empty if unknown
};

}  // namespace ilnp::event
