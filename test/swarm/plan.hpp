#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "ilnp/network/config.hpp"
#include "ilnp/sim/conditions.hpp"

namespace ilnp::swarm {

using namespace std::chrono_literals;
using sim::Conditions;

/// One node of a run.
struct NodePlan {
  std::string name;
  Nid nid;
  bool reference = false;
  std::vector<std::vector<Locator>> locators;  ///< with more than one set it moves by its schedule
  Duration move_time{}, handoff_time{};
  Duration start{};
  bool roams() const noexcept { return locators.size() > 1; }
};

/// Something that happens to the world at a time; a fault ends at `end`.
struct Incident {
  enum class Kind {
    network,  ///< the conditions of the network change
    host,     ///< the conditions of a node's attachment change
    partition,
    cut,   ///< one node does not hear another
    deaf,  ///< one node hears nothing on a network
    mute,
    link,   ///< a node's link is down
    crash,  ///< and restart; with another identifier if `nid` is not 0
    move,   ///< to `places`
  };
  Kind kind;
  Duration begin{}, end{};
  std::size_t node = 0, other = 0;
  Locator network{};
  Conditions conditions{};
  std::vector<std::size_t> side{};
  std::vector<Locator> places{};
  Nid nid{};
};

/// Datagrams from one node to another.
struct Traffic {
  std::size_t from, to;
  Duration begin{}, end{}, period{};
  std::size_t size = 8;
  std::uint16_t port;
  bool equal = false;    ///< identical datagrams
  bool answers = false;  ///< the receiver sends as many back
};

/// Everything that is drawn for a run, from its seed.
struct Plan {
  std::uint64_t seed;
  NetworkConfig defaults;  ///< common to all nodes
  std::vector<Locator> networks;
  std::vector<Conditions> conditions;  ///< without faults, by network
  std::vector<NodePlan> nodes;
  std::vector<Incident> incidents;
  std::vector<Traffic> traffic;
  Duration active;  ///< then the faults end,
  Duration settle;  ///< and after this all nodes reach each other
  std::string shape;
};

/// Draws a plan.
class Planner {
 public:
  explicit Planner(std::uint64_t seed) : random_(mix64(seed)) { plan_.seed = seed; }

  Plan draw() {
    draw_times();
    draw_topology();
    draw_incidents();
    draw_traffic();
    return std::move(plan_);
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  Duration time(Duration least, Duration most) { return least + sim::uniform(random_, most - least); }
  Duration seconds(std::int64_t least, std::int64_t most) {
    return std::chrono::seconds(
        least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1)));
  }
  double probability(unsigned most_percent) {
    return static_cast<double>(between(1, most_percent * 10)) / 1000;
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  void draw_times() {
    NetworkConfig& common = plan_.defaults;
    if (!chance(30)) {  // everything is faster, so that more happens
      common.wait_time = seconds(4, 12);
      common.backwards_learning_ttl = seconds(6, 15);
      common.active_unicast_session_ttl = seconds(6, 30);
    }
    if (chance(30)) common.hop_limit = static_cast<std::uint8_t>(between(1, 6));
    common.loc_update_retry_wait_time = chance(70) ? 1s : time(200ms, 2s);
    common.loc_update_retries = static_cast<unsigned>(between(0, 4));
    plan_.active = seconds(10, 40);
    plan_.settle = 2 * common.wait_time + common.backwards_learning_ttl + 31s;
  }

  void draw_topology();
  void draw_incidents();
  void draw_traffic();

  std::size_t add(const std::string& kind, std::vector<Locator> places) {
    NodePlan node;
    const std::size_t number = plan_.nodes.size();
    node.name = kind + std::to_string(number);
    node.nid = Nid(random_() | 1);
    node.reference = chance(references_);
    node.locators = {std::move(places)};
    node.start = chance(50) ? time(0ns, 2s) : Duration{};
    plan_.nodes.push_back(std::move(node));
    return number;
  }

  /// One router between the networks, or several.
  void join(std::vector<Locator> places) {
    const std::uint64_t routers = chance(parallel_) ? between(2, 3) : 1;
    for (std::uint64_t each = 0; each < routers && plan_.nodes.size() < most_nodes_; ++each) add("r", places);
  }

  Conditions fair();
  Conditions foul(Conditions base);

  Plan plan_;
  Random random_;
  unsigned references_ = 0;  // percent
  unsigned parallel_ = 0;
  std::size_t most_nodes_ = 2;
};

inline Conditions Planner::fair() {
  Conditions conditions;
  switch (below(4)) {
    case 0:
      conditions.delay = 0ns;
      break;
    case 1:
      conditions.delay = time(10us, 1ms);
      break;
    case 2:
      conditions.delay = time(1ms, 10ms);
      break;
    default:
      conditions.delay = time(1ms, 40ms);
      conditions.jitter = time(0ns, 10ms);
  }
  return conditions;
}

inline Conditions Planner::foul(Conditions conditions) {
  if (chance(50)) conditions.loss = probability(chance(20) ? 90 : 20);
  if (chance(25))
    conditions.bursts = {.begin = probability(10), .end = probability(50), .loss = probability(100)};
  if (chance(25)) conditions.duplication = probability(30);
  // Together these stay below half a second, within which a node recognises duplicates.
  if (chance(25)) conditions.reordering = probability(30), conditions.reordering_delay = time(100us, 30ms);
  if (chance(25)) conditions.jitter = time(0ns, 30ms);
  if (chance(15)) conditions.delay = time(0ns, 40ms);
  if (chance(10)) {
    conditions.bandwidth = between(250'000, 5'000'000);
    conditions.queue_limit = std::max<std::size_t>(1500, conditions.bandwidth / 160);  // 50 ms
  }
  return conditions;
}

inline void Planner::draw_topology() {
  const std::uint64_t size = below(100);
  most_nodes_ = size < 65 ? between(2, 10) : size < 92 ? between(8, 20) : between(20, 40);
  references_ = chance(40) ? static_cast<unsigned>(between(5, 60)) : 0;
  parallel_ = chance(40) ? static_cast<unsigned>(between(20, 100)) : 0;
  const std::size_t networks =
      std::min<std::size_t>(between(2, 12), std::max<std::size_t>(2, most_nodes_ * 2 / 3));
  for (std::size_t each = 0; each < networks; ++each) {
    plan_.networks.emplace_back(0xa + each);
    plan_.conditions.push_back(fair());
  }
  const auto& all = plan_.networks;
  switch (below(6)) {
    case 0:
      plan_.shape = "chain";
      for (std::size_t at = 0; at + 1 < networks; ++at) join({all[at], all[at + 1]});
      break;
    case 1:
      plan_.shape = "ring";
      for (std::size_t at = 0; at < networks; ++at)
        if (networks > 2 || at == 0) join({all[at], all[(at + 1) % networks]});
      break;
    case 2:
      plan_.shape = "star";
      for (std::size_t at = 1; at < networks; ++at) join({all[0], all[at]});
      break;
    case 3:
      plan_.shape = "hub";
      join({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(networks, 8))});
      for (std::size_t at = 8; at < networks; ++at) join({all[at - 8], all[at]});
      break;
    case 4:
      plan_.shape = "tree";
      for (std::size_t at = 1; at < networks; ++at) join({all[(at - 1) / 2], all[at]});
      break;
    default:
      plan_.shape = "random";
      for (std::size_t at = 1; at < networks; ++at) join({all[below(at)], all[at]});
      for (std::uint64_t more = between(0, 2); more > 0 && networks > 2; --more) {
        const std::size_t first = below(networks);
        join({all[first], all[(first + between(1, networks - 1)) % networks]});
      }
  }
  const std::size_t routers = plan_.nodes.size();
  while (plan_.nodes.size() < std::max(most_nodes_, routers + 2) && plan_.nodes.size() < 40) {
    std::vector<Locator> places{one_of(all)};
    if (chance(15)) {
      if (const Locator more = one_of(all); more != places[0]) places.push_back(more);
    }
    NodePlan& node = plan_.nodes[add("n", places)];
    if (chance(10)) {  // it moves by its schedule
      for (std::uint64_t sets = between(1, 2); sets > 0; --sets) node.locators.push_back({one_of(all)});
      node.move_time = time(2s, 20s);
      node.handoff_time = chance(20) ? Duration{} : time(100ms, 10s);
    }
  }
}

inline void Planner::draw_incidents() {
  const Duration first = 3s;
  const auto random_node = [&] { return below(plan_.nodes.size()); };
  const std::uint64_t faults = chance(20) ? 0 : between(1, 2 + plan_.nodes.size() / 2);
  for (std::uint64_t each = 0; each < faults; ++each) {
    Incident incident{
        .kind = static_cast<Incident::Kind>(below(static_cast<std::uint64_t>(Incident::Kind::move)))};
    incident.begin = time(chance(20) ? Duration{} : first, plan_.active - 1s);
    incident.end = std::min(plan_.active, incident.begin + (chance(50) ? time(10ms, 2s) : time(1s, 20s)));
    incident.node = random_node();
    incident.other = random_node();
    const std::size_t network = below(plan_.networks.size());
    incident.network = plan_.networks[network];
    if (incident.kind != Incident::Kind::network && incident.kind != Incident::Kind::partition)
      incident.network = one_of(plan_.nodes[incident.node].locators.front());
    if (incident.kind == Incident::Kind::network) incident.conditions = foul(plan_.conditions[network]);
    if (incident.kind == Incident::Kind::host) {
      incident.conditions = foul({});
      incident.conditions.delay = chance(20) ? time(0ns, 50ms) : Duration{};
    }
    if (incident.kind == Incident::Kind::partition)
      for (std::size_t node = 0; node < plan_.nodes.size(); ++node)
        if (chance(50)) incident.side.push_back(node);
    if (incident.kind == Incident::Kind::crash && chance(40)) incident.nid = Nid(random_() | 1);
    plan_.incidents.push_back(std::move(incident));
  }
  if (chance(50)) {
    const std::uint64_t movers = between(1, 3);
    for (std::uint64_t mover = 0; mover < movers; ++mover) {
      const std::size_t node = random_node();
      if (plan_.nodes[node].reference || plan_.nodes[node].roams() || plan_.nodes[node].name[0] == 'r')
        continue;
      Duration handoff = chance(25) ? Duration{} : time(100ms, 5s);
      plan_.nodes[node].handoff_time = handoff;
      Duration at = time(first, plan_.active / 2);
      const bool fast = chance(30);
      for (std::uint64_t moves = between(1, 6); moves > 0 && at < plan_.active; --moves) {
        Incident incident{.kind = Incident::Kind::move, .begin = at, .node = node};
        incident.places = {one_of(plan_.networks)};
        if (chance(20))
          if (const Locator more = one_of(plan_.networks); more != incident.places[0])
            incident.places.push_back(more);
        at += fast ? time(0ns, 900ms) : time(500ms, 10s);
        plan_.incidents.push_back(std::move(incident));
      }
      if (chance(30)) {  // another node moves at the same time
        const std::size_t other = random_node();
        if (plan_.nodes[other].reference || plan_.nodes[other].roams() || plan_.nodes[other].name[0] == 'r')
          continue;
        plan_.nodes[other].handoff_time = handoff;
        Incident incident = plan_.incidents.back();
        incident.node = other;
        incident.places = {one_of(plan_.networks)};
        plan_.incidents.push_back(std::move(incident));
      }
    }
  }
}

inline void Planner::draw_traffic() {
  std::uint64_t budget = 1200;  // datagrams
  for (std::uint64_t flows = between(1, 8); flows > 0; --flows) {
    Traffic flow{};
    flow.from = below(plan_.nodes.size());
    flow.to = below(plan_.nodes.size());
    if (flow.from == flow.to) continue;
    flow.begin = time(1s, plan_.active - 2s);
    flow.end = time(flow.begin + 1s, plan_.active + 5s);
    const auto count = std::min<std::uint64_t>(budget / 2 + 1, between(3, 300));
    budget -= count;
    flow.period = std::max<Duration>(1ms, (flow.end - flow.begin) / static_cast<Duration::rep>(count));
    flow.size = chance(90) ? between(8, 100) : between(8, 1396);
    flow.port = static_cast<std::uint16_t>(4000 + below(3));  // nobody binds 4002
    flow.equal = chance(5);
    flow.answers = chance(30);
    plan_.traffic.push_back(flow);
  }
}

}  // namespace ilnp::swarm
