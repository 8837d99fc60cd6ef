#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ilnp {

/// Why the network layer dropped a packet. Every drop is counted; none is an error to the caller.
enum class Drop : std::uint8_t {
  too_short,     ///< shorter than the network header
  wrong_length,  ///< the payload length does not match the frame
  not_joined,    ///< arrived on a locator that this node has not joined
  own_frame,  ///< carries this node's identifier: forwarded back to it, or another node's (`duplicate_nid`)
  hop_limit,  ///< to be forwarded, but the hop limit was 0
  no_route,   ///< to be forwarded, but no interface leads to its destination locator
  another_forwards,     ///< another node forwards this flow between the same two networks
  reflected,            ///< a reflection: came back to the network that it was on, with a lower hop limit
  duplicate,            ///< a duplicate of a packet that arrived on another interface
  overheard,            ///< between two other nodes, and not for this one to forward (normal)
  discovery_malformed,  ///< a discovery message that does not parse
  discovery_bad_name,   ///< a discovery message without a valid host name
  discovery_repeated,   ///< not passed on again: equal to one within the last second
  discovery_stale,      ///< a discovery message that waited while this node was suspended
  update_malformed,  ///< a locator update that does not parse: no locators, an incomplete one, an unknown type
  update_unexpected,  ///< a locator update from a node without recent traffic
  update_too_often,   ///< more changes than a node may make in a second
  update_unproven,  ///< a locator update of a node whose last one was wrong, to a place where it was not heard
  update_contradicted,         ///< an advertisement that contradicts a locator update less than 2 s old
  acknowledgement_unexpected,  ///< an acknowledgement that answers no pending update
  unknown_destination,         ///< to all nodes, with a next header other than discovery
  table_full,                  ///< nothing was learnt: the table is at its limit
  send_failed,                 ///< the underlay refused a forwarded frame or a control message
  refused,                     ///< the guard does not accept it (`GuardFor`)
  not_in_session,  ///< does not belong to the session with its source, as the format says (`wire::SessionFormat`)
};

/// How many reasons there are.
inline constexpr std::size_t drop_reasons = static_cast<std::size_t>(Drop::not_in_session) + 1;

/// The name of `reason`; counters put `dropped_` in front of it. Always valid.
constexpr std::string_view to_string(Drop reason) noexcept {
  constexpr std::array<std::string_view, drop_reasons> names{
      "too_short",           "wrong_length",    "not_joined",          "own_frame",
      "hop_limit",           "no_route",        "another_forwards",    "reflected",
      "duplicate",           "overheard",       "discovery_malformed", "discovery_bad_name",
      "discovery_repeated",  "discovery_stale", "update_malformed",    "update_unexpected",
      "update_too_often",    "update_unproven", "update_contradicted", "acknowledgement_unexpected",
      "unknown_destination", "table_full",      "send_failed",         "refused",
      "not_in_session"};
  return names[static_cast<std::size_t>(reason)];
}

}  // namespace ilnp
