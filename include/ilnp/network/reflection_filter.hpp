#pragma once

#include <array>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"
#include "content_hash.hpp"

namespace ilnp {

/// Recognises a packet that arrives a second time on one interface: from another forwarder (two nodes in doubt, or a
/// first-implementation node, which always forwards), or with another hop limit, because first-implementation nodes reflect
/// packets to the network that they came from, and routers forward the reflections.
///
/// Identical datagrams in a row are legitimate, and arrive over the same path. So a packet is a duplicate if an identical
/// one (addresses, length, first and last octets) was accepted on the same interface within `window`, from another sender
/// or with another hop limit. Nobody can suppress others' packets by forging: the forgery would have to be the same packet.
///
/// Cost: a hash of at most 80 octets, and two adjacent places of a table, without a search. Allocates only at construction.
class ReflectionFilter {
 public:
  static constexpr std::size_t max_packets = 4096;  // a power of two
  static constexpr Duration window = std::chrono::milliseconds(500);

  /// `shorter_passes`: for forwarding. A duplicate with a higher hop limit, over a shorter path, is forwarded as well,
  /// since it may get further.
  explicit ReflectionFilter(bool shorter_passes = false)
      : sets_(max_packets / 2), shorter_passes_(shorter_passes) {}

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// `sender` has put a packet with this payload on the network; `path` is a hash of its addresses and of the interface on
  /// which it arrived. True if it is no duplicate.
  bool admit(Bytes payload, std::uint64_t path, std::uint64_t sender, std::uint8_t hop_limit,
             TimePoint now) noexcept {
    const std::uint64_t key = fingerprint(payload, path);
    // Two places, the newer packet first, so that a collision does not make a duplicate pass.
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

  /// Of the beginning, the end and the length.
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
