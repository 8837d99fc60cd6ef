#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>
#include <vector>

#include "../base/content_hash.hpp"
#include "../wire/overlay.hpp"
#include "world.hpp"

namespace ilnp::sim {

/// Checks that each frame on each network is either new, or was forwarded there from another network, unchanged except for
/// a hop limit that is lower by one. So no packet is forwarded more often than its hop limit allows, and none returns to
/// the network that it came from. The host that first puts a packet on a network is its origin.
///
/// Frames are remembered for a time between `memory` and twice that, which is longer than any frame is on its way. `Format`:
/// that of the frames.
template <wire::Format Format>
class BasicHopLimitCheck {
 public:
  /// Refers to `world`. `memory`: see above.
  explicit BasicHopLimitCheck(World& world, Duration memory = std::chrono::seconds(10))
      : world_(world), memory_(memory) {
    world.tap([this](const SentFrame& frame) { check(frame); });
  }
  BasicHopLimitCheck(const BasicHopLimitCheck&) = delete;
  BasicHopLimitCheck& operator=(const BasicHopLimitCheck&) = delete;

  /// `host` may reflect packets to the network that they came from (a first-implementation node does).
  void may_reflect(HostId host) { reflecting_.push_back(host); }

 private:
  struct Put {
    Locator network;
    HostId host;
    std::uint8_t hop_limit;
    friend bool operator==(const Put&, const Put&) noexcept = default;
  };
  struct Known {
    HostId origin = 0;
    std::vector<Put> puts;  // without repetitions
  };

  void check(const SentFrame& frame) {
    const auto header = Format::Header::parse(frame.bytes);
    if (!header)
      return world_.violated(name(frame.host) + " sent a malformed frame on " + to_string(frame.network));
    const Put put{frame.network, frame.host, header->hop_limit()};
    const wire::Identity identity = Format::identity(*header);
    Known& known = find(content_hash(identity.octets, HashKey(), identity.rest), frame.host);
    if (put.host != known.origin && !forwarded(known, put))
      world_.violated(name(put.host) + " put on " + to_string(put.network) + " with hop limit " +
                      std::to_string(put.hop_limit) +
                      " what was not there to be forwarded like this: a packet with next header " +
                      std::to_string(header->next_header()) + " from " + to_string(header->source()) +
                      " to " + to_string(header->destination()));
    if (std::ranges::find(known.puts, put) == known.puts.end()) known.puts.push_back(put);
  }

  bool forwarded(const Known& known, const Put& put) const {
    const bool reflects = std::ranges::find(reflecting_, put.host) != reflecting_.end();
    return std::ranges::any_of(known.puts, [&](const Put& before) {
      return before.hop_limit == put.hop_limit + 1 && before.host != put.host &&
             (reflects || before.network != put.network);
    });
  }

  Known& find(std::uint64_t content, HostId host) {
    if (world_.now() - turned_ >= memory_) {
      older_ = std::exchange(recent_, {});
      turned_ = world_.now();
    }
    if (const auto at = recent_.find(content); at != recent_.end()) return at->second;
    Known known{host, {}};
    if (const auto at = older_.find(content); at != older_.end()) known = std::move(at->second);
    return recent_.insert_or_assign(content, std::move(known)).first->second;
  }

  std::string name(HostId host) const {
    const SimHost* known = world_.host(host);
    return known ? known->name() : "host " + std::to_string(host);
  }

  World& world_;
  Duration memory_;
  TimePoint turned_{};
  boost::unordered_flat_map<std::uint64_t, Known> recent_;
  boost::unordered_flat_map<std::uint64_t, Known> older_;
  std::vector<HostId> reflecting_;
};

using HopLimitCheck = BasicHopLimitCheck<wire::Overlay>;

}  // namespace ilnp::sim
