#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <utility>
#include <vector>

#include "node.hpp"

namespace ilnp::sim {

/// Checks the state of nodes after every event in which they did something:
///
/// - tables are within their limits;
/// - no deadline remains in the past: a node that is woken moves it on;
/// - a node knows a locator of a peer only if that peer has had it.
///
/// Other stacks than those of the toolkit can be watched as well; what they do not provide is not checked.
class NodeCheck {
 public:
  /// A node may be woken this often at one time, since what it does may cause more work.
  static constexpr unsigned max_wakes = 64;

  /// Refers to `world`, which calls it after each event.
  explicit NodeCheck(World& world) : world_(world) {
    world.after_event([this] {
      for (const HostId host : world_.touched())
        if (host < watched_.size() && watched_[host]) watched_[host]();
    });
  }
  NodeCheck(const NodeCheck&) = delete;
  NodeCheck& operator=(const NodeCheck&) = delete;

  /// From now on checks `node`, which must not move or end while the world runs.
  template <class Stack, class Observer>
  void watch(const SimNode<Stack, Observer>& node) {
    if (node.id() >= watched_.size()) watched_.resize(node.id() + 1);
    watched_[node.id()] = [this, &node, seen = Seen{}]() mutable {
      if (!node.running()) return;
      if (seen.incarnation != node.incarnation()) seen = Seen{.incarnation = node.incarnation()};
      const auto& network = network_layer(node.stack());
      note_places(network, seen);
      check_timer(node);
      if constexpr (requires { network.for_each_table([](const char*, std::size_t, std::size_t) {}); })
        check_tables(node.name(), network);
      if constexpr (requires { network.counters().discovery_received; }) {
        const std::uint64_t heard =
            network.counters().discovery_received + network.counters().updates_received;
        if (std::exchange(seen.heard, heard) != heard) check_peers(node.name(), network);
      }
    };
  }

  /// `nid` has been at `locator`, or says so itself; for nodes that are not watched.
  void note_place(Nid nid, Locator locator) {
    auto& places = places_[nid.value()];
    if (std::ranges::find(places, locator) == places.end()) places.push_back(locator);
  }

 private:
  struct Seen {
    std::uint32_t incarnation = 0;
    std::uint64_t heard = 0;
    Epoch::Stamp joined = 0;        ///< when its interfaces last changed, or if it does not say so,
    std::vector<Locator> places{};  ///< its last locators
  };

  template <class Network>
  void note_places(const Network& network, Seen& seen) {
    const Nid nid = network.local_nid();
    if constexpr (requires { network.interfaces().changed(); }) {
      if (std::exchange(seen.joined, network.interfaces().changed()) == network.interfaces().changed())
        return;
      for (const auto& interface : network.interfaces().all()) note_place(nid, interface.locator);
    } else if constexpr (requires { network.interfaces(); }) {
      if (std::ranges::equal(seen.places, network.interfaces())) return;
      seen.places.assign(network.interfaces().begin(), network.interfaces().end());
      for (const Locator locator : seen.places) note_place(nid, locator);
    }
  }

  template <class AnyNode>
  void check_timer(const AnyNode& node) {
    if (node.wakes_at_once() >= max_wakes && node.stack().next_deadline() <= world_.now())
      world_.violated(node.name() + ": its deadline stays in the past");
  }

  template <class Network>
  void check_tables(const std::string& name, const Network& network) {
    network.for_each_table([&](const char* table, std::size_t size, std::size_t limit) {
      if (size > limit)
        world_.violated(name + ": table of " + table + " holds " + std::to_string(size) + ", at most " +
                        std::to_string(limit) + " are allowed");
    });
  }

  template <class Network>
  void check_peers(const std::string& name, const Network& network) {
    network.hosts().for_each([&](Nid nid, const auto& host) {
      const auto known = places_.find(nid.value());
      for (const auto& place : host.places())
        if (known == places_.end() || std::ranges::find(known->second, place.locator) == known->second.end())
          world_.violated(name + " believes " + to_string(nid) + " to be at " + to_string(place.locator) +
                          ", where it never was");
    });
  }

  World& world_;
  std::vector<std::function<void()>> watched_;  // by host
  boost::unordered_flat_map<std::uint64_t, std::vector<Locator>> places_;
};

}  // namespace ilnp::sim
