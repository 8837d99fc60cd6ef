#pragma once

#include <memory>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim.hpp"
#include "reference/network.hpp"
#include "topology.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

/// The cost and the result of discovery on one topology.
struct Scale {
  std::size_t nodes = 0;
  double converged = 0;  ///< seconds from the last start until all nodes in reach knew each other; -1: never
  double start_messages = 0;    ///< per node, in the ten seconds from the first start
  double messages = 0;          ///< per node and second, later
  double octets = 0;            ///< per node and second, later
  double joined = 0;            ///< seconds until a later node knew all in reach, and they knew it; -1: never
  double join_messages = 0;     ///< of all nodes, in the five seconds from that start
  std::size_t most_hosts = 0;   ///< in any node's table
  std::size_t most_routes = 0;  ///< the same
};

/// What each kind of node reports about its tables.
inline std::size_t hosts_known(const ILNP<sim::SimUnderlay>& node, TimePoint) { return node.hosts().size(); }
inline std::size_t routes_known(const ILNP<sim::SimUnderlay>& node) { return node.forwarding().size(); }
inline std::size_t hosts_known(const ReferenceNetwork<sim::SimUnderlay>& node, TimePoint now) {
  return node.hosts_known(now) - 1;  // it knows itself as well
}
inline std::size_t routes_known(const ReferenceNetwork<sim::SimUnderlay>& node) {
  return node.routes_known();
}

/// A population of nodes of one kind that start within a second and then only discover each other; the last one joins late.
template <class Layer>
class Population {
 public:
  static constexpr Duration settled = 120s;  ///< from then on nothing changes
  static constexpr Duration measured = 300s;

  explicit Population(const Topology& topology, std::uint64_t seed = 1)
      : world_(seed), reach_(reach(topology, 3)), before_(reach({topology.begin(), topology.end() - 1}, 3)) {
    before_.push_back(0);
    Random starts(seed);
    world_.defaults.delay = 1ms;
    world_.tap([this](const sim::SentFrame& frame) { ++messages_, octets_ += frame.bytes.size(); });
    for (std::size_t i = 0; i < topology.size(); ++i) {
      NetworkConfig config;
      config.nid = Nid(i + 1);
      config.host_name = "node-" + std::to_string(i + 1);
      config.locators = {topology[i]};
      nodes_.push_back(std::make_unique<Node>(world_, config.host_name, config));
      if (i + 1 < topology.size())
        world_.at(TimePoint(sim::uniform(starts, 1s)), [this, i] { nodes_[i]->start(); });
    }
  }

  Scale run() {
    Scale result;
    result.nodes = nodes_.size();
    const auto count = static_cast<double>(nodes_.size() - 1);
    world_.run_until(TimePoint(1s));
    result.converged = until_all_known(before_, 1s, TimePoint(settled / 2));
    if (world_.now() < TimePoint(10s)) world_.run_until(TimePoint(10s));
    result.start_messages = static_cast<double>(world_.now() == TimePoint(10s) ? messages_ : at_ten_) / count;
    world_.run_until(TimePoint(settled));
    messages_ = octets_ = 0;
    world_.run_for(measured);
    const double seconds = std::chrono::duration<double>(measured).count();
    result.messages = static_cast<double>(messages_) / count / seconds;
    result.octets = static_cast<double>(octets_) / count / seconds;
    messages_ = 0;
    const TimePoint start = world_.now();
    nodes_.back()->start();
    result.joined = until_all_known(reach_, start.time_since_epoch(), start + 60s);
    world_.run_until(std::max(world_.now(), start + 5s));
    result.join_messages = static_cast<double>(messages_);
    for (const auto& node : nodes_) {
      result.most_hosts = std::max(result.most_hosts, hosts_known(node->stack(), world_.now()));
      result.most_routes = std::max(result.most_routes, routes_known(node->stack()));
    }
    return result;
  }

 private:
  using Node = sim::SimNode<Layer>;

  double until_all_known(const std::vector<std::size_t>& expected, Duration since, TimePoint limit) {
    std::size_t known = 0;
    for (; world_.now() < limit; world_.run_for(10ms)) {
      if (world_.now() == TimePoint(10s)) at_ten_ = messages_;
      while (known < nodes_.size() && hosts_known(nodes_[known]->stack(), world_.now()) >= expected[known])
        ++known;
      if (known == nodes_.size())
        return std::chrono::duration<double>(world_.now().time_since_epoch() - since).count();
    }
    return -1;
  }

  sim::World world_;
  std::vector<std::size_t> reach_;
  std::vector<std::size_t> before_;  ///< without the late one
  std::vector<std::unique_ptr<Node>> nodes_;
  std::uint64_t messages_ = 0;
  std::uint64_t octets_ = 0;
  std::uint64_t at_ten_ = 0;
};

}  // namespace ilnp::test
