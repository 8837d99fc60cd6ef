#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "../base/context.hpp"

namespace ilnp {

/// Configuration of streams. The defaults are for the short paths of an overlay on one link or a few. Those of RFC 9260 (a
/// retransmission after at least a second, a dead peer noticed after minutes) are for long ones: a packet lost at the end
/// of a burst would cost a LAN the time of a hundred megabytes.
struct SctpConfig {
  /// The transport's port, the same on all nodes. The default is the one that IANA assigned to SCTP in UDP (RFC 6951).
  std::uint16_t port = 9899;

  Duration min_retransmission_time = std::chrono::milliseconds(50);    ///< RTO.Min of RFC 9260
  Duration max_retransmission_time = std::chrono::milliseconds(1000);  ///< RTO.Max
  Duration first_retransmission_time =
      std::chrono::milliseconds(200);  ///< before a round trip has been measured
  /// Must be well below the minimum retransmission time; else a receiver that waits for a second packet looks like a loss.
  Duration acknowledgement_delay = std::chrono::milliseconds(20);
  /// On an idle stream each end sends a heartbeat this often. One without a reply is repeated after this time plus the
  /// retransmission time.
  Duration heartbeat_interval = std::chrono::milliseconds(1000);
  /// A peer from which nothing has arrived for this long is dead, which is noticed within
  /// another second. A path may be interrupted for this long.
  Duration silence = std::chrono::seconds(12);
  std::uint16_t max_connect_attempts = 8;  ///< without a reply: given up after 7.4 s

  std::uint32_t send_buffer =
      256 * 1024;  ///< octets that a stream has accepted and the peer has not acknowledged
  std::uint32_t receive_buffer = 256 * 1024;  ///< octets that wait for the reader of a stream

  /// Each stream has these buffers, or smaller ones when memory is short; see `SctpShares`.
  std::uint64_t memory = 512 << 20;  ///< octets for all streams; a stream that does not fit is refused

  std::uint32_t max_streams = 4096;  ///< more are refused
  std::uint32_t max_peers = 1024;    ///< more are refused, unless one has been idle for a while

  /// Throws `std::invalid_argument` with a text for the user if streams cannot work like this.
  void validate() const {
    const auto check = [](bool ok, const char* what) {
      if (!ok) throw std::invalid_argument(what);
    };
    constexpr Duration least = std::chrono::milliseconds(1), most = std::chrono::minutes(1);
    constexpr std::uint32_t least_buffer = 4096, most_buffer = 1 << 30;
    check(port != 0, "sctp port: must not be 0");
    check(min_retransmission_time >= least && min_retransmission_time <= first_retransmission_time &&
              first_retransmission_time <= max_retransmission_time && max_retransmission_time <= most,
          "sctp retransmission times: must be from 1 ms to 1 minute, the least, the first and the longest in "
          "this order");
    check(
        acknowledgement_delay >= Duration::zero() && acknowledgement_delay <= std::chrono::milliseconds(500),
        "sctp acknowledgement_delay: must be from 0 to 500 ms");
    check(heartbeat_interval >= least && heartbeat_interval <= most,
          "sctp heartbeat_interval: must be from 1 ms to 1 minute");
    check(silence >= least && silence <= std::chrono::hours(24), "sctp silence: must be from 1 ms to a day");
    check(max_connect_attempts > 0, "sctp max_connect_attempts: must be above 0");
    check(send_buffer >= least_buffer && send_buffer <= most_buffer && receive_buffer >= least_buffer &&
              receive_buffer <= most_buffer,
          "sctp buffers: must be from 4096 octets to 1 GiB");
    check(max_streams > 0 && max_peers > 0, "sctp limits: must be above 0");
    check(memory >= 1 << 20, "sctp memory: must be 1 MiB or more");
  }
};

}  // namespace ilnp
