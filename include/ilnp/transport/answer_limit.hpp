#pragma once

#include <algorithm>
#include <array>

#include "../hash_key.hpp"

namespace ilnp {

/// How many questions a node answers, so that nobody who asks a lot keeps the answers from others. In one second:
///
/// - `max_to_one` to one node by one sender,
/// - `max_to_sender` by one sender to nodes that this one does not know, and
/// - `max_in_all` to all that it does not know.
///
/// Whom this node knows to put pieces together, or to send some, is counted for himself only. Of fixed size and cost: counts
/// stand in two places each, found by a secret hash, and the smaller one counts, so that strangers hardly ever share both.
class AnswerLimit {
 public:
  static constexpr unsigned max_to_one = 8;
  static constexpr unsigned max_to_sender = 1024;
  static constexpr unsigned max_in_all = 8192;

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// May `to`, whose question `sender` has put on the network, be answered? Counts it.
  bool admit(Nid to, std::uint64_t sender, bool known, TimePoint now) noexcept {
    if (now - since_ >= std::chrono::seconds(1)) {
      since_ = now;
      to_one_.fill(0);
      to_sender_.fill(0);
      in_all_ = 0;
    }
    const std::uint64_t one = key_(to.value(), sender);
    if (!take(to_one_, one, max_to_one)) return false;
    if (known) return true;
    if (in_all_ == max_in_all || !take(to_sender_, key_(sender), max_to_sender)) return false;
    ++in_all_;
    return true;
  }

 private:
  template <class Count, std::size_t n>
  static bool take(std::array<Count, n>& counts, std::uint64_t hash, unsigned limit) noexcept {
    Count& first = counts[hash % n];
    Count& second = counts[(hash >> 32) % n];
    const unsigned count = std::min(first, second);
    if (count >= limit) return false;
    first = static_cast<Count>(std::max<unsigned>(first, count + 1));
    second = static_cast<Count>(std::max<unsigned>(second, count + 1));
    return true;
  }

  HashKey key_;
  TimePoint since_ = long_ago;
  std::array<std::uint8_t, 4096> to_one_{};
  std::array<std::uint16_t, 512> to_sender_{};
  unsigned in_all_ = 0;
};

}  // namespace ilnp
