#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of a tunnel since its start. They count packets unless noted; one long read counts as several if it was cut.
struct TunCounters {
  static constexpr std::string_view layer = "tun";

  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t reads = 0;        ///< taken from the host, long ones as one
  std::uint64_t held = 0;         ///< reads that had to wait for a route, or for the reply to a probe
  std::uint64_t probes_sent = 0;  ///< length probes
  std::uint64_t probes_answered = 0;
  std::uint64_t errors_to_host = 0;          ///< ICMPv6 errors
  std::uint64_t names_answered = 0;          ///< replies of the name server
  std::uint64_t refused_to_peers = 0;        ///< resets, errors and refusals that were sent to peers
  std::uint64_t refusals_received = 0;       ///< from nodes that do not let this one in
  std::uint64_t dropped_malformed_read = 0;  ///< from the host
  std::uint64_t dropped_not_unicast = 0;     ///< from the host, for multicast or link-local addresses
  std::uint64_t dropped_foreign_source = 0;  ///< from the host, with an address that is not its own
  std::uint64_t dropped_no_destination = 0;  ///< from the host, for addresses that no node can have
  std::uint64_t dropped_unreachable =
      0;                                ///< from the host, for nodes that are silent, refuse, or are unknown
  std::uint64_t dropped_too_long = 0;   ///< from the host, longer than the peer takes
  std::uint64_t dropped_held_full = 0;  ///< from the host: enough waits already
  std::uint64_t dropped_not_sent = 0;   ///< the layer below did not send it
  std::uint64_t dropped_malformed = 0;  ///< from peers
  std::uint64_t dropped_unprotected = 0;  ///< from peers, with a partial checksum
  std::uint64_t dropped_not_allowed = 0;  ///< from hosts that are not allowed
  std::uint64_t dropped_not_exposed = 0;  ///< from peers, to ports that are not exposed
  std::uint64_t dropped_protocol = 0;     ///< from peers, of a protocol or kind that does not come in
  std::uint64_t dropped_unasked = 0;      ///< replies and refusals for which there was no reason
  std::uint64_t dropped_too_many = 0;     ///< probes and queries beyond the limit
  std::uint64_t dropped_unknown_next_header = 0;

  /// Calls `f(name, value)` for each.
  template <class F>
  void for_each(F&& f) const {
    f("sent", sent);
    f("delivered", delivered);
    f("reads", reads);
    f("held", held);
    f("probes_sent", probes_sent);
    f("probes_answered", probes_answered);
    f("errors_to_host", errors_to_host);
    f("names_answered", names_answered);
    f("refused_to_peers", refused_to_peers);
    f("refusals_received", refusals_received);
    f("dropped_malformed_read", dropped_malformed_read);
    f("dropped_not_unicast", dropped_not_unicast);
    f("dropped_foreign_source", dropped_foreign_source);
    f("dropped_no_destination", dropped_no_destination);
    f("dropped_unreachable", dropped_unreachable);
    f("dropped_too_long", dropped_too_long);
    f("dropped_held_full", dropped_held_full);
    f("dropped_not_sent", dropped_not_sent);
    f("dropped_malformed", dropped_malformed);
    f("dropped_unprotected", dropped_unprotected);
    f("dropped_not_allowed", dropped_not_allowed);
    f("dropped_not_exposed", dropped_not_exposed);
    f("dropped_protocol", dropped_protocol);
    f("dropped_unasked", dropped_unasked);
    f("dropped_too_many", dropped_too_many);
    f("dropped_unknown_next_header", dropped_unknown_next_header);
  }
};

}  // namespace ilnp
