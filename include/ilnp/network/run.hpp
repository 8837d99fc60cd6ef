#pragma once

#include <cstring>
#include <optional>

#include "../layer.hpp"
#include "../wire/ilnp_header.hpp"
#include "interfaces.hpp"

namespace ilnp {

/// What was decided for the packet before: the packets of one batch mostly go the same way, and those need no look-up.
///
/// A packet continues the run if it has the same next header, hop limit and addresses, came in on the same interface at
/// the same time (which stands still during a batch), and the ways are the same: what is decided then, is decided from
/// equal grounds, and to note it a second time would change nothing. Who changes other grounds says `end()`.
class Run {
 public:
  bool continues(const wire::IlnpHeader& header, Locator interface, std::uint32_t ways,
                 TimePoint now) const noexcept {
    return now == time_ && interface == interface_ && ways == ways_ &&
           std::memcmp(header.path().data(), path_, sizeof path_) == 0;
  }

  /// A run of packets like this one begins: carried to `out`, or, without, for this node.
  void begin(const wire::IlnpHeader& header, const Interface& in, std::uint32_t ways, TimePoint now,
             std::optional<Locator> out = {}) noexcept {
    std::memcpy(path_, header.path().data(), sizeof path_);
    in_ = &in, interface_ = in.locator, ways_ = ways, time_ = now, out_ = out;
  }
  void end() noexcept { time_ = never; }

  /// Where the packets of the run came in.
  const Interface& in() const noexcept { return *in_; }
  const std::optional<Locator>& out() const noexcept { return out_; }

 private:
  std::byte path_[34];
  const Interface* in_ = nullptr;
  Locator interface_;
  std::uint32_t ways_ = 0;
  TimePoint time_ = never;
  std::optional<Locator> out_;
};

/// The same for what this node sends: the way of the packet before, to the same node, by batches and beyond. It holds until
/// `until` (when there would be something to ask for), unless the ways change, or somebody says `end()`.
struct SendingRun {
  Nid to;
  Locator locator;
  Locator out;
  std::uint32_t ways = 0;
  TimePoint until = long_ago;

  bool continues(Nid nid, std::uint32_t present_ways, TimePoint now) const noexcept {
    return nid == to && present_ways == ways && now < until;
  }
  void end() noexcept { until = long_ago; }
};

}  // namespace ilnp
