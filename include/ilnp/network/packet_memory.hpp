#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "../base/list.hpp"
#include "packet_sample.hpp"

namespace ilnp {

/// The packets of the last three quarters of a second that a node has forwarded or would have forwarded, by a keyed hash of
/// their content, and which of them were overheard on the far network: what is overheard counts only for a packet that was
/// really there. It may be overheard before the original arrives. Identical packets in a row are distinguished by their
/// number.
///
/// Of fixed size, without searches: a packet has a set of eight places. One that is waited for does not give way; if all
/// eight are, another packet is not remembered. Where there are more packets than places, only a sample is waited for.
/// Allocates only at construction.
class PacketMemory {
 public:
  using Step = ForwardingAccount::Step;              ///< the number of a step of time
  static constexpr std::size_t max_packets = 32768;  ///< places; a power of two
  /// Identical packets that count in a step. A stranger who repeats one packet then does not outweigh the others.
  static constexpr unsigned max_identical = 16;
  static constexpr Step memory = 6;  ///< steps for which a packet is remembered
  /// Packets remembered in a step before fewer are sampled: on average three places of a set then hold packets that are
  /// waited for.
  static constexpr unsigned budget = max_packets * 3 / 8 / memory;

  PacketMemory() : sets_(max_packets / places) {}

  /// Is this packet one of those that may be waited for?
  bool sampled(std::uint64_t hash, Step now) noexcept { return sample_.had(hash, now); }

  /// What is known of a packet that was put on the network it comes from.
  struct Seen {
    /// What is known.
    enum class Kind {
      fresh,      ///< nothing
      unnoted,    ///< not noted: no place, enough identical packets, or the same packet over another path
      duplicate,  ///< seen before, from another sender or with another hop limit; a shorter path would not help
      forwarded  ///< already overheard on the far network: from `forwarder`, with `forwarder_hop_limit`
    };
    Kind kind = Kind::fresh;               ///< the other members mean something only if this is `forwarded`
    std::uint64_t forwarder = 0;           ///< the node that has forwarded it
    std::uint8_t forwarder_hop_limit = 0;  ///< with which it left there
  };

  /// A packet that was put on the network it comes from.
  struct Arrival {
    std::uint64_t hash;      ///< keyed, of its content
    std::uint64_t sender;    ///< the node that put it there
    std::uint8_t hop_limit;  ///< as received
    bool lesser = false;     ///< not over the best path of its flow: if it is known, it is a duplicate
    bool last_hop = false;   ///< the far network is that of its destination, so hops left make no difference
    bool awaited = true;     ///< it is waited for on the far network
  };

  /// A packet over the best path is a duplicate only if it was forwarded already when it came over a lesser one. Others can
  /// send what a program sends over and over again: each such packet stands for one of the program's at most.
  Seen see(const Arrival& packet, Step now) noexcept {
    Set& set = sets_[packet.hash % sets_.size()];
    Packet* same = nullptr;
    Packet* early = nullptr;
    bool by_others = false;
    for (Packet& known : set) {
      if (known.hash != packet.hash || now - known.step > memory) continue;
      if (known.seen && (known.sender != packet.sender || known.hop_limit != packet.hop_limit)) {
        if (!packet.lesser && known.detours == 0) {
          known.best_hop_limit = std::max(known.best_hop_limit, packet.hop_limit);
          by_others = true;
          continue;
        }
        if (!packet.lesser) --known.detours;
        if (packet.last_hop || packet.hop_limit <= known.hop_limit) return {Seen::Kind::duplicate};
        known.sender = packet.sender;
        known.hop_limit = packet.hop_limit;
        known.best_hop_limit = std::max(known.best_hop_limit, packet.hop_limit);
        return {Seen::Kind::unnoted};
      }
      if (known.early > 0 && now - known.step <= ForwardingAccount::max_patience &&
          known.forwarder_hop_limit + 1 >= packet.hop_limit)
        early = &known;
      if (known.seen && known.step == now) same = &known;
    }
    if (by_others || (same && same->counted == max_identical)) return {Seen::Kind::unnoted};
    if (early) {
      --early->early;
      early->note(packet);
      ++early->counted;
      return {Seen::Kind::forwarded, early->forwarder, early->forwarder_hop_limit};
    }
    if (!same && !(same = place(set, packet.hash, now))) return {Seen::Kind::unnoted};
    same->note(packet);
    if (packet.awaited) {
      ++same->counted;
      ++same->open;
      sample_.note(now);
    }
    return {};
  }

  /// Was a packet with this hash put on the network with this hop limit?
  bool has_seen(std::uint64_t hash, std::uint8_t hop_limit, Step now) const noexcept {
    for (const Packet& packet : sets_[hash % sets_.size()])
      if (packet.seen && packet.hash == hash && packet.hop_limit == hop_limit && now - packet.step <= memory)
        return true;
    return false;
  }

  /// What was overheard: a packet that was waited for since `since`, and that arrived with `hop_limit`; the best of its
  /// duplicates, if there were any, with `best_hop_limit`.
  struct Heard {
    Step since;                   ///< when the packet arrived
    std::uint8_t hop_limit;       ///< as received
    std::uint8_t best_hop_limit;  ///< the highest of its duplicates; at least `hop_limit`
  };

  /// `forwarder` has put a packet with this hash on the far network. Empty if none like it is waited for (yet). It must have
  /// at least the hop limit that this node would have set, unless `any_hop_limit`. `sampled`: may it be one that will be waited
  /// for?
  std::optional<Heard> hear(std::uint64_t hash, std::uint64_t forwarder, std::uint8_t hop_limit,
                            bool any_hop_limit, bool sampled, Step now) noexcept {
    Set& set = sets_[hash % sets_.size()];
    Packet* newest = nullptr;
    Packet* early = nullptr;
    for (Packet& packet : set) {
      if (packet.hash != hash || now - packet.step > ForwardingAccount::max_patience) continue;
      if (packet.open > 0 && (any_hop_limit || hop_limit + 1 >= packet.hop_limit) &&
          (!newest || packet.step - newest->step < memory))
        newest = &packet;
      if (packet.early > 0 && packet.step == now) early = &packet;
    }
    if (newest) {
      --newest->open;
      return Heard{newest->step, newest->hop_limit, newest->best_hop_limit};
    }
    if (!sample_.has(hash, now) || !sampled) return std::nullopt;
    sample_.note(now);
    if (!early) early = place(set, hash, now);
    if (early && early->early < max_identical) {
      ++early->early;
      early->forwarder = forwarder;
      early->forwarder_hop_limit = hop_limit;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t places = 8;

  struct Packet {
    std::uint64_t hash = 0;
    std::uint64_t sender = 0;
    std::uint64_t forwarder = 0;
    Step step = 0;
    std::uint32_t turn = 0;    ///< when it was placed
    std::uint8_t open = 0;     ///< packets that are waited for
    std::uint8_t early = 0;    ///< packets that were overheard first
    std::uint8_t counted = 0;  ///< packets that were waited for, or overheard first
    std::uint8_t hop_limit = 0;
    std::uint8_t best_hop_limit = 0;  ///< of it and its duplicates
    std::uint8_t forwarder_hop_limit = 0;
    bool seen = false;
    std::uint16_t detours = 0;  ///< packets that came over a lesser path; their duplicates have not come yet

    void note(const Arrival& packet) noexcept {
      seen = true;
      sender = packet.sender;
      hop_limit = best_hop_limit = packet.hop_limit;
      if (packet.lesser && detours < UINT16_MAX) ++detours;
    }
  };
  using Set = std::array<Packet, places>;

  /// The oldest place that may be reused, for a packet with this hash; null if there is none.
  Packet* place(Set& set, std::uint64_t hash, Step now) noexcept {
    const auto waits = [&](const Packet& packet) {
      return (packet.open > 0 || packet.early > 0) && now - packet.step <= ForwardingAccount::max_patience;
    };
    Packet* oldest = nullptr;
    for (Packet& packet : set)
      if (!waits(packet) && (!oldest || turn_ - packet.turn > turn_ - oldest->turn)) oldest = &packet;
    if (oldest) *oldest = {.hash = hash, .step = now, .turn = turn_++};
    return oldest;
  }

  List<Set> sets_;
  std::uint32_t turn_ = 0;
  PacketSample sample_{budget};
};

}  // namespace ilnp
