#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ilnp/base/address.hpp"

namespace ilnp::test {

/// The networks that each node joins.
using Topology = std::vector<std::vector<Locator>>;

inline Locator line(std::size_t number) { return Locator(0x1000 + number); }

/// All nodes in one network.
inline Topology one_network(std::size_t nodes) { return Topology(nodes, {line(0)}); }

/// A line of nodes: one network between each pair of neighbours.
inline Topology chain(std::size_t nodes) {
  Topology made(nodes);
  for (std::size_t i = 0; i + 1 < nodes; ++i) made[i].push_back(line(i)), made[i + 1].push_back(line(i));
  return made;
}

/// A chain whose ends meet.
inline Topology ring(std::size_t nodes) {
  Topology made = chain(nodes);
  made.front().push_back(line(nodes)), made.back().push_back(line(nodes));
  return made;
}

/// One node in the middle, in up to 16 networks (the most that can be joined), which the others share.
inline Topology star(std::size_t nodes) {
  const std::size_t arms = std::min<std::size_t>(16, nodes - 1);
  Topology made(nodes);
  for (std::size_t i = 0; i < arms; ++i) made[0].push_back(line(i));
  for (std::size_t i = 1; i < nodes; ++i) made[i].push_back(line(i % arms));
  return made;
}

/// Rows of about the same length: one network between each pair of neighbours, horizontally and vertically.
inline Topology grid(std::size_t nodes) {
  const auto width = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(nodes))));
  Topology made(nodes);
  std::size_t next = 0;
  for (std::size_t i = 0; i < nodes; ++i)
    for (const std::size_t other : {i % width + 1 < width ? i + 1 : nodes, i + width})
      if (other < nodes) made[i].push_back(line(next)), made[other].push_back(line(next++));
  return made;
}

/// How many others each node can hear of: a message crosses one network more than its hop limit.
inline std::vector<std::size_t> reach(const Topology& topology, std::size_t hop_limit) {
  std::map<Locator, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < topology.size(); ++i)
    for (const Locator each : topology[i]) members[each].push_back(i);
  std::vector<std::size_t> found;
  for (std::size_t from = 0; from < topology.size(); ++from) {
    std::vector<std::size_t> seen{from}, edge{from};
    std::vector<bool> known(topology.size());
    std::map<Locator, bool> crossed;
    known[from] = true;
    for (std::size_t hop = 0; hop <= hop_limit; ++hop) {
      std::vector<std::size_t> next;
      for (const std::size_t node : edge)
        for (const Locator each : topology[node])
          if (!std::exchange(crossed[each], true))
            for (const std::size_t other : members[each])
              if (!known[other]) known[other] = true, next.push_back(other);
      seen.insert(seen.end(), next.begin(), next.end());
      edge = std::move(next);
    }
    found.push_back(seen.size() - 1);
  }
  return found;
}

}  // namespace ilnp::test
