#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cell.hpp"
#include "flow.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "ilnp/wire/stp_header.hpp"

namespace ilnp::test {

/// Runs one cell: a mobile node, its correspondents, and a router that is in all four networks. The mobile node starts in
/// a, the correspondents in b. There are three moves, each of which ends before the next:
///
///              one moves          two move                the path between the two
///     1        a to c             a to c, b to d          as long as before
///     2        c to b             c to d, d to c          one network; they swap, and are together during the handoff
///     3        b to a             d to a, c to a          longer; they meet in one network
///
/// The other correspondents stay in b; for them every move of a double jump leaves the path as long as it was.
class Simulation {
 public:
  static constexpr Duration handoff_time = 4s;  ///< the same between the moves of a hard handoff
  static constexpr Duration pause = 1s;         ///< from the end of one to the start of the next
  static constexpr std::uint16_t port = 4000;

  explicit Simulation(const Cell& cell) : cell_(cell), world_(1) {
    world_.defaults.delay = cell.network.conditions().delay;
    router_ = &add("router", {a, b, c, d});
    mover_ = &add("mover", {a});
    for (int i = 0; i < cell.correspondents; ++i) {
      peers_.push_back(&add("peer" + std::to_string(i), {b}));
      flows_.push_back({});
    }
    world_.lose_if([this](const sim::SentFrame& frame, sim::HostId) { return is_lost_update(frame); });
    world_.tap([this](const sim::SentFrame& frame) { count(frame); });
    world_.tap_losses([this](const sim::SentFrame& frame, sim::HostId to) { note_loss(frame, to); });
  }

  void run() {
    for (auto& node : nodes_) node->start();
    world_.run_for(3s);
    for (const Locator each : {a, b, c, d}) world_.network(each).conditions = cell_.network.conditions();
    begin_ = world_.now() + 1s;
    const TimePoint end = begin_ + moves * (handoff_time + pause);
    for (std::size_t i = 0; i < peers_.size(); ++i) stream(i, end);
    world_.run_until(begin_);
    for (move_ = 1; move_ <= moves; ++move_) {
      const auto before = told();
      begin_move();
      world_.run_for(handoff_time);
      const auto after = told();
      for (std::size_t i = 0; i < after.size(); ++i)
        informed_[i][static_cast<std::size_t>(move_)] = after[i] > before[i];
      world_.run_for(pause);
    }
    --move_;
    counting_ = false;
    world_.run_for(3s);
  }

  struct Pair {
    Flow to_mover;
    Flow from_mover;
  };

  const Cell& cell() const noexcept { return cell_; }
  const std::vector<Pair>& flows() const noexcept { return flows_; }
  /// How many correspondents had to be told, over all moves, and how many of them heard it within the handoff.
  int to_tell() const noexcept { return static_cast<int>(informed_.size()) * moves; }
  int informed() const noexcept {
    int sum = 0;
    for (const auto& each : informed_) sum += static_cast<int>(std::ranges::count(each, true));
    return sum;
  }
  /// Has the sender of a flow heard of the `move` of the other node, if that has moved?
  bool informed(std::size_t peer, bool to_mover, int move) const noexcept {
    if (move == 0 || (!to_mover && (peer != 0 || !cell_.two()))) return true;
    return (to_mover ? informed_[peer] : informed_.back())[static_cast<std::size_t>(move)];
  }
  std::uint64_t update_frames() const noexcept { return update_frames_; }
  std::uint64_t discovery_frames() const noexcept { return discovery_frames_; }
  std::uint64_t refused() const noexcept { return refused_; }
  /// The move (1 to 3; 0: before the first) after which a datagram sent at this time should arrive.
  int move_at(TimePoint sent) const noexcept {
    const TimePoint arrives = sent + 2 * (cell_.network.delay + cell_.network.jitter);
    if (arrives < begin_) return 0;
    return std::min(static_cast<int>((arrives - begin_) / (handoff_time + pause)) + 1, moves);
  }

 private:
  static constexpr Locator a{0xa}, b{0xb}, c{0xc}, d{0xd};
  using Node = sim::SimNode<STP<ILNP<sim::SimUnderlay>>>;

  Node& add(const std::string& name, std::vector<Locator> locators) {
    NetworkConfig config;
    config.nid = Nid(nodes_.size() + 1);
    config.host_name = name;
    config.locators = {std::move(locators)};
    config.handoff_time = cell_.soft ? handoff_time : Duration::zero();
    auto& node = *nodes_.emplace_back(std::make_unique<Node>(world_, name, config));
    node.with([](auto& stack, auto&) { static_cast<void>(stack.bind(port)); });
    node.on_receive([this, self = config.nid](const DatagramSource& source, Bytes bytes) {
      if (Flow* flow = flow_between(source.nid, self))
        flow->receive(wire::load<std::uint64_t>(bytes, 0), move_, world_.now());
    });
    return node;
  }

  static Nid nid(const Node& node) { return Nid(node.id() + 1); }

  Flow* flow_between(Nid from, Nid to) {
    const bool inward = to == nid(*mover_);
    const std::uint64_t first = peers_.front()->id() + 1u;
    const std::uint64_t peer = (inward ? from : to).value();
    if ((!inward && from != nid(*mover_)) || peer < first || peer >= first + peers_.size()) return nullptr;
    Pair& pair = flows_[peer - first];
    return inward ? &pair.to_mover : &pair.from_mover;
  }

  /// Numbers in both directions; each flow starts shortly after the previous one.
  void stream(std::size_t peer, TimePoint end) {
    const Duration period = Duration(1s) / cell_.rate;
    const auto flows = static_cast<std::int64_t>(2 * peers_.size());
    const TimePoint first = begin_ - 500ms + 37us;
    const auto begin = [&](Node& from, Node& to, Flow& flow, std::int64_t turn) {
      world_.every(period, first + period * turn / flows, end, [this, &from, &to, &flow] {
        std::array<std::byte, 8> number;
        wire::store(MutableBytes(number), 0, flow.send(world_.now()));
        from.with([&](auto& stack, auto& cx) {
          if (stack.send(port, nid(to), port, Bytes(number), cx)) ++refused_;
        });
      });
    };
    begin(*mover_, *peers_[peer], flows_[peer].from_mover, static_cast<std::int64_t>(2 * peer));
    begin(*peers_[peer], *mover_, flows_[peer].to_mover, static_cast<std::int64_t>(2 * peer + 1));
  }

  void begin_move() {
    const auto move = [](Node& node, Locator to) {
      node.with([&](auto& stack, auto& cx) { network_layer(stack).move_to(std::array{to}, cx); });
    };
    static constexpr Locator alone[]{c, b, a}, first[]{c, d, a}, second[]{d, c, a};
    const auto at = static_cast<std::size_t>(move_ - 1);
    move(*mover_, cell_.two() ? first[at] : alone[at]);
    if (cell_.two()) move(*peers_.front(), second[at]);
  }

  /// How many updates each node has accepted: the correspondents, and the mobile node if it has any to receive.
  std::vector<std::uint64_t> told() const {
    std::vector<std::uint64_t> all;
    for (const Node* peer : peers_) all.push_back(network_layer(peer->stack()).counters().updates_received);
    if (cell_.two()) all.push_back(network_layer(mover_->stack()).counters().updates_received);
    return all;
  }

  bool is_lost_update(const sim::SentFrame& frame) const {
    if (cell_.movers != Movers::first_lost && cell_.movers != Movers::all_lost) return false;
    const auto header = wire::IlnpHeader::parse(frame.bytes);
    if (!header || header->next_header() != update || header->payload().size() == 1 || move_ == 0)
      return false;
    const TimePoint moved = begin_ + (move_ - 1) * (handoff_time + pause);
    const Duration until = cell_.movers == Movers::first_lost ? Duration(1050ms) : handoff_time;
    return world_.now() - moved < until;
  }

  void count(const sim::SentFrame& frame) {
    if (!counting_ || world_.now() < begin_) return;
    const int next_header = std::to_integer<int>(frame.bytes[6]);
    update_frames_ += next_header == update;
    discovery_frames_ += next_header == static_cast<int>(wire::NextHeader::discovery);
  }

  /// A loss counts where the frame should have been heard: at its destination and, if its destination is in another
  /// network, at the router.
  void note_loss(const sim::SentFrame& frame, sim::HostId to) {
    const auto header = wire::IlnpHeader::parse(frame.bytes);
    if (!header || header->next_header() != static_cast<std::uint8_t>(wire::NextHeader::stp)) return;
    const Ilv destination = header->destination();
    const bool to_forward = to == router_->id() && destination.locator != frame.network;
    if (to + 1u != destination.nid.value() && !to_forward) return;
    Flow* flow = flow_between(header->source().nid, destination.nid);
    const auto packet = wire::StpHeader::parse(header->payload());
    if (flow && packet) flow->network_lost(wire::load<std::uint64_t>(packet->payload(), 0));
  }

  static constexpr auto update = static_cast<std::uint8_t>(wire::NextHeader::locator_update);

  Cell cell_;
  sim::World world_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Node* router_;
  Node* mover_;
  std::vector<Node*> peers_;
  std::vector<Pair> flows_;
  std::vector<std::array<bool, moves + 1>> informed_{
      static_cast<std::size_t>(cell_.correspondents + cell_.two())};
  TimePoint begin_{};
  int move_ = 0;
  bool counting_ = true;
  std::uint64_t update_frames_ = 0;
  std::uint64_t discovery_frames_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace ilnp::test
