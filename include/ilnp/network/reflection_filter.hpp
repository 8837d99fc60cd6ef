#pragma once

#include <vector>

#include "../address.hpp"
#include "../context.hpp"
#include "content_hash.hpp"

namespace ilnp {

/// Knows a packet for this node that comes in a second time on one interface: nodes of another kind send a packet back to
/// the network that it came from, with a lower hop limit, when they know its destination locator to lie behind that network,
/// and routers carry such copies on; and where two ways lead here, such nodes carry on both. So a packet is a copy if an
/// equal one (addresses, length, first and last octets) with a higher hop limit came in on the same interface within
/// `window`, and once if one with a lower hop limit did: then the copy was faster. Who forges packets cannot keep others
/// out by that.
///
/// Cost: a hash of at most 80 octets, and one place of a table that is never searched. Allocates at construction only.
class ReflectionFilter {
 public:
  static constexpr std::size_t max_packets = 4096;  // a power of two
  static constexpr Duration window = std::chrono::milliseconds(500);

  ReflectionFilter() : seen_(max_packets) {}

  /// A packet has come in with this payload; `path` is a hash of its addresses and of where it came in. True if it is no
  /// reflection.
  bool admit(Bytes payload, std::uint64_t path, std::uint8_t hop_limit, TimePoint now) noexcept {
    const std::uint64_t key = fingerprint(payload, path);
    Seen& seen = seen_[key % max_packets];
    const bool again = seen.key == key && now - seen.at < window;
    if (again && hop_limit < seen.hop_limit) return false;
    const bool overtaken = again && hop_limit > seen.hop_limit && !seen.overtaken;
    seen = {key, now, hop_limit, overtaken};
    return !overtaken;
  }

 private:
  struct Seen {
    std::uint64_t key = 0;
    TimePoint at = long_ago;
    std::uint8_t hop_limit = 0;
    bool overtaken = false;  ///< what was let through is a copy of the last one
  };

  /// Of the front, the back and the length.
  static std::uint64_t fingerprint(Bytes payload, std::uint64_t path) noexcept {
    constexpr std::size_t front = 64;
    constexpr std::size_t back = 16;
    if (payload.size() <= front) return content_hash(payload, path);
    return content_hash(payload.last<back>(), content_hash(payload.first<front>(), path ^ payload.size()));
  }

  std::vector<Seen> seen_;
};

}  // namespace ilnp
