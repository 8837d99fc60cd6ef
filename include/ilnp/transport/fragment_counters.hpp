#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// What the layer for long datagrams has done so far; datagrams where nothing else is said, from the start.
struct FragmentCounters {
  static constexpr std::string_view layer = "fragment";

  std::uint64_t sent = 0;       ///< in pieces
  std::uint64_t delivered = 0;  ///< put together
  std::uint64_t pieces_sent = 0;
  std::uint64_t pieces_received = 0;
  std::uint64_t questions = 0;  ///< that this node has asked
  std::uint64_t answers = 0;    ///< that it has given
  std::uint64_t held = 0;       ///< kept for a while, until the other side has answered
  std::uint64_t refused_too_long =
      0;  ///< `send`: the other side does not put pieces together, or too long for all
  std::uint64_t refused_queue_full = 0;  ///< `send`: enough are held already
  std::uint64_t dropped_no_answer = 0;   ///< held, and the other side has not answered
  std::uint64_t dropped_incomplete = 0;  ///< a piece did not come in time, or others needed the room
  std::uint64_t dropped_conflict = 0;    ///< two pieces for one place, or cut in two ways
  std::uint64_t dropped_no_room = 0;     ///< pieces, for want of a buffer
  std::uint64_t dropped_malformed = 0;   ///< messages
  std::uint64_t dropped_wrong_key = 0;   ///< pieces from who was not told to send any
  std::uint64_t dropped_not_bound = 0;   ///< pieces for a port that nobody has bound
  std::uint64_t dropped_duplicate = 0;   ///< pieces that were there already
  std::uint64_t dropped_unasked = 0;     ///< answers
  std::uint64_t dropped_too_many = 0;    ///< questions

  template <class F>
  void for_each(F&& f) const {
    f("sent", sent);
    f("delivered", delivered);
    f("pieces_sent", pieces_sent);
    f("pieces_received", pieces_received);
    f("questions", questions);
    f("answers", answers);
    f("held", held);
    f("refused_too_long", refused_too_long);
    f("refused_queue_full", refused_queue_full);
    f("dropped_no_answer", dropped_no_answer);
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
