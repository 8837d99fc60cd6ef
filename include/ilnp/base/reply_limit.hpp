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

/// For probes of `Fragment`.
using ReplyLimit = BasicReplyLimit<8, 1024, 8192>;
/// For pings, which people send.
using PingLimit = BasicReplyLimit<16, 64, 512>;

}  // namespace ilnp
