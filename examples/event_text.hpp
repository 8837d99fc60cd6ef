#pragma once

// The events of the layers in words.

#include <ilnp/base/ping_reply.hpp>
#include <ilnp/network/events.hpp>
#include <ilnp/proxy/proxy.hpp>
#include <ilnp/transport/fragment.hpp>
#include <span>
#include <string>

#include "host_events.hpp"
#include "text.hpp"

namespace program {

/// `0:0:0:a,0:0:0:b`
inline std::string list(std::span<const ilnp::Locator> locators) {
  std::string text;
  for (const ilnp::Locator locator : locators) {
    if (!text.empty()) text += ',';
    text += to_string(locator);
  }
  return text;
}

inline std::string event_text(const ilnp::event::PacketSent& e) {
  return to_string(e.source) + " to " + to_string(e.destination) + " on " + to_string(e.interface) +
         ", next header " + std::to_string(e.next_header) + ", " + std::to_string(e.size) + " octets";
}
inline std::string event_text(const ilnp::event::Dropped& e) {
  return "dropped: " + std::string(to_string(e.reason)) + ", from " + to_string(e.interface);
}
inline std::string event_text(const ilnp::event::HandoffBegan& e) {
  return "handoff begins: from " + list(e.from) + " to " + list(e.to);
}
inline std::string event_text(const ilnp::event::HandoffEnded& e) {
  return "handoff ended: now in " + list(e.joined);
}
inline std::string event_text(const ilnp::event::HandoffUndone& e) {
  return "handoff undone: to " + list(e.to) + ": " + e.why.message();
}
inline std::string event_text(const ilnp::event::UpdateSent& e) {
  return "locator update to " + to_string(e.peer) + ", attempt " + std::to_string(e.attempt);
}
inline std::string event_text(const ilnp::event::UpdateAcknowledged& e) {
  return "locator update acknowledged by " + to_string(e.peer);
}
inline std::string event_text(const ilnp::event::UpdateGivenUp& e) {
  return "locator update not acknowledged by " + to_string(e.peer);
}
inline std::string event_text(const ilnp::event::PeerMoved& e) {
  return to_string(e.peer) + " moved from " + to_string(e.from) + " to " + to_string(e.to);
}
/// `bob (0:0:0:b)`, or the identifier alone if no name is known.
inline std::string node_text(std::string_view host_name, ilnp::Nid nid) {
  return host_name.empty() ? to_string(nid) : printable_name(host_name) + " (" + to_string(nid) + ')';
}
inline std::string event_text(const ilnp::event::NameConflict& e) {
  return "two nodes claim the name " + printable_name(e.host_name) + ": " + to_string(e.owner) +
         ", which holds it, and " + to_string(e.claimant);
}
inline std::string event_text(const ilnp::event::NameConflictEnded& e) {
  return "only one node still claims the name " + printable_name(e.host_name) + ": " + to_string(e.owner);
}
inline std::string event_text(const ilnp::event::NamePassed& e) {
  return "the name " + printable_name(e.host_name) + " now means " + to_string(e.to) +
         "; its previous owner, " + to_string(e.from) + ", is silent";
}
inline std::string event_text(const ilnp::event::UpdateUndone& e) {
  return "a locator update of " + node_text(e.host_name, e.peer) + " was wrong: the node is still at " +
         to_string(e.back_to);
}
inline std::string event_text(const ilnp::event::PeerSilent& e) {
  return "nothing is heard from " + node_text(e.host_name, e.peer) + ", to which this node sends";
}
inline std::string event_text(const ilnp::event::PeerHeard& e) {
  return node_text(e.host_name, e.peer) + " is heard again";
}
inline std::string event_text(const ilnp::event::PeerLeft& e) {
  return node_text(e.host_name, e.peer) + " has shut down";
}
inline std::string event_text(const ilnp::event::PingAnswered& e) {
  return to_string(e.reply.replier) +
         (e.reply.reached ? " has replied to a ping" : " has replied to a ping whose hop limit ran out") +
         ", after " +
         std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(e.reply.round_trip).count()) +
         " us";
}
inline std::string event_text(const ilnp::event::FarEndMissing& e) {
  return "from local port " + std::to_string(e.local_port) + ": unknown host: no node called " +
         printable_name(e.host) + " has been heard";
}
inline std::string event_text(const ilnp::event::FarEndFound& e) {
  return "from local port " + std::to_string(e.local_port) + ": a node called " + printable_name(e.host) +
         " is heard";
}

inline std::string event_text(const ilnp::event::DuplicateNid& e) {
  const std::string nid = to_string(e.nid);
  if (e.state == ilnp::event::DuplicateNid::State::ended)
    return "no other node with this node's identifier, " + nid + ", is heard any more";
  return std::string(e.state == ilnp::event::DuplicateNid::State::began ? "another node has"
                                                                        : "another node still has") +
         " this node's identifier, " + nid + " (a copied configuration file?): heard from " +
         to_string(e.locator) + " on " + to_string(e.interface) + ", " + std::to_string(e.frames) +
         " frames so far; each node receives packets for the other";
}

inline std::string event_text(const ilnp::event::LongDatagramsDropped& e) {
  return "message too long: " + std::to_string(e.size) + " octets to " + to_string(e.peer) +
         ", which does not reassemble fragments (" + std::to_string(e.datagrams) + " dropped)";
}

inline std::string event_text(const event::HostAppeared& e) {
  return node_text(e.host_name, e.nid) + " appeared at " + list(e.locators);
}
inline std::string event_text(const event::HostMoved& e) {
  return node_text(e.host_name, e.nid) + " moved from " + list(e.from) + " to " + list(e.to);
}
inline std::string event_text(const event::HostExpired& e) {
  return node_text(e.host_name, e.nid) + " expired: it has not been heard for a long time";
}
inline std::string event_text(const event::HostForgotten& e) {
  return node_text(e.host_name, e.nid) + " is no longer known";
}

}  // namespace program
