#pragma once

#include <array>
#include <optional>
#include <vector>

#include "packet_sample.hpp"

namespace ilnp {

/// The packets of the last second that a node has carried or would have carried, by a keyed hash of their content, and
/// which of them were heard on the network where they go to: there a copy counts only for a packet that was really there.
/// A copy may come before its packet; equal packets in a row are told by their number.
///
/// Of fixed size, and never searched: a packet has a set of eight places. One that is waited for does not give way; one more
/// is not noted then. Where there are more packets than places, a sample of them is waited for. Allocates at construction only.
class PacketMemory {
 public:
  using Step = CarryAccount::Step;
  static constexpr std::size_t max_packets = 32768;  // a power of two
  static constexpr Step memory = 6;                  ///< steps for which a packet is known
  /// Packets to be noted in a step, before fewer are sampled: of the places of a set, three on average are waited for then.
  static constexpr unsigned budget = max_packets * 3 / 8 / memory;

  PacketMemory() : sets_(max_packets / places) {}

  /// Is this packet one of those that may be waited for?
  bool sampled(std::uint64_t hash, Step now) noexcept { return sample_.had(hash, now); }

  /// What is known of a packet that was put on the network where it comes from.
  struct Seen {
    enum class Kind {
      fresh,    ///< nothing
      unnoted,  ///< nothing, and there is no place for it; or a copy that came a shorter way
      copy,  ///< it was there before, from another sender or with another hop limit; a shorter way is of no use
      carried  ///< a copy was heard already where it goes to: from `carrier`, with `carrier_hop_limit`
    };
    Kind kind = Kind::fresh;
    std::uint64_t carrier = 0;
    std::uint8_t carrier_hop_limit = 0;
  };

  /// `sender` has put a packet with this hash on the network. `awaited`: a copy where it goes to is waited for.
  /// `last_hop`: where it goes to is the network of its destination, so that one with more hops left gets no further.
  Seen see(std::uint64_t hash, std::uint64_t sender, std::uint8_t hop_limit, bool awaited, bool last_hop,
           Step now) noexcept {
    Set& set = sets_[hash % sets_.size()];
    Packet* same = nullptr;
    Packet* early = nullptr;
    for (Packet& packet : set) {
      if (packet.hash != hash || now - packet.step > memory) continue;
      if (packet.seen && (packet.sender != sender || packet.hop_limit != hop_limit)) {
        if (last_hop || hop_limit <= packet.hop_limit) return {Seen::Kind::copy};
        packet.sender = sender;
        packet.hop_limit = hop_limit;
        return {Seen::Kind::unnoted};
      }
      if (packet.early > 0 && now - packet.step <= CarryAccount::max_patience &&
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
    if (!same) {
      if (!(same = place(set, hash, now))) return {Seen::Kind::unnoted};
      same->sender = sender;
      same->hop_limit = hop_limit;
      same->seen = true;
    }
    if (awaited && same->open < UINT16_MAX) {
      ++same->open;
      sample_.note(now);
    }
    return {};
  }

  /// What was heard: a copy of a packet that was waited for since `since`, and that had come with `hop_limit`.
  struct Heard {
    Step since;
    std::uint8_t hop_limit;
  };

  /// `carrier` has put a packet with this hash on the network where it goes to. Nothing if none like it is waited for (yet).
  /// It must leave it as many hops as this node would have, unless `any_way`.
  /// `sampled`: may it be one that will be waited for?
  std::optional<Heard> hear(std::uint64_t hash, std::uint64_t carrier, std::uint8_t hop_limit, bool any_way,
                            bool sampled, Step now) noexcept {
    Set& set = sets_[hash % sets_.size()];
    Packet* newest = nullptr;
    Packet* early = nullptr;
    for (Packet& packet : set) {
      if (packet.hash != hash || now - packet.step > CarryAccount::max_patience) continue;
      if (packet.open > 0 && (any_way || hop_limit + 1 >= packet.hop_limit) &&
          (!newest || packet.step - newest->step < memory))
        newest = &packet;
      if (packet.early > 0 && packet.step == now) early = &packet;
    }
    if (newest) {
      --newest->open;
      return Heard{newest->step, newest->hop_limit};
    }
    if (!sample_.has(hash, now) || !sampled) return std::nullopt;
    sample_.note(now);
    if (!early) early = place(set, hash, now);
    if (early && early->early < UINT16_MAX) {
      ++early->early;
      early->carrier = carrier;
      early->carrier_hop_limit = hop_limit;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t places = 8;

  struct Packet {
    std::uint64_t hash = 0;
    std::uint64_t sender = 0;
    std::uint64_t carrier = 0;
    Step step = 0;
    std::uint32_t turn = 0;   ///< when it was placed
    std::uint16_t open = 0;   ///< packets of which a copy is waited for
    std::uint16_t early = 0;  ///< copies that came first
    std::uint8_t hop_limit = 0;
    std::uint8_t carrier_hop_limit = 0;
    bool seen = false;
  };
  using Set = std::array<Packet, places>;

  /// The oldest place that may be used anew, for a packet with this hash; null if there is none.
  Packet* place(Set& set, std::uint64_t hash, Step now) noexcept {
    const auto waits = [&](const Packet& packet) {
      return (packet.open > 0 || packet.early > 0) && now - packet.step <= CarryAccount::max_patience;
    };
    Packet* oldest = nullptr;
    for (Packet& packet : set)
      if (!waits(packet) && (!oldest || turn_ - packet.turn > turn_ - oldest->turn)) oldest = &packet;
    if (oldest) *oldest = {.hash = hash, .step = now, .turn = turn_++};
    return oldest;
  }

  std::vector<Set> sets_;
  std::uint32_t turn_ = 0;
  PacketSample sample_{budget};
};

}  // namespace ilnp
