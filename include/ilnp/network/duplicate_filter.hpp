#pragma once

#include <array>
#include <bit>

#include "../base/bounded_table.hpp"
#include "interfaces.hpp"

namespace ilnp {

/// Delivers each packet for this node once, even if the node has joined several networks and hears it on more than one
/// (docs/behaviour.md, "Duplicates").
///
/// Identical datagrams in a row are legitimate, so content alone does not identify a duplicate. For each packet accepted on
/// one interface, one identical packet is expected on each other interface, for at most `window`, and treated as the
/// duplicate. The first copy of a packet is accepted, so nothing waits, and nothing is lost when a forwarder goes away.
///
/// The newest packets are always remembered: the duplicate of an old one has arrived already, or never will.
class DuplicateFilter {
 public:
  static constexpr std::size_t max_packets = 8192;  ///< that are remembered; the oldest gives way
  static constexpr Duration window = Interfaces::duplicates_last;  ///< no copy is expected after this time

  void rekey(const HashKey& key) { packets_.rekey(key); }

  /// A packet with this hash has arrived on the interface in `slot`; `joined` has a bit for each joined interface. The hash
  /// must be keyed, or whoever constructs another packet with the same hash could suppress this one. True if the packet is
  /// new.
  bool admit(std::uint64_t hash, std::uint8_t slot, std::uint32_t joined, TimePoint now) {
    Packet& packet = packets_.insert(hash, 0, now);
    packet.age(now);
    if (packet.take(slot)) return false;
    for (std::uint32_t others = joined & ~(std::uint32_t{1} << slot); others != 0; others &= others - 1)
      if (auto& fresh = packet.fresh[static_cast<std::size_t>(std::countr_zero(others))]; fresh < UINT16_MAX)
        ++fresh;
    return true;
  }

  std::size_t size() const noexcept { return packets_.size(); }

 private:
  struct Packet {
    std::array<std::uint16_t, Interfaces::max_joined>
        fresh{};  ///< duplicates expected, by interface: of this half window
    std::array<std::uint16_t, Interfaces::max_joined> stale{};  ///< and of the previous one
    TimePoint half = long_ago;

    void age(TimePoint now) {
      if (now - half < window / 2) return;
      if (now - half < window) {
        stale = fresh;
      } else {
        stale.fill(0);
      }
      fresh.fill(0);
      half = now;
    }
    bool take(std::size_t interface) {
      std::uint16_t& expected = stale[interface] ? stale[interface] : fresh[interface];
      if (expected == 0) return false;
      --expected;
      return true;
    }
    TimePoint last_used() const noexcept { return long_ago; }
    bool expired(TimePoint) const noexcept { return false; }  // only the oldest gives way
  };

  BoundedTable<std::uint64_t, Packet, KeyAsHash> packets_{max_packets, max_packets};
};

}  // namespace ilnp
