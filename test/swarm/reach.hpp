#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "ilnp/base/address.hpp"

namespace ilnp::swarm {

/// Which nodes can reach each other, according to a graph that knows nothing of the protocol: nodes join networks, and
/// every node forwards.
class Reach {
 public:
  /// By node: its locators. A node without any takes no part.
  using Places = std::vector<std::vector<Locator>>;

  explicit Reach(Places places) : places_(std::move(places)) {}

  /// The smallest number of nodes that must forward a packet from one to the other; -1: there is no path.
  int hops(std::size_t from, std::size_t to) const {
    const auto distance = distances(places_[from], {from, to});
    int least = -1;
    for (const Locator place : places_[to])
      if (const auto at = distance.find(place); at != distance.end() && (least < 0 || at->second < least))
        least = at->second;
    return least;
  }

  /// Is there a path from one node to the other that does not go through the node `without`?
  bool connected(std::size_t from, std::size_t to, std::size_t without) const {
    const auto distance = distances(places_[from], {from, to, without});
    return std::ranges::any_of(places_[to], [&](Locator place) { return distance.contains(place); });
  }

  /// Are both in one network?
  bool meet(std::size_t one, std::size_t other) const {
    return std::ranges::any_of(places_[one], [&](Locator place) {
      return std::ranges::find(places_[other], place) != places_[other].end();
    });
  }

  /// Is there a path from one of its networks to another of them that does not go through the node?
  bool in_cycle(std::size_t node) const {
    const auto& own = places_[node];
    for (const Locator place : own) {
      const auto distance = distances({place}, {node});
      if (std::ranges::any_of(own, [&](Locator other) { return other != place && distance.contains(other); }))
        return true;
    }
    return false;
  }

 private:
  std::map<Locator, int> distances(const std::vector<Locator>& from,
                                   const std::vector<std::size_t>& without) const {
    std::map<Locator, int> distance;
    for (const Locator place : from) distance[place] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t node = 0; node < places_.size(); ++node) {
        if (std::ranges::find(without, node) != without.end()) continue;
        for (const Locator in : places_[node]) {
          const auto known = distance.find(in);
          if (known == distance.end()) continue;
          const int next = known->second + 1;
          for (const Locator out : places_[node]) {
            const auto at = distance.try_emplace(out, next);
            if (!at.second && at.first->second <= next) continue;
            at.first->second = next;
            changed = true;
          }
        }
      }
    }
    return distance;
  }

  Places places_;
};

}  // namespace ilnp::swarm
