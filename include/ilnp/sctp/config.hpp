#pragma once

#include <chrono>
#include <cstdint>

#include "../context.hpp"

namespace ilnp {

/// How streams behave. The defaults are for the short paths of an overlay on one link or a few. RFC 9260's (a retransmission after a
/// second at the soonest, a dead peer noticed after minutes) are for long ones: a packet lost at the end of a burst would
/// cost a LAN the time of a hundred megabytes.
struct SctpConfig {
  /// The transport's port, the same on all nodes: that which IANA has assigned to SCTP in UDP (RFC 6951).
  std::uint16_t port = 9899;

  Duration min_retransmission_time = std::chrono::milliseconds(50);
  Duration max_retransmission_time = std::chrono::milliseconds(1000);
  Duration first_retransmission_time = std::chrono::milliseconds(200);  ///< before a round trip was measured
  /// Well below the least retransmission time: else a receiver that waits for a second packet to acknowledge looks like a loss.
  Duration acknowledgement_delay = std::chrono::milliseconds(20);
  /// On a stream at rest, each end sends that often; one that is not answered is tried again that much later, and the
  /// retransmission time besides.
  Duration heartbeat_interval = std::chrono::milliseconds(1000);
  /// A peer of which nothing at all has come for so long is dead (and noticed within a second more). So long may a path be gone.
  Duration silence = std::chrono::seconds(12);
  std::uint16_t max_connect_attempts = 8;  ///< nobody answers: given up after 7.4 s

  std::uint32_t send_buffer = 256 * 1024;  ///< octets that a stream takes and the peer has not acknowledged
  std::uint32_t receive_buffer = 256 * 1024;  ///< octets that wait for the reader of a stream

  std::uint32_t max_streams = 4096;  ///< more are refused
  std::uint32_t max_peers = 1024;    ///< more, if none of them has been at rest for a while, are refused
};

}  // namespace ilnp
