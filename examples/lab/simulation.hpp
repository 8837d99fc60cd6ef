#pragma once

// Runs a scenario in virtual time, with the same layer types that run on sockets.

#include <deque>
#include <functional>
#include <ilnp/base/layer.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/sim.hpp>
#include <ilnp/transport/stp.hpp>
#include <set>

#include "observations.hpp"

namespace lab {

/// Runs one scenario with one seed. Both, and the records, must outlive it. One thread.
class Simulation {
 public:
  /// How long the nodes continue after the last datagram was sent, so that everything can arrive.
  static constexpr auto linger = std::chrono::seconds(10);

  /// `records` and `replay` keep what happens; they may be null. Whether they do changes nothing in the run.
  Simulation(const Scenario& scenario, std::uint64_t seed, Records* records, Replay* replay = nullptr)
      : scenario_(scenario),
        world_(seed),
        random_(world_.next_seed()),
        seen_(scenario, world_, records, replay) {
    make_networks();
    for (NodeIndex i = 0; i < scenario.nodes.size(); ++i) make_node(i);
    for (const Action& action : scenario.actions) plan(action);
    for (NodeIndex i = 0; i < scenario.nodes.size(); ++i)
      world_.at(draw(scenario.nodes[i].start), [this, i] { start(i); });
    for (std::size_t i = 0; i < scenario.flows.size(); ++i) make_flow(i);
    if (records || replay) world_.tap([this](const ilnp::sim::SentFrame& frame) { seen_.frame(frame); });
    if (replay) {
      world_.tap_losses([replay](const ilnp::sim::SentFrame&, ilnp::sim::HostId to) { replay->lost(to); });
      world_.tap_arrivals([replay](const ilnp::sim::SentFrame&, ilnp::sim::HostId to, ilnp::TimePoint when) {
        replay->arrives(to, when);
      });
      world_.after_event([this] {
        if (seen_.replay()->cut()) return;
        for (const ilnp::sim::HostId node : world_.touched()) show_tables(node);
      });
    }
  }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Runs to the end and calls `go_on(now)` from time to time. If that returns false, ends early and returns false.
  template <class GoOn>
  bool run(GoOn&& go_on) {
    const ilnp::Duration all = scenario_.run + linger;
    const ilnp::Duration step = std::max<ilnp::Duration>(scenario_.run / 1000, std::chrono::milliseconds(1));
    for (ilnp::Duration until = step; world_.now().time_since_epoch() < all; until += step) {
      world_.run_until(ilnp::TimePoint(std::min(until, all)));
      if (!go_on(world_.now())) return false;
    }
    return true;
  }

  const Results& results() const noexcept { return seen_.results; }
  ilnp::sim::World& world() noexcept { return world_; }
  const std::set<ilnp::Locator>& networks() const noexcept { return networks_; }

 private:
  static constexpr std::uint16_t first_port = 1000;  ///< of the first flow, at both ends

  /// Passes on the events of the layers.
  struct Observer {
    Observations* seen;
    NodeIndex node;
    template <class Event>
    void operator()(const Event& event) const {
      if constexpr (requires { seen->saw(node, event); }) seen->saw(node, event);
    }
  };
  using Stack = ilnp::STP<ilnp::ILNP<ilnp::sim::SimUnderlay>>;
  using Node = ilnp::sim::SimNode<Stack, Observer>;

  struct Sender {
    std::uint64_t seed;
    std::vector<std::byte> datagram;
    ilnp::ResolvedName known;
  };

  ilnp::TimePoint draw(const Moment& moment) {
    return ilnp::TimePoint(moment.first + ilnp::sim::uniform(random_, moment.last - moment.first));
  }

  // ---- making the world

  void make_networks() {
    for (const NodeSpec& node : scenario_.nodes)
      for (const auto& set : node.config.locators) networks_.insert(set.begin(), set.end());
    for (const Action& action : scenario_.actions)
      if (const auto* move = std::get_if<Move>(&action.what))
        networks_.insert(move->to.begin(), move->to.end());
    for (const ilnp::Locator each : networks_) world_.network(each);
  }

  void make_node(NodeIndex i) {
    const auto& config = scenario_.nodes[i].config;
    Node& node =
        nodes_.emplace_back(world_, config.host_name, ilnp::sim::Observing{Observer{&seen_, i}}, config);
    node.on_receive(
        [this, i](const ilnp::DatagramSource& from, ilnp::Bytes payload) { receive(i, from, payload); });
  }

  void make_flow(std::size_t i) {
    const FlowSpec& flow = scenario_.flows[i];
    senders_.push_back({world_.next_seed(), std::vector<std::byte>(flow.size), {}});
    world_.every(flow.every, ilnp::TimePoint(flow.begin), ilnp::TimePoint(flow.end), [this, i] { send(i); });
  }

  void start(NodeIndex i) {
    Node& node = nodes_[i];
    if (!node.running() || started_[i]) return;  // it crashed or started before this time
    started_[i] = true;
    seen_.trace(i, "starts");
    const ilnp::error_code error = node.with([&](Stack& stack, auto& cx) -> ilnp::error_code {
      for (std::size_t flow = 0; flow < scenario_.flows.size(); ++flow)
        if (scenario_.flows[flow].from == i || scenario_.flows[flow].to == i)
          if (const ilnp::error_code refused = stack.bind(port_of(flow))) return refused;
      return network_layer(stack).start(cx);
    });
    if (error) throw std::runtime_error(node.name() + " cannot start: " + error.message());
  }

  // ---- what happens

  void plan(const Action& action) {
    if (!action.at) return std::visit([this](const auto& what) { perform(what); }, action.what);
    world_.at(draw(*action.at), [this, &action] {
      seen_.trace(std::nullopt, action.text);
      std::visit([this](const auto& what) { perform(what); }, action.what);
    });
  }

  template <class F>
  void each(const std::vector<ilnp::Locator>& some, F&& f) {
    if (some.empty()) {
      for (const ilnp::Locator network : networks_) f(world_.network(network));
    } else {
      for (const ilnp::Locator network : some) f(world_.network(network));
    }
  }

  void perform(const ConditionsChange& change) {
    each(change.networks, [&](ilnp::sim::Network& network) { change.apply(network.conditions); });
  }
  void perform(const AttachmentChange& change) {
    each(change.conditions.networks, [&](ilnp::sim::Network& network) {
      change.conditions.apply(network.attachment(nodes_[change.node].id()));
    });
  }
  void perform(const Partition& partition) {
    std::vector<ilnp::sim::HostId> side;
    for (const NodeIndex node : partition.nodes) side.push_back(nodes_[node].id());
    world_.network(partition.network).partition({side});
  }
  void perform(const Cut& cut) {
    auto& network = world_.network(cut.network);
    const auto from = nodes_[cut.from].id(), to = nodes_[cut.to].id();
    cut.mend ? network.mend(from, to) : network.cut(from, to);
  }
  void perform(const Heal& heal) {
    each(heal.networks, [](ilnp::sim::Network& network) { network.heal(); });
  }
  void perform(const Move& move) {
    Node& node = nodes_[move.node];
    if (!started_[move.node]) return seen_.trace(move.node, "does not move: it is not running");
    node.with([&](Stack& stack, auto& cx) { network_layer(stack).move_to(move.to, cx); });
  }
  void perform(const Crash& crash) {
    nodes_[crash.node].crash();
    started_[crash.node] = false;
    seen_.crashed(crash.node);
  }
  void perform(const Restart& restart) {
    perform(Crash{restart.node});
    nodes_[restart.node].restart();
    for (std::size_t i = 0; i < scenario_.flows.size(); ++i)
      if (scenario_.flows[i].from == restart.node) senders_[i].known = {};
    start(restart.node);
  }
  void perform(const LinkChange& change) {
    Node& node = nodes_[change.node];
    if (!started_[change.node]) return seen_.trace(change.node, "has no link: it is not running");
    node.set_link(change.up);
  }

  // ---- the tables of a node, for the replay

  void show_tables(NodeIndex i) {
    ilnp::JsonWriter json(ilnp::JsonText::utf8);
    const bool up = nodes_[i].running() && started_[i];
    json.open('{').member("up", up);
    if (up) write_tables(json, network_layer(nodes_[i].stack()), world_.now());
    seen_.replay()->state(world_.now(), i, json.close('}').take());
  }

  template <class Network>
  static void write_tables(ilnp::JsonWriter& json, const Network& network, ilnp::TimePoint now) {
    std::map<ilnp::Locator, ilnp::Locator> routes;  // to one, through another
    network.forwarding().for_each(
        now, [&](ilnp::Locator to, ilnp::Locator via, ilnp::Duration) { routes[to] = via; });
    json.key("at").open('[');
    for (const ilnp::Interface& each : network.interfaces().all()) {
      json.open('[').value(short_name(each.locator));
      json.value(each.leaving ? "leaving" : each.passing ? "joining" : "joined").close(']');
    }
    json.close(']').key("hosts").open('[');
    network.hosts().for_each(now, [&](ilnp::Nid nid, const ilnp::KnownHost& host, bool) {
      json.open('[').value(host.name).value(to_string(nid)).open('[');
      host.for_each_present([&](ilnp::Locator each) { json.value(short_name(each)); });
      const ilnp::Locator used = host.in_use();
      json.close(']').value(used == ilnp::Locator{} ? "" : short_name(used));
      const auto route = routes.find(used);
      json.value(used == ilnp::Locator{}              ? ""
                 : network.interfaces().current(used) ? short_name(used)
                 : route == routes.end()              ? ""
                                                      : short_name(route->second));
      json.close(']');
    });
    json.close(']').key("routes").open('[');
    for (const auto& [to, via] : routes)
      json.open('[').value(short_name(to)).value(short_name(via)).close(']');
    json.close(']');
  }

  // ---- datagrams

  static std::uint16_t port_of(std::size_t flow) noexcept {
    return static_cast<std::uint16_t>(first_port + flow);
  }

  /// A datagram is its number, followed by octets that depend on flow and number, so that the receiver knows them too.
  static void fill(std::vector<std::byte>& datagram, std::uint64_t seed, std::uint64_t number) {
    const ilnp::MutableBytes bytes(datagram);
    ilnp::wire::store(bytes, 0, number);
    ilnp::Random random(seed ^ ilnp::mix64(number));
    std::size_t at = 8;
    for (; at + 8 <= bytes.size(); at += 8) ilnp::wire::store(bytes, at, random());
    for (; at < bytes.size(); ++at) bytes[at] = static_cast<std::byte>(random());
  }

  void send(std::size_t i) {
    const FlowSpec& flow = scenario_.flows[i];
    FlowResult& result = seen_.results.flows[i];
    Sender& sender = senders_[i];
    Node& node = nodes_[flow.from];
    if (!started_[flow.from]) return void(++result.refused["the sender is not running"]);
    fill(sender.datagram, sender.seed, result.sent + 1);
    const std::uint16_t port = port_of(i);
    const ilnp::error_code error = node.with([&](Stack& stack, auto& cx) -> ilnp::error_code {
      if (!stack.holds(sender.known, cx)) {
        const std::string& name = scenario_.nodes[flow.to].config.host_name;
        if (const ilnp::error_code failed = stack.resolve(name, sender.known, cx)) return failed;
      }
      return stack.send(port, sender.known.value, port, sender.datagram, cx);
    });
    if (error) {
      if (++result.refused[error.message()] == 1)
        seen_.trace(flow.from, "cannot send to " + nodes_[flow.to].name() + ": " + error.message());
      return;
    }
    result.send(world_.now());
    if (seen_.replay()) seen_.replay()->sent(i, world_.now());
    if (!seen_.records() || seen_.records()->cut()) return;
    seen_.records()->datagram(
        flow.from, {true, world_.now(), result.sent, sender.datagram.size(), seen_.last_sent.interface,
                    seen_.last_sent.source, seen_.last_sent.destination});
  }

  void receive(NodeIndex node, const ilnp::DatagramSource& from, ilnp::Bytes payload) {
    const std::size_t i = static_cast<std::size_t>(from.destination_port) - first_port;
    FlowResult& result = seen_.results.flows[i];
    const std::uint64_t number = payload.size() < 8 ? 0 : ilnp::wire::load<std::uint64_t>(payload, 0);
    expected_.resize(scenario_.flows[i].size);
    fill(expected_, senders_[i].seed, number);
    if (number == 0 || number > result.sent ||
        from.nid != scenario_.nodes[scenario_.flows[i].from].config.nid || node != scenario_.flows[i].to ||
        !std::ranges::equal(payload, expected_)) {
      ++result.damaged;
      return seen_.trace(node, "a datagram that was not sent");
    }
    const bool again = result.flow.seen(number);
    if (seen_.records() || seen_.replay()) {
      const char* oddity = again ? " once more" : number < result.flow.highest() ? " late" : nullptr;
      if (oddity)
        seen_.trace(node, "datagram " + std::to_string(number) + " from " +
                              nodes_[scenario_.flows[i].from].name() + " arrives" + oddity);
    }
    if (seen_.replay())
      seen_.replay()->received(i, number, world_.now() - result.sent_at[number], again, world_.now());
    if (seen_.records()) {
      seen_.records()->datagram(node, {false, world_.now(), number, payload.size(), from.network.interface,
                                       from.network.source, from.network.destination});
    }
    result.receive(number, payload.size(), world_.now());
  }

  const Scenario& scenario_;
  ilnp::sim::World world_;
  ilnp::Random random_;
  Observations seen_;
  std::set<ilnp::Locator> networks_;
  std::deque<Node> nodes_;
  std::vector<bool> started_ = std::vector<bool>(scenario_.nodes.size());
  std::vector<Sender> senders_;
  std::vector<std::byte> expected_;
};

}  // namespace lab
