#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of the transport since its start; all count datagrams.
struct TransportCounters {
  static constexpr std::string_view layer = "stp";

  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dropped_unknown_next_header = 0;  ///< not of this transport, nor of another above it
  std::uint64_t dropped_too_short = 0;            ///< too short for the ports
  std::uint64_t dropped_port_not_bound = 0;
  std::uint64_t refused_too_long = 0;  ///< `send`: message too long
  std::uint64_t goodbyes_sent = 0;
  std::uint64_t goodbyes_received = 0;
  std::uint64_t pings_sent = 0;
  std::uint64_t pings_answered = 0;          ///< of other nodes
  std::uint64_t ping_replies_received = 0;   ///< to pings of this node
  std::uint64_t dropped_pings_too_many = 0;  ///< pings beyond the limit for replies
  std::uint64_t dropped_ping_not_asked = 0;  ///< a reply to no ping of this node, or a second one

  template <class F>
  void for_each(F&& f) const {
    f("sent", sent);
    f("delivered", delivered);
    f("dropped_unknown_next_header", dropped_unknown_next_header);
    f("dropped_too_short", dropped_too_short);
    f("dropped_port_not_bound", dropped_port_not_bound);
    f("refused_too_long", refused_too_long);
    f("goodbyes_sent", goodbyes_sent);
    f("goodbyes_received", goodbyes_received);
    f("pings_sent", pings_sent);
    f("pings_answered", pings_answered);
    f("ping_replies_received", ping_replies_received);
    f("dropped_pings_too_many", dropped_pings_too_many);
    f("dropped_ping_not_asked", dropped_ping_not_asked);
  }
};

}  // namespace ilnp
