#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "../context.hpp"

namespace ilnp {

/// How streams are let through.
struct StreamProxyConfig {
  /// Streams that this node opens go straight to the wanted port, with no request: for a peer that is no stream proxy, such as
  /// the SCTP of a kernel. They have no exit then.
  bool plain = false;
  /// Peers may be put through to hosts outside, as this node resolves them.
  bool exit = false;
  std::uint16_t request_port = 9899;  ///< the streams' port for requests, the same on all nodes
  /// That this node opens, and again that others open, of which one node cannot have the last quarter; more are refused.
  std::size_t max_connections = 1000;
  Duration request_time = std::chrono::seconds(10);  ///< for the other end to say what it wants
  Duration answer_time = std::chrono::seconds(20);   ///< for the other end to put it through, or not

  static constexpr Duration max_time = std::chrono::hours(24);

  /// Throws `std::invalid_argument` with a text for the user if nothing could be let through so.
  void validate() const {
    const auto check = [](bool ok, const char* what) {
      if (!ok) throw std::invalid_argument(what);
    };
    check(request_port != 0, "request_port: must not be 0");
    check(max_connections > 0, "max_connections: must be above 0");
    check(request_time > Duration::zero() && request_time <= max_time,
          "request_time: must be above 0, and at most a day");
    check(answer_time > Duration::zero() && answer_time <= max_time,
          "answer_time: must be above 0, and at most a day");
  }
};

}  // namespace ilnp
