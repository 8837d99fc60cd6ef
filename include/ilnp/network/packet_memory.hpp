#pragma once

#include <array>
#include <optional>
#include <vector>

#include "carry_account.hpp"

namespace ilnp {

/// The packets of the last half second that a node has carried or would have carried, by a keyed hash of their content, and
/// which of them were heard on the network where they go to: there a copy counts only for a packet that was really there.
/// A copy may come before its packet; equal packets in a row are told by their number.
///
/// Of fixed size, and never searched: a packet has a set of four places. One that is waited for does not give way; one more
/// is not noted then. Allocates at construction only.
class PacketMemory {
 public:
  using Step = CarryAccount::Step;
  static constexpr std::size_t max_packets = 16384;  // a power of two
  static constexpr Step memory = 4;                  ///< steps for which a packet is known

  PacketMemory() : sets_(max_packets / places) {}

  /// What is known of a packet that was put on the network where it comes from.
  struct Seen {
    enum class Kind {
      fresh,    ///< nothing
      unnoted,  ///< nothing; and there is no place for it
      copy,     ///< it was there before, from another sender or with another hop limit
      carried   ///< a copy was heard already where it goes to: from `carrier`, with `carrier_hop_limit`
    };
    Kind kind = Kind::fresh;
    std::uint64_t carrier = 0;
    std::uint8_t carrier_hop_limit = 0;
  };

  /// `sender` has put a packet with this hash on the network. `awaited`: a copy where it goes to is waited for.
  Seen see(std::uint64_t hash, std::uint64_t sender, std::uint8_t hop_limit, bool awaited,
           Step now) noexcept {
    Set& set = sets_[hash % sets_.size()];
    Packet* same = nullptr;
    Packet* early = nullptr;
    for (Packet& packet : set) {
      if (packet.hash != hash || now - packet.step > memory) continue;
      if (packet.seen && (packet.sender != sender || packet.hop_limit != hop_limit))
        return {Seen::Kind::copy};
      if (packet.early > 0 && now - packet.step <= CarryAccount::patience &&
          packet.carrier_hop_limit + 1 >= hop_limit)
        early = &packet;
      if (packet.seen && packet.step == now) same = &packet;
    }
    if (early) {
      --early->early;
      early->seen = true;
      early->sender = sender;
      early->hop_limit = hop_limit;
      return {Seen::Kind::carried, early->carrier, early->carrier_hop_limit};
    }
    if (!same) same = place(set, now);
    if (!same) return {Seen::Kind::unnoted};
    if (same->hash != hash || same->step != now || !same->seen)
      *same = {.hash = hash, .sender = sender, .step = now, .hop_limit = hop_limit, .seen = true};
    if (awaited && same->open < UINT16_MAX) ++same->open;
    return {};
  }

  /// What was heard: a copy of a packet that was waited for since `since`, and that had come with `hop_limit`.
  struct Heard {
    Step since;
    std::uint8_t hop_limit;
  };

  /// `carrier` has put a packet with this hash on the network where it goes to. Nothing if none like it is waited for (yet).
  /// It must leave it as many hops as this node would have, unless `any_way`.
  std::optional<Heard> hear(std::uint64_t hash, std::uint64_t carrier, std::uint8_t hop_limit, bool any_way,
                            Step now) noexcept {
    Set& set = sets_[hash % sets_.size()];
    Packet* newest = nullptr;
    Packet* early = nullptr;
    for (Packet& packet : set) {
      if (packet.hash != hash || now - packet.step > CarryAccount::patience) continue;
      if (packet.open > 0 && (any_way || hop_limit + 1 >= packet.hop_limit) &&
          (!newest || packet.step - newest->step < memory))
        newest = &packet;
      if (packet.early > 0 && packet.step == now) early = &packet;
    }
    if (newest) {
      --newest->open;
      return Heard{newest->step, newest->hop_limit};
    }
    if (!early && (early = place(set, now))) *early = {.hash = hash, .step = now};
    if (early && early->early < UINT16_MAX) {
      ++early->early;
      early->carrier = carrier;
      early->carrier_hop_limit = hop_limit;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t places = 4;

  struct Packet {
    std::uint64_t hash = 0;
    std::uint64_t sender = 0;
    std::uint64_t carrier = 0;
    Step step = 0;
    std::uint16_t open = 0;   ///< packets of which a copy is waited for
    std::uint16_t early = 0;  ///< copies that came first
    std::uint8_t hop_limit = 0;
    std::uint8_t carrier_hop_limit = 0;
    bool seen = false;
  };
  using Set = std::array<Packet, places>;

  /// The oldest place that may be used anew; null if there is none.
  static Packet* place(Set& set, Step now) noexcept {
    Packet* oldest = nullptr;
    for (Packet& packet : set) {
      if (packet.open > 0 && now - packet.step <= CarryAccount::patience) continue;
      if (!oldest || now - packet.step > now - oldest->step) oldest = &packet;
    }
    return oldest;
  }

  std::vector<Set> sets_;
};

}  // namespace ilnp
