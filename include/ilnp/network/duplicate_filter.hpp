#pragma once

#include <array>
#include <bit>

#include "bounded_table.hpp"
#include "interfaces.hpp"

namespace ilnp {

/// Lets each packet for this node through once, though the node has joined several networks and hears it on more than one
/// (docs/behaviour.md, "Duplicates").
///
/// Equal datagrams in a row are legitimate, so a copy is not told by its content alone: for each packet that was let through on one interface, one equal packet
/// is expected, and taken for the copy, on each of the others, for `window` at the most. The packet that comes first is let through, so
/// nothing waits, and nothing is lost when the node that carried the copies goes away.
///
/// The newest packets are remembered, at any rate: the copy of an old one has come, or does not come.
class DuplicateFilter {
 public:
  static constexpr std::size_t max_packets = 8192;
  static constexpr Duration window = std::chrono::seconds(1);

  void rekey(const HashKey& key) { packets_.rekey(key); }

  /// A packet with this hash (a keyed one: whoever could make another with the same would keep this one out) has come in on the interface in `slot`; `joined` says which are joined, a bit each. True if the
  /// packet is new.
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
        fresh{};  ///< copies expected, by interface: of this half window
    std::array<std::uint16_t, Interfaces::max_joined> stale{};  ///< and of the one before
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
    bool expired(TimePoint) const noexcept { return false; }  // the oldest gives way, and no other
  };

  BoundedTable<std::uint64_t, Packet, KeyAsHash> packets_{max_packets, max_packets};
};

}  // namespace ilnp
