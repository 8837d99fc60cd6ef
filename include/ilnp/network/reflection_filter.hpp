#pragma once

#include <array>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"
#include "content_hash.hpp"

namespace ilnp {

/// Knows a packet for this node that comes in a second time on one interface: from another node that carries as well (two
/// in doubt, or one of another kind, which always carries), or with another hop limit, for nodes of another kind send a
/// packet back to the network that it came from, and routers carry such copies on.
///
/// Equal datagrams in a row are legitimate, and come the same way. So a packet is a copy if an equal one (addresses,
/// length, first and last octets) was let through on the same interface within `window` that had come from another sender or
/// with another hop limit. Who forges packets cannot keep others out by that: he would have to send the same.
///
/// Cost: a hash of at most 80 octets, and two neighbouring places of a table that is never searched. Allocates at
/// construction only.
class ReflectionFilter {
 public:
  static constexpr std::size_t max_packets = 4096;  // a power of two
  static constexpr Duration window = std::chrono::milliseconds(500);

  /// `shorter_passes`: for one who carries packets on. A copy that came with a higher hop limit, a shorter way, is carried as
  /// well: it may get further.
  explicit ReflectionFilter(bool shorter_passes = false)
      : sets_(max_packets / 2), shorter_passes_(shorter_passes) {}

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// A packet has been put on the network by `sender`, with this payload; `path` is a hash of its addresses and of where it
  /// came in. True if it is no copy.
  bool admit(Bytes payload, std::uint64_t path, std::uint64_t sender, std::uint8_t hop_limit,
             TimePoint now) noexcept {
    const std::uint64_t key = fingerprint(payload, path);
    // Two places, the newer packet first: one that happens to fall on the same does not make another's copy pass.
    auto& [first, second] = sets_[key % (max_packets / 2)].places;
    Seen& seen = key == second.key ? second : first;
    if (seen.key == key && (sender != seen.sender || hop_limit != seen.hop_limit) && now - seen.at < window &&
        !(shorter_passes_ && hop_limit > seen.hop_limit))
      return false;
    if (seen.key != key) second = first;
    seen = {key, now, sender, hop_limit};
    return true;
  }

 private:
  struct Seen {
    std::uint64_t key = 0;
    TimePoint at = long_ago;
    std::uint64_t sender = 0;
    std::uint8_t hop_limit = 0;
  };
  struct alignas(2 * sizeof(Seen)) Set {
    std::array<Seen, 2> places;
  };

  /// Of the front, the back and the length.
  std::uint64_t fingerprint(Bytes payload, std::uint64_t path) const noexcept {
    constexpr std::size_t front = 64;
    constexpr std::size_t back = 16;
    if (payload.size() <= front) return content_hash(payload, key_, path);
    return content_hash(payload.last<back>(), key_,
                        content_hash(payload.first<front>(), key_, path ^ payload.size()));
  }

  HashKey key_;
  std::vector<Set> sets_;
  bool shorter_passes_;
};

}  // namespace ilnp
