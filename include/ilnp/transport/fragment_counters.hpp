#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of the layer for long datagrams since its start; they count datagrams unless noted.
struct FragmentCounters {
  static constexpr std::string_view layer = "fragment";

  std::uint64_t sent = 0;       ///< in fragments
  std::uint64_t delivered = 0;  ///< reassembled
  std::uint64_t fragments_sent = 0;
  std::uint64_t fragments_received = 0;
  std::uint64_t probes = 0;   ///< probes sent
  std::uint64_t replies = 0;  ///< replies sent
  std::uint64_t held = 0;     ///< kept until the other side replies
  std::uint64_t refused_too_long =
      0;  ///< `send`: the other side does not reassemble, or too long for any node
  std::uint64_t refused_queue_full = 0;  ///< `send`: enough wait already
  std::uint64_t dropped_no_reply = 0;    ///< held, and the other side did not reply
  std::uint64_t dropped_incomplete = 0;  ///< a fragment was too late, or others needed the room
  std::uint64_t dropped_conflict = 0;    ///< two different fragments for one place, or divided in two ways
  std::uint64_t dropped_no_room = 0;     ///< fragments, no buffer free
  std::uint64_t dropped_malformed = 0;   ///< messages
  std::uint64_t dropped_wrong_key = 0;   ///< fragments from a node that was not told the key
  std::uint64_t dropped_not_bound = 0;   ///< fragments for a port that nobody has bound
  std::uint64_t dropped_duplicate = 0;   ///< fragments that were already present
  std::uint64_t dropped_unasked = 0;     ///< replies without a probe
  std::uint64_t dropped_too_many = 0;    ///< probes beyond the limit

  template <class F>
  void for_each(F&& f) const {
    f("sent", sent);
    f("delivered", delivered);
    f("fragments_sent", fragments_sent);
    f("fragments_received", fragments_received);
    f("probes", probes);
    f("replies", replies);
    f("held", held);
    f("refused_too_long", refused_too_long);
    f("refused_queue_full", refused_queue_full);
    f("dropped_no_reply", dropped_no_reply);
    f("dropped_incomplete", dropped_incomplete);
    f("dropped_conflict", dropped_conflict);
    f("dropped_no_room", dropped_no_room);
    f("dropped_malformed", dropped_malformed);
    f("dropped_wrong_key", dropped_wrong_key);
    f("dropped_not_bound", dropped_not_bound);
    f("dropped_duplicate", dropped_duplicate);
    f("dropped_unasked", dropped_unasked);
    f("dropped_too_many", dropped_too_many);
  }
};

}  // namespace ilnp
