#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of the stream layer since its start. SCTP's own counters are usrsctp's, for the whole process.
struct SctpCounters {
  static constexpr std::string_view layer = "sctp";

  std::uint64_t packets_received = 0;   ///< datagrams to the port of SCTP
  std::uint64_t packets_sent = 0;       ///< datagrams that the transport has taken
  std::uint64_t packets_not_sent = 0;   ///< the transport returned an error; like a loss, they are sent again
  std::uint64_t dropped_malformed = 0;  ///< not a valid SCTP packet, or not acceptable
  std::uint64_t received_stray = 0;     ///< of no stream and to no listening port
  std::uint64_t dropped_too_often = 0;  ///< handshakes or strays beyond the limits
  std::uint64_t dropped_stream_exists = 0;  ///< requests for a stream that already exists
  std::uint64_t dropped_bad_checksum =
      0;  ///< strays with a bad checksum, not answered; usrsctp counts others
  std::uint64_t dropped_too_many_peers = 0;  ///< requests while all peers were in use
  std::uint64_t connected = 0;               ///< streams that this node opened
  std::uint64_t accepted = 0;                ///< streams that peers opened
  std::uint64_t ended = 0;                   ///< streams that both sides ended in order
  std::uint64_t reset_by_peer = 0;           ///< streams that the peer ended at once
  std::uint64_t reset_here = 0;              ///< streams that this node ended at once
  std::uint64_t connect_refused = 0;         ///< attempts of this node to which the peer said no
  std::uint64_t connect_timed_out = 0;  ///< attempts of this node that failed otherwise, most without a reply
  std::uint64_t peer_lost = 0;          ///< streams whose peer stopped replying
  std::uint64_t refused_too_many_streams = 0;  ///< requests beyond `max_streams`
  std::uint64_t refused_no_memory = 0;         ///< requests beyond `memory`
  std::uint64_t octets_written = 0;            ///< taken from users
  std::uint64_t octets_read = 0;               ///< handed to users

  template <class F>
  void for_each(F&& f) const {
    f("packets_received", packets_received);
    f("packets_sent", packets_sent);
    f("packets_not_sent", packets_not_sent);
    f("dropped_malformed", dropped_malformed);
    f("received_stray", received_stray);
    f("dropped_too_often", dropped_too_often);
    f("dropped_stream_exists", dropped_stream_exists);
    f("dropped_bad_checksum", dropped_bad_checksum);
    f("dropped_too_many_peers", dropped_too_many_peers);
    f("connected", connected);
    f("accepted", accepted);
    f("ended", ended);
    f("reset_by_peer", reset_by_peer);
    f("reset_here", reset_here);
    f("connect_refused", connect_refused);
    f("connect_timed_out", connect_timed_out);
    f("peer_lost", peer_lost);
    f("refused_too_many_streams", refused_too_many_streams);
    f("refused_no_memory", refused_no_memory);
    f("octets_written", octets_written);
    f("octets_read", octets_read);
  }
};

}  // namespace ilnp
