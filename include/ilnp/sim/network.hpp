#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "../base/address.hpp"
#include "conditions.hpp"
#include "line.hpp"

namespace ilnp::sim {

using HostId = std::uint32_t;

/// What happened to frames, counted for each receiver.
struct FrameCounters {
  std::uint64_t sent = 0;        ///< frames put on the network
  std::uint64_t arrivals = 0;    ///< scheduled arrivals, with duplicates
  std::uint64_t lost = 0;        ///< independent losses and bursts
  std::uint64_t duplicated = 0;  ///< arrivals beyond the first one
  std::uint64_t reordered = 0;   ///< arrivals before one that was sent earlier
  std::uint64_t queue_full = 0;  ///< frames for which the queue had no room
  std::uint64_t cut_off = 0;     ///< stopped by a partition, a one-way cut, or a deaf or mute attachment
};

/// One network: which hosts have joined it, how it treats frames, and which hosts cannot hear each other. It knows nothing
/// of events: `transmit` says where and when a frame arrives. One thread.
class Network {
 public:
  /// A host's attachment to the network, with conditions of its own in addition to those of the network. The delay applies
  /// to what the host sends and hears here, and `bandwidth` to each direction separately; the rest applies to what it
  /// hears. Kept when the host leaves and returns.
  struct Attachment : Conditions {
    Attachment() noexcept { delay = {}; }

    bool mute = false;         ///< no other host hears it here
    bool deaf = false;         ///< it hears no other host here
    bool joined = false;       ///< read only; see `join`
    std::uint32_t side = 0;    ///< of the partition
    BurstChannel channel;      ///< bursts of losses on the network, towards this host
    BurstChannel own_channel;  ///< bursts of losses of this attachment
    Line to_network;           ///< its own bandwidth, for what it sends
    Line from_network;         ///< its own bandwidth, for what it receives
    TimePoint last_arrival{};  ///< without reordering, none comes earlier
  };

  /// `seed`: of its losses and delays.
  Network(Locator locator, const Conditions& initial, std::uint64_t seed)
      : conditions(initial), locator_(locator), random_(seed) {}

  /// May be changed at any time. They apply to what is sent from then on.
  Conditions conditions;

  /// Its name.
  Locator locator() const noexcept { return locator_; }
  const FrameCounters& counters() const noexcept { return counters_; }

  /// That of a host, created with the first use.
  Attachment& attachment(HostId host) {
    if (host >= attachments_.size()) attachments_.resize(host + 1);
    return attachments_[host];
  }
  /// True if the host has joined.
  bool joined(HostId host) const noexcept { return host < attachments_.size() && attachments_[host].joined; }
  /// The hosts that have joined, in the order of their numbers.
  const std::vector<HostId>& members() const noexcept { return members_; }

  /// The host receives from now on.
  void join(HostId host) {
    if (std::exchange(attachment(host).joined, true)) return;
    members_.insert(std::ranges::lower_bound(members_, host), host);
  }
  /// The host receives nothing from now on.
  void leave(HostId host) {
    if (std::exchange(attachment(host).joined, false)) std::erase(members_, host);
  }

  /// Hosts hear only those of their own side. The hosts that are not listed form another side.
  void partition(std::initializer_list<std::vector<HostId>> sides) { partition(std::vector(sides)); }
  /// Only hosts of one side hear each other from now on.
  void partition(const std::vector<std::vector<HostId>>& sides) {
    heal();
    std::uint32_t side = 0;
    for (const auto& hosts : sides) {
      ++side;
      for (const HostId host : hosts) attachment(host).side = side;
    }
  }

  /// `to` no longer hears `from`; the other direction is unchanged.
  void cut(HostId from, HostId to) { cuts_.emplace_back(from, to); }
  /// Ends a cut in that direction.
  void mend(HostId from, HostId to) { std::erase(cuts_, std::pair(from, to)); }

  /// Ends all partitions and cuts; no host is deaf or mute.
  void heal() noexcept {
    cuts_.clear();
    for (Attachment& each : attachments_) each.side = 0, each.mute = each.deaf = false;
  }

  /// Puts a frame of `size` octets on the network at `now`. Calls `arrives(host, time, copy)` for each arrival, where
  /// `copy` means a duplicate made by the network, and `lost(host)` for each loss. If `doomed(host)`, the frame is lost in
  /// any case.
  template <class Arrives, class Doomed, class Lost>
  void transmit(HostId from, std::size_t size, TimePoint now, Arrives&& arrives, Doomed&& doomed,
                Lost&& lost) {
    ++counters_.sent;
    Attachment& sender = attachment(from);
    TimePoint sent = now;
    if (!carry(sender.to_network, sender, size, sent) || !carry(medium_, conditions, size, sent)) return;
    for (const HostId to : members_) {
      if (to == from) continue;
      Attachment& receiver = attachments_[to];
      if (sender.mute || receiver.deaf || sender.side != receiver.side ||
          std::ranges::find(cuts_, std::pair(from, to)) != cuts_.end()) {
        ++counters_.cut_off;
        continue;
      }
      const bool by_chance = loses(receiver);
      if (doomed(to) || by_chance) {
        ++counters_.lost;
        lost(to);
        continue;
      }
      TimePoint heard = sent;
      if (!carry(receiver.from_network, receiver, size, heard)) continue;
      heard += conditions.delay + sender.delay + receiver.delay;
      arrive(to, receiver, heard, false, arrives);
      const bool on_network = happens(random_, conditions.duplication);
      if (happens(random_, receiver.duplication) || on_network) {
        ++counters_.duplicated;
        arrive(to, receiver, heard, true, arrives);
      }
    }
  }

 private:
  bool carry(Line& line, const Conditions& its, std::size_t size, TimePoint& time) noexcept {
    if (line.carry(size, its.bandwidth, its.queue_limit, time)) return true;
    ++counters_.queue_full;
    return false;
  }

  /// All are evaluated, so that each always draws.
  bool loses(Attachment& receiver) noexcept {
    const bool in_burst = receiver.channel.loses(conditions.bursts, random_);
    const bool in_own_burst = receiver.own_channel.loses(receiver.bursts, random_);
    const bool alone = happens(random_, conditions.loss), at_host = happens(random_, receiver.loss);
    return in_burst || in_own_burst || alone || at_host;
  }

  template <class Arrives>
  void arrive(HostId to, Attachment& receiver, TimePoint time, bool copy, Arrives& arrives) {
    // One statement for each draw, because the compiler chooses the order within an expression.
    time += uniform(random_, conditions.jitter);
    time += uniform(random_, receiver.jitter);
    Duration late = lateness(conditions);
    late += lateness(receiver);
    if (late > Duration::zero()) {
      ++counters_.reordered;
      time += late;
    } else {
      receiver.last_arrival = time = std::max(time, receiver.last_arrival);
    }
    ++counters_.arrivals;
    arrives(to, time, copy);
  }

  Duration lateness(const Conditions& its) noexcept {
    const Duration late = uniform(random_, its.reordering_delay);
    return happens(random_, its.reordering) ? std::max(late, Duration(1)) : Duration::zero();
  }

  Locator locator_;
  Random random_;
  std::vector<Attachment> attachments_;
  std::vector<HostId> members_;
  std::vector<std::pair<HostId, HostId>> cuts_;
  Line medium_;
  FrameCounters counters_;
};

}  // namespace ilnp::sim
