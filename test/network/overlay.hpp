#pragma once

#include <map>
#include <memory>
#include <set>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/node_config.hpp"
#include "support/print.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

inline constexpr std::uint16_t port = 4000;

/// Counts what a node does, by event.
struct Watch {
  std::map<Drop, int> dropped;
  int moved = 0;
  int updates = 0;
  int acknowledged = 0;
  int given_up = 0;
  int undone = 0;
  int conflicts = 0;
  int conflicts_ended = 0;
  int passed = 0;
  int updates_undone = 0;
  int silent = 0;
  int heard = 0;
  int left = 0;
  int handoffs_begun = 0;
  int handoffs_ended = 0;
  std::vector<event::DuplicateNid::State> namesakes;

  void operator()(const event::Dropped& e) { ++dropped[e.reason]; }
  void operator()(const event::PeerMoved&) { ++moved; }
  void operator()(const event::UpdateSent&) { ++updates; }
  void operator()(const event::UpdateAcknowledged&) { ++acknowledged; }
  void operator()(const event::UpdateGivenUp&) { ++given_up; }
  void operator()(const event::HandoffUndone&) { ++undone; }
  void operator()(const event::NameConflict&) { ++conflicts; }
  void operator()(const event::NameConflictEnded&) { ++conflicts_ended; }
  void operator()(const event::NamePassed&) { ++passed; }
  void operator()(const event::UpdateUndone&) { ++updates_undone; }
  void operator()(const event::PeerSilent&) { ++silent; }
  void operator()(const event::PeerHeard&) { ++heard; }
  void operator()(const event::PeerLeft&) { ++left; }
  void operator()(const event::HandoffBegan&) { ++handoffs_begun; }
  void operator()(const event::HandoffEnded&) { ++handoffs_ended; }
  void operator()(const event::DuplicateNid& e) { namesakes.push_back(e.state); }
  template <class Event>
  void operator()(const Event&) {}
};

/// Passes events on to a watch that lives elsewhere.
struct Watching {
  Watch* watch;
  template <class Event>
  void operator()(const Event& event) const {
    (*watch)(event);
  }
};

/// A stream of numbered datagrams as its receiver sees it.
struct Received {
  std::map<std::uint64_t, int> arrivals;
  std::uint64_t last = 0;
  int reordered = 0;
  int total = 0;
  TimePoint last_time{};
  Duration longest_gap{};

  int duplicated() const { return total - static_cast<int>(arrivals.size()); }
  /// Of the numbers `from` to `to`, how many are missing.
  int lost(std::uint64_t from, std::uint64_t to) const {
    int missing = 0;
    for (auto number = from; number <= to; ++number) missing += !arrivals.contains(number);
    return missing;
  }
};

using Stack = STP<ILNP<sim::SimUnderlay>>;

/// A node of the overlay: sends numbered datagrams, and keeps the books of those that it gets, by sender.
template <class Stack>
class BasicEndpoint {
 public:
  BasicEndpoint(sim::World& world, NetworkConfig config)
      : config_(std::move(config)),
        node_(world, config_.host_name, sim::Observing{Watching{&watch}}, config_) {
    listen();
    node_.on_receive([this](const DatagramSource& source, Bytes bytes) {
      last_interface = source.network.interface;
      Received& received = from[source.nid];
      if (bytes.size() != 8) return void(++other);
      const auto number = wire::load<std::uint64_t>(bytes, 0);
      const TimePoint now = node_.world().now();
      ++received.total;
      if (received.arrivals[number]++ == 0 && number < received.last) ++received.reordered;
      if (received.total > 1) received.longest_gap = std::max(received.longest_gap, now - received.last_time);
      received.last = std::max(received.last, number);
      received.last_time = now;
    });
  }

  void start() {
    node_.with([](auto& stack, auto& cx) { BOOST_TEST(!network_layer(stack).start(cx)); });
  }

  error_code send(Nid to, Bytes payload) {
    return node_.with([&](auto& stack, auto& cx) { return stack.send(port, to, port, payload, cx); });
  }
  error_code send(Nid to, std::uint64_t number) {
    std::array<std::byte, 8> payload;
    wire::store(MutableBytes(payload), 0, number);
    const error_code error = send(to, Bytes(payload));
    if (error) ++refused;
    return error;
  }
  error_code send(std::string_view name, std::uint64_t number) {
    const auto nid = node_.with([&](auto& stack, auto& cx) { return stack.resolve(name, cx); });
    return nid ? send(*nid, number) : nid.error();
  }

  /// Sends 1, 2, 3, ... to the node `to`, one each `period`, from `first` on, as long as the time is before `until`.
  void stream(const BasicEndpoint& to, Duration period, TimePoint first, TimePoint until) {
    const Nid nid = to.nid();
    node_.world().every(period, first, until, [this, nid] { static_cast<void>(send(nid, ++sent[nid])); });
  }

  void move_to(std::vector<Locator> set) {
    node_.with([&](auto& stack, auto& cx) { BOOST_TEST(network_layer(stack).move_to(set, cx)); });
  }
  void restart(std::uint64_t new_nid = 0) {
    if (new_nid) config_.nid = Nid(new_nid);
    node_.restart(config_);
    listen();
    start();
  }
  void crash() { node_.crash(); }
  /// As a program that ends by itself.
  void shut_down() {
    node_.with([](auto& stack, auto& cx) { say_goodbye(stack, cx); });
    crash();
  }

  Nid nid() const { return config_.nid; }
  auto& node() { return node_; }
  const auto& network() const { return network_layer(node_.stack()); }
  std::uint64_t drops(Drop reason) const { return network().counters().of(reason); }

  /// What it got from `peer`, checked against what that one has sent: nothing lost or duplicated, nor reordered.
  void expect_all_once_from(const BasicEndpoint& peer, int reordered = 0) {
    const Received& received = from[peer.nid()];
    const std::uint64_t count = peer.sent.at(nid());
    BOOST_TEST_CONTEXT(config_.host_name << " from " << peer.config_.host_name << ", " << count << " sent") {
      BOOST_TEST(received.lost(1, count) == 0);
      BOOST_TEST(received.duplicated() == 0);
      BOOST_TEST(received.reordered <= reordered);
      BOOST_TEST(peer.refused == 0);
    }
  }

  Watch watch;
  std::map<Nid, Received> from;
  std::map<Nid, std::uint64_t> sent;
  int other = 0;
  int refused = 0;
  Locator last_interface;

 private:
  void listen() {
    node_.with([](auto& stack, auto&) { BOOST_TEST(!stack.bind(port)); });
  }

  NetworkConfig config_;
  sim::SimNode<Stack, Watching> node_;
};

using Endpoint = BasicEndpoint<Stack>;

/// Three networks with a router between them, alice in a, bob in b; started, and a second later.
template <class Endpoint>
struct BasicOverlay {
  explicit BasicOverlay(std::uint64_t seed = 1) : world(seed) {}

  Endpoint& add(NetworkConfig config) {
    return *nodes.emplace_back(std::make_unique<Endpoint>(world, std::move(config)));
  }
  Endpoint& add(std::uint64_t nid, std::string name, std::vector<Locator> locators) {
    return add(node_config(nid, std::move(name), {std::move(locators)}));
  }
  void start(Duration settle = 1s) {
    for (auto& node : nodes) node->start();
    world.run_for(settle);
  }
  TimePoint in(Duration duration) const { return world.now() + duration; }

  sim::World world;
  std::vector<std::unique_ptr<Endpoint>> nodes;
};

using Overlay = BasicOverlay<Endpoint>;

}  // namespace ilnp::test
