#pragma once

#include "carrier_election.hpp"

namespace ilnp {

/// Knows a packet for this node that comes in a second time on one interface: nodes of another kind send a packet back to
/// the network that it came from, with a lower hop limit, when they know its destination locator to lie behind that network, and
/// routers carry such copies on. So, of one flow on one interface, only packets with the best hop limit of the last `window` count.
class ReflectionFilter {
 public:
  static constexpr std::size_t max_flows = 4096;
  static constexpr Duration window = CarrierElection::copy_window;

  /// True if the packet is no reflection.
  bool admit(const Flow& flow, Locator interface, std::uint8_t hop_limit, TimePoint now) {
    if (!(flow == last_flow_ && interface == last_interface_)) {
      last_flow_ = flow, last_interface_ = interface;
      last_key_ = FlowHash{}(flow) ^ interface.value();
    }
    Best* best = best_.insert(last_key_, now);
    if (!best) return true;
    if (hop_limit < best->hop_limit && now - best->seen_at < window) return false;
    best->hop_limit = hop_limit;
    best->seen_at = now;
    return true;
  }

 private:
  struct Best {
    TimePoint seen_at = long_ago;
    std::uint8_t hop_limit = 0;

    bool established() const noexcept { return false; }
    bool expired(TimePoint now) const noexcept { return now - seen_at >= window; }
  };

  BoundedTable<std::uint64_t, Best, KeyAsHash> best_{max_flows};
  // Neighbours mostly belong to one flow.
  Flow last_flow_;
  Locator last_interface_;
  std::uint64_t last_key_ = FlowHash{}(Flow{});
};

}  // namespace ilnp
