#pragma once

#include <array>

#include "../base/address.hpp"
#include "../base/content_hash.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"

namespace ilnp {

/// Recognises a packet that arrives a second time on one interface: from another forwarder (two nodes in doubt, or a
/// first-implementation node, which always forwards), or with another hop limit, because first-implementation nodes reflect
/// packets to the network that they came from, and routers forward the reflections.
///
/// Identical datagrams in a row are legitimate, and arrive over the same path. So a packet is a duplicate if an identical
/// one (addresses, length, first and last octets) was accepted on the same interface within `window`, from another sender
/// or with another hop limit.
///
/// Others know what a program sends over and over again, and can send it too. So a path counts only while most packets
/// arrive over it. When more identical packets have arrived over one other path, that path counts from then on. One counter
/// finds the other path with the most packets, as in the majority vote of Boyer and Moore.
///
/// Cost: a hash of at most 80 octets, and two adjacent places of a table, without a search. Allocates only at construction.
class ReflectionFilter {
 public:
  static constexpr std::size_t max_packets = 4096;  ///< places; a power of two
  /// A packet that arrives again after this time is new.
  static constexpr Duration window = std::chrono::milliseconds(500);
  static constexpr std::uint8_t max_lead = 64;  ///< packets that count for the path that counts
  static constexpr std::uint8_t max_excess =
      2;  ///< so many more arrive over another path before that one counts

  /// `shorter_passes`: for forwarding. A duplicate with a higher hop limit, over a shorter path, is forwarded as well,
  /// since it may get further.
  explicit ReflectionFilter(bool shorter_passes = false)
      : sets_(max_packets / 2), shorter_passes_(shorter_passes) {}

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// `sender` has put a packet with this header on the network; `path` is a hash of its addresses and of the interface on
  /// which it arrived. True if it is no duplicate. `Header`: see `wire::Format`; so that all arguments fit in registers.
  template <class Header>
  bool admit(Header header, std::uint64_t path, std::uint64_t sender, TimePoint now) noexcept {
    const std::uint64_t key = fingerprint(header.payload(), path);
    // Two places, the newer packet first, so that a collision does not make a duplicate pass.
    auto& [first, second] = sets_[key % (max_packets / 2)].places;
    const std::uint8_t hop_limit = header.hop_limit();
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
    std::uint8_t other_hop_limit = 0;  ///< of packets over another path
    std::uint8_t count = 1;            ///< packets over this path
    std::uint8_t others = 0;           ///< and over the other
    std::uint32_t other_sender = 0;

    bool same(const Seen& one) const noexcept { return sender == one.sender && hop_limit == one.hop_limit; }
    bool again(TimePoint now) noexcept {
      at = now;
      if (count == max_lead && others == 0) return true;  // the usual case: one comparison of two octets
      if (count < max_lead) {
        ++count;
      } else if (others > 0) {
        --others;
      }
      return true;
    }
    /// Have more packets arrived over the path of `one`?
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

  /// Of the beginning, the end and the length.
  std::uint64_t fingerprint(Bytes payload, std::uint64_t path) const noexcept {
    constexpr std::size_t front = 64;
    constexpr std::size_t back = 16;
    if (payload.size() <= front) return content_hash(payload, key_, path);
    return content_hash(payload.last<back>(), key_,
                        content_hash(payload.first<front>(), key_, path ^ payload.size()));
  }

  HashKey key_;
  List<Set> sets_;
  bool shorter_passes_;
};

}  // namespace ilnp
