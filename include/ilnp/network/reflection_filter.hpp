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
/// with another hop limit.
///
/// What a program sends again and again is known to others, who can send the same. So that way holds only while most come by it:
/// where more equal packets came by one other way than by this one, these are no copies, and from there on that way holds.
/// Which of the other ways has most is found by one counter, as in the majority vote of Boyer and Moore.
///
/// Cost: a hash of at most 80 octets, and two neighbouring places of a table that is never searched. Allocates at
/// construction only.
class ReflectionFilter {
 public:
  static constexpr std::size_t max_packets = 4096;  // a power of two
  static constexpr Duration window = std::chrono::milliseconds(500);
  static constexpr std::uint8_t max_lead = 64;   ///< packets that count for the way that holds
  static constexpr std::uint8_t max_excess = 2;  ///< so many more come another way before that one holds

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
    Seen fresh{key, now, sender, hop_limit};
    if (seen.key == key && now - seen.at < window) {
      if (seen.same(fresh)) return seen.again(now);
      const bool shorter = shorter_passes_ && hop_limit > seen.hop_limit;
      if (!shorter && !seen.overruled_by(fresh)) return false;
      if (shorter) fresh.set_against(seen);
    }
    if (seen.key != key) second = first;
    seen = fresh;
    return true;
  }

 private:
  struct Seen {
    std::uint64_t key = 0;
    TimePoint at = long_ago;
    std::uint64_t sender = 0;
    std::uint8_t hop_limit = 0;
    std::uint8_t count = 1;            ///< packets that came this way
    std::uint8_t others = 0;           ///< and by another
    std::uint8_t other_hop_limit = 0;  ///< which is this
    std::uint32_t other_sender = 0;

    bool same(const Seen& one) const noexcept { return sender == one.sender && hop_limit == one.hop_limit; }
    bool again(TimePoint now) noexcept {
      at = now;
      if (count < max_lead) {
        ++count;
      } else if (others > 0) {
        --others;
      }
      return true;
    }
    /// Have more packets come the way of `one`?
    bool overruled_by(const Seen& one) noexcept {
      const auto its = static_cast<std::uint32_t>(one.sender);
      if (others == 0) other_sender = its, other_hop_limit = one.hop_limit;
      if (other_sender != its || other_hop_limit != one.hop_limit) return --others, false;
      return ++others > count + max_excess;
    }
    void set_against(const Seen& one) noexcept {
      other_sender = static_cast<std::uint32_t>(one.sender);
      other_hop_limit = one.hop_limit;
      others = one.count;
    }
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
