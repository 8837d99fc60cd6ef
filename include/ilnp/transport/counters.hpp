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
  }
};

}  // namespace ilnp
