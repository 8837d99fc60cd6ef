#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "../address.hpp"
#include "conditions.hpp"
#include "line.hpp"

namespace ilnp::sim {

using HostId = std::uint32_t;

/// What became of frames, each receiver counted for itself.
struct NetworkCounters {
  std::uint64_t sent = 0;      ///< frames put on the network
  std::uint64_t arrivals = 0;  ///< arrivals scheduled, copies included
  std::uint64_t lost = 0;      ///< independent losses and bursts
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t queue_full = 0;  ///< frames that found no room to wait
  std::uint64_t cut_off = 0;     ///< kept back by a partition, a one-way cut, or a deaf or mute attachment
};

/// One network: who has joined it, how it treats frames, and who cannot hear whom. Knows nothing of events:
/// `transmit` says when a frame arrives where. One thread.
class Network {
 public:
  /// The place where a host meets the network, with conditions of its own, which come on top of the
  /// network's: delay for what the host sends and hears here, a line of its own each way (`bandwidth`), and
  /// the rest for what it hears. Kept when the host leaves and comes back.
  struct Attachment : Conditions {
    Attachment() noexcept { delay = {}; }

    bool mute = false;       ///< nobody hears it here
    bool deaf = false;       ///< it hears nobody here
    bool joined = false;     ///< for looking; see `join`
    std::uint32_t side = 0;  ///< of the partition
    BurstChannel channel;
    BurstChannel own_channel;
    Line to_network;
    Line from_network;
    TimePoint last_arrival{};
  };

  Network(Locator locator, const Conditions& initial, std::uint64_t seed)
      : conditions(initial), locator_(locator), random_(seed) {}

  Conditions conditions;

  Locator locator() const noexcept { return locator_; }
  const NetworkCounters& counters() const noexcept { return counters_; }

  Attachment& attachment(HostId host) {
    if (host >= attachments_.size()) attachments_.resize(host + 1);
    return attachments_[host];
  }
  bool joined(HostId host) const noexcept { return host < attachments_.size() && attachments_[host].joined; }
  /// Those who have joined, in the order of their numbers.
  const std::vector<HostId>& members() const noexcept { return members_; }

  void join(HostId host) {
    if (std::exchange(attachment(host).joined, true)) return;
    members_.insert(std::ranges::lower_bound(members_, host), host);
  }
  void leave(HostId host) {
    if (std::exchange(attachment(host).joined, false)) std::erase(members_, host);
  }

  /// Nobody hears those of another side. Hosts that are not named are on a side of their own, together.
  void partition(std::initializer_list<std::vector<HostId>> sides) { partition(std::vector(sides)); }
  void partition(const std::vector<std::vector<HostId>>& sides) {
    heal();
    std::uint32_t side = 0;
    for (const auto& hosts : sides) {
      ++side;
      for (const HostId host : hosts) attachment(host).side = side;
    }
  }

  /// `to` no longer hears `from`; the other way is as it was.
  void cut(HostId from, HostId to) { cuts_.emplace_back(from, to); }
  void mend(HostId from, HostId to) { std::erase(cuts_, std::pair(from, to)); }

  /// Ends all partitions and cuts; nobody is deaf or mute.
  void heal() noexcept {
    cuts_.clear();
    for (Attachment& each : attachments_) each.side = 0, each.mute = each.deaf = false;
  }

  /// Puts a frame of `size` octets on the network at `now`. Calls `arrives(host, time, copy)` for each arrival;
  /// `copy`: the network made it besides the first; and `lost(host)` for each loss. Where `doomed(host)`, it is
  /// lost whatever chance says.
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

  /// All are asked, so that each draws always.
  bool loses(Attachment& receiver) noexcept {
    const bool in_burst = receiver.channel.loses(conditions.bursts, random_);
    const bool in_own_burst = receiver.own_channel.loses(receiver.bursts, random_);
    const bool alone = happens(random_, conditions.loss), at_host = happens(random_, receiver.loss);
    return in_burst || in_own_burst || alone || at_host;
  }

  template <class Arrives>
  void arrive(HostId to, Attachment& receiver, TimePoint time, bool copy, Arrives& arrives) {
    // One statement a draw: the order within an expression is the compiler's.
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
  NetworkCounters counters_;
};

}  // namespace ilnp::sim
