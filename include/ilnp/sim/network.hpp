#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "../address.hpp"
#include "conditions.hpp"

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
  std::uint64_t cut_off = 0;     ///< kept back by a partition or a one-way cut
};

/// One network: who has joined it, how it treats frames, and who cannot hear whom. Knows nothing of events:
/// `transmit` says when a frame arrives where. One thread.
class Network {
 public:
  /// The place where a host meets the network. Kept when the host leaves and comes back.
  struct Attachment {
    Duration delay{};  ///< added to whatever the host sends and hears here
    double loss = 0;   ///< of what the host hears here, besides the network's
    bool joined = false;
    std::uint32_t side = 0;  ///< of the partition
    BurstChannel channel;
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

  /// Nobody hears those of another side. Hosts that are not named are on a side of their own, together.
  void partition(std::initializer_list<std::vector<HostId>> sides) {
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

  /// Ends all partitions and cuts.
  void heal() noexcept {
    cuts_.clear();
    for (Attachment& attachment : attachments_) attachment.side = 0;
  }

  /// Puts a frame of `size` octets on the network at `now`, and calls `arrives(host, time)` for each arrival.
  template <class Arrives>
  void transmit(HostId from, std::size_t size, TimePoint now, Arrives&& arrives) {
    ++counters_.sent;
    TimePoint sent = now;
    if (conditions.bandwidth != 0 && !enqueue(size, now, sent)) return;
    const Attachment& sender = attachment(from);
    for (HostId to = 0; to < attachments_.size(); ++to) {
      Attachment& receiver = attachments_[to];
      if (to == from || !receiver.joined) continue;
      if (sender.side != receiver.side || std::ranges::find(cuts_, std::pair(from, to)) != cuts_.end()) {
        ++counters_.cut_off;
        continue;
      }
      const bool in_burst = receiver.channel.loses(conditions.bursts, random_);
      const bool alone = happens(random_, conditions.loss), at_host = happens(random_, receiver.loss);
      if (in_burst || alone || at_host) {
        ++counters_.lost;
        continue;
      }
      const Duration base = conditions.delay + sender.delay + receiver.delay;
      arrive(to, receiver, sent + base, arrives);
      if (happens(random_, conditions.duplication)) {
        ++counters_.duplicated;
        arrive(to, receiver, sent + base, arrives);
      }
    }
  }

 private:
  /// The medium carries one frame after the other. False: too much waits already.
  bool enqueue(std::size_t size, TimePoint now, TimePoint& sent) {
    const auto bandwidth = static_cast<double>(conditions.bandwidth);
    const auto begin = std::max(now, busy_until_);
    const double waiting = std::chrono::duration<double>(begin - now).count() * bandwidth / 8;
    if (conditions.queue_limit != 0 &&
        waiting + static_cast<double>(size) > static_cast<double>(conditions.queue_limit)) {
      ++counters_.queue_full;
      return false;
    }
    busy_until_ = begin + Duration(static_cast<Duration::rep>(static_cast<double>(size) * 8e9 / bandwidth));
    sent = busy_until_;
    return true;
  }

  template <class Arrives>
  void arrive(HostId to, Attachment& receiver, TimePoint time, Arrives& arrives) {
    time += uniform(random_, conditions.jitter);
    const Duration late = uniform(random_, conditions.reordering_delay);
    if (happens(random_, conditions.reordering)) {
      ++counters_.reordered;
      time += late;
    } else {
      receiver.last_arrival = time = std::max(time, receiver.last_arrival);
    }
    ++counters_.arrivals;
    arrives(to, time);
  }

  Locator locator_;
  Random random_;
  std::vector<Attachment> attachments_;
  std::vector<std::pair<HostId, HostId>> cuts_;
  TimePoint busy_until_{};
  NetworkCounters counters_;
};

}  // namespace ilnp::sim
