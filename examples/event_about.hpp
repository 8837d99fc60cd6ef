#pragma once

// The events of the layers for programs that read the log: how much each matters, its name and its fields.

#include <ilnp/base/ping_reply.hpp>
#include <ilnp/network/events.hpp>
#include <ilnp/proxy/proxy.hpp>
#include <ilnp/transport/fragment.hpp>
#include <ilnp/underlay/events.hpp>
#include <string>
#include <string_view>

#include "host_events.hpp"
#include "log_line.hpp"

namespace program {

struct EventAbout {
  Level level;
  std::string_view name;  ///< docs/monitoring.md lists all
};

template <class Field>
void node_fields(std::string_view host_name, ilnp::Nid nid, Field& field) {
  field("host", printable_name(host_name));
  field("nid", nid);
}

/// Calls `field(name, value)` for each field of an event. A name that a node has given itself is escaped.
template <class Field>
EventAbout about(const ilnp::event::PacketSent& e, Field&& field) {
  field("source", e.source.nid);
  field("destination", e.destination.nid);
  field("to", e.destination.locator);
  field("interface", e.interface);
  field("next_header", unsigned{e.next_header});
  field("octets", e.size);
  return {Level::debug, "packet_sent"};
}
template <class Field>
EventAbout about(const ilnp::event::Dropped& e, Field&& field) {
  field("reason", to_string(e.reason));
  field("interface", e.interface);
  return {Level::debug, "packet_dropped"};
}
template <class Field>
EventAbout about(const ilnp::event::HandoffBegan& e, Field&& field) {
  field("from", e.from);
  field("to", e.to);
  return {Level::info, "handoff_began"};
}
template <class Field>
EventAbout about(const ilnp::event::HandoffEnded& e, Field&& field) {
  field("locators", e.joined);
  return {Level::info, "handoff_ended"};
}
template <class Field>
EventAbout about(const ilnp::event::HandoffUndone& e, Field&& field) {
  field("to", e.to);
  field("error", e.why.message());
  return {Level::warning, "handoff_undone"};
}
template <class Field>
EventAbout about(const ilnp::event::UpdateSent& e, Field&& field) {
  field("nid", e.peer);
  field("attempt", static_cast<unsigned>(e.attempt));
  return {Level::debug, "update_sent"};
}
template <class Field>
EventAbout about(const ilnp::event::UpdateAcknowledged& e, Field&& field) {
  field("nid", e.peer);
  return {Level::debug, "update_acknowledged"};
}
template <class Field>
EventAbout about(const ilnp::event::UpdateGivenUp& e, Field&& field) {
  field("nid", e.peer);
  return {Level::info, "update_given_up"};
}
template <class Field>
EventAbout about(const ilnp::event::PeerMoved& e, Field&& field) {
  field("nid", e.peer);
  field("from", e.from);
  field("to", e.to);
  return {Level::debug, "peer_moved"};
}
template <class Field>
EventAbout about(const ilnp::event::PingAnswered& e, Field&& field) {
  field("nid", e.reply.replier.nid);
  field("locator", e.reply.replier.locator);
  field("reached", e.reply.reached ? "yes" : "no");
  field("microseconds", static_cast<std::uint64_t>(e.reply.round_trip / std::chrono::microseconds(1)));
  return {Level::debug, "ping_answered"};
}
template <class Field>
EventAbout about(const ilnp::event::NameConflict& e, Field&& field) {
  field("host", printable_name(e.host_name));
  field("owner", e.owner);
  field("claimant", e.claimant);
  return {Level::warning, "name_conflict"};
}
template <class Field>
EventAbout about(const ilnp::event::NameConflictEnded& e, Field&& field) {
  field("host", printable_name(e.host_name));
  field("owner", e.owner);
  return {Level::notice, "name_conflict_ended"};
}
template <class Field>
EventAbout about(const ilnp::event::NamePassed& e, Field&& field) {
  field("host", printable_name(e.host_name));
  field("from", e.from);
  field("to", e.to);
  return {Level::notice, "name_passed"};
}
template <class Field>
EventAbout about(const ilnp::event::DuplicateNid& e, Field&& field) {
  field("nid", e.nid);
  field("locator", e.locator);
  field("interface", e.interface);
  field("frames", e.frames);
  return e.state == ilnp::event::DuplicateNid::State::ended ? EventAbout{Level::notice, "duplicate_nid_ended"}
                                                            : EventAbout{Level::warning, "duplicate_nid"};
}
template <class Field>
EventAbout about(const ilnp::event::UpdateUndone& e, Field&& field) {
  node_fields(e.host_name, e.peer, field);
  field("to", e.back_to);
  return {Level::warning, "update_undone"};
}
template <class Field>
EventAbout about(const ilnp::event::PeerSilent& e, Field&& field) {
  node_fields(e.host_name, e.peer, field);
  return {Level::warning, "peer_silent"};
}
template <class Field>
EventAbout about(const ilnp::event::PeerHeard& e, Field&& field) {
  node_fields(e.host_name, e.peer, field);
  return {Level::notice, "peer_heard"};
}
template <class Field>
EventAbout about(const ilnp::event::PeerLeft& e, Field&& field) {
  node_fields(e.host_name, e.peer, field);
  return {Level::notice, "peer_left"};
}
template <class Field>
EventAbout about(const ilnp::event::FarEndMissing& e, Field&& field) {
  field("host", printable_name(e.host));
  field("local_port", unsigned{e.local_port});
  return {Level::error, "unknown_host"};
}
template <class Field>
EventAbout about(const ilnp::event::FarEndFound& e, Field&& field) {
  field("host", printable_name(e.host));
  field("local_port", unsigned{e.local_port});
  return {Level::notice, "host_found"};
}
template <class Field>
EventAbout about(const ilnp::event::LongDatagramsDropped& e, Field&& field) {
  field("nid", e.peer);
  field("octets", e.size);
  field("datagrams", e.datagrams);
  return {Level::error, "message_too_long"};
}
template <class Field>
EventAbout about(const ilnp::event::LinkDown& e, Field&& field) {
  field("interface", e.interface);
  field("error", e.why.message());
  return {Level::error, "link_down"};
}
template <class Field>
EventAbout about(const ilnp::event::LinkUp& e, Field&& field) {
  field("interface", e.interface);
  return {Level::notice, "link_up"};
}
template <class Field>
EventAbout about(const ilnp::event::SendFailing& e, Field&& field) {
  field("interface", e.interface);
  field("to", e.network);
  field("error", e.why.message());
  field("frames", e.frames);
  return {Level::error, "send_failing"};
}
template <class Field>
EventAbout about(const ilnp::event::SendWorks& e, Field&& field) {
  field("interface", e.interface);
  field("to", e.network);
  field("frames", e.frames);
  return {Level::notice, "send_works"};
}
template <class Field>
EventAbout about(const ilnp::event::TrainsGivenUp& e, Field&& field) {
  field("interface", e.interface);
  return {Level::info, "trains_given_up"};
}
template <class Field>
EventAbout about(const ilnp::event::GroupsLost& e, Field&& field) {
  field("interface", e.interface);
  field("groups", e.groups);
  return {Level::warning, "groups_lost"};
}
template <class Field>
EventAbout about(const event::HostAppeared& e, Field&& field) {
  node_fields(e.host_name, e.nid, field);
  field("locators", e.locators);
  return {Level::info, "host_appeared"};
}
template <class Field>
EventAbout about(const event::HostMoved& e, Field&& field) {
  node_fields(e.host_name, e.nid, field);
  field("from", e.from);
  field("to", e.to);
  return {Level::info, "host_moved"};
}
template <class Field>
EventAbout about(const event::HostExpired& e, Field&& field) {
  node_fields(e.host_name, e.nid, field);
  return {Level::info, "host_expired"};
}
template <class Field>
EventAbout about(const event::HostForgotten& e, Field&& field) {
  node_fields(e.host_name, e.nid, field);
  return {Level::info, "host_forgotten"};
}

}  // namespace program
