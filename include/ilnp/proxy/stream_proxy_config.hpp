#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "../base/context.hpp"

namespace ilnp {

/// Configuration of a stream proxy.
struct StreamProxyConfig {
  /// Streams that this node opens go directly to the wanted port, without a request: for a
  /// peer that is not a stream proxy, such as a kernel's SCTP. Exits are unavailable then.
  bool plain = false;
  /// Peers may connect to outside hosts, which this node resolves.
  bool exit = false;
  std::uint16_t request_port = 9899;  ///< port of the streams for requests, the same on all nodes
  /// Limit for connections that this node opens, and again for those of others, of which one node cannot have the last quarter.
  std::size_t max_connections = 1000;
  std::vector<std::string> allowed{};  ///< the only hosts whose connections come in; none: all hosts
  Duration request_time = std::chrono::seconds(10);  ///< limit for the peer's request to arrive
  Duration reply_time = std::chrono::seconds(20);    ///< limit for the peer's reply to arrive

  static constexpr Duration max_time = std::chrono::hours(24);  ///< that can be configured

  /// Throws `std::invalid_argument` with a text for the user if the configuration cannot work.
  void validate() const {
    const auto check = [](bool ok, const char* what) {
      if (!ok) throw std::invalid_argument(what);
    };
    check(request_port != 0, "request_port: must not be 0");
    check(max_connections > 0, "max_connections: must be above 0");
    check(request_time > Duration::zero() && request_time <= max_time,
          "request_time: must be above 0, and at most a day");
    check(reply_time > Duration::zero() && reply_time <= max_time,
          "reply_time: must be above 0, and at most a day");
  }
};

}  // namespace ilnp
