#pragma once

#include <algorithm>
#include <array>

#include "hash_key.hpp"

namespace ilnp {

/// Limits the replies to messages that anybody may send, so that a node that asks a lot does not keep replies from others. In one
/// second:
///
/// - `to_one` for one node, caused by one sender;
/// - `to_sender` for unknown nodes, caused by one sender;
/// - `in_all` for all unknown nodes.
///
/// A node that the caller knows is counted on its own. Fixed size and cost: each count is in two
/// places, which a secret hash selects, and the smaller one applies, so strangers hardly ever share both.
template <unsigned to_one, unsigned to_sender, unsigned in_all>
class BasicReplyLimit {
 public:
  static constexpr unsigned max_to_one = to_one;  ///< replies to one node in a second
  static constexpr unsigned max_to_sender =
      to_sender;                                  ///< replies that one sender on the link causes in a second
  static constexpr unsigned max_in_all = in_all;  ///< replies in a second

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// Whether what `to` asks, which `sender` put on the network, may be answered. Counts it.
  bool admit(Nid to, std::uint64_t sender, bool known, TimePoint now) noexcept {
    if (!may_admit(to, sender, known, now)) return false;
    count(to, sender, known);
    return true;
  }
  /// The same, but does not count it: `count` does that once the reply has been sent. So requests that turn out to have no possible
  /// reply use up nothing.
  bool may_admit(Nid to, std::uint64_t sender, bool known, TimePoint now) noexcept {
    if (now - since_ >= std::chrono::seconds(1)) {
      since_ = now;
      to_one_.fill(0);
      to_sender_.fill(0);
      in_all_ = 0;
    }
    if (used(to_one_, key_(to.value(), sender)) >= max_to_one) return false;
    return known || (in_all_ < max_in_all && used(to_sender_, key_(sender)) < max_to_sender);
  }
  /// A reply to it was sent.
  void count(Nid to, std::uint64_t sender, bool known) noexcept {
    take(to_one_, key_(to.value(), sender));
    if (known) return;
    take(to_sender_, key_(sender));
    ++in_all_;
  }

 private:
  template <class Count, std::size_t n>
  static unsigned used(const std::array<Count, n>& counts, std::uint64_t hash) noexcept {
    return std::min(counts[hash % n], counts[(hash >> 32) % n]);
  }
  template <class Count, std::size_t n>
  static void take(std::array<Count, n>& counts, std::uint64_t hash) noexcept {
    const unsigned count = used(counts, hash) + 1;
    for (Count* place : {&counts[hash % n], &counts[(hash >> 32) % n]})
      *place = static_cast<Count>(std::max<unsigned>(*place, count));
  }

  HashKey key_;
  TimePoint since_ = long_ago;
  std::array<std::uint8_t, 4096> to_one_{};
  std::array<std::uint16_t, 512> to_sender_{};
  unsigned in_all_ = 0;
};

/// For probes of `Fragment`.
using ReplyLimit = BasicReplyLimit<8, 1024, 8192>;
/// For pings, which people send.
using PingLimit = BasicReplyLimit<16, 64, 512>;

}  // namespace ilnp
