#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ilnp/base/context.hpp"

namespace ilnp::test {

/// Moves per cell, one after the other; number 0 is the time before the first.
inline constexpr int moves = 3;
using ByMove = std::array<std::uint64_t, moves + 1>;

/// Numbered datagrams from one node to another, and what happened to each.
class Flow {
 public:
  struct Sent {
    TimePoint at;
    std::uint8_t arrivals = 0;     ///< that have arrived
    bool lost_by_network = false;  ///< a frame of it did not reach the host that should have heard it
  };

  /// Returns the number of the new datagram, from 0.
  std::uint64_t send(TimePoint now) {
    sent.push_back({now});
    return sent.size() - 1;
  }

  void receive(std::uint64_t number, int move, TimePoint now) {
    ++received;
    if (sent[number].arrivals++ == 0 && number < next_) {
      ++reordered[static_cast<std::size_t>(move)];
      if (!sent[number].lost_by_network) ++overtaken[static_cast<std::size_t>(move)];
    }
    next_ = std::max(next_, number + 1);
    if (received > 1) gap = std::max(gap, now - last_);
    last_ = now;
  }

  void network_lost(std::uint64_t number) { sent[number].lost_by_network = true; }

  std::vector<Sent> sent;
  std::uint64_t received = 0;
  ByMove reordered{};  ///< by the move after which they arrived
  ByMove overtaken{};  ///< of these, those that did not take another path because one path lost them
  Duration gap{};      ///< the longest time between two arrivals

 private:
  std::uint64_t next_ = 0;
  TimePoint last_{};
};

}  // namespace ilnp::test
