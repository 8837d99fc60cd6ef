#pragma once

// Counts what the nodes do, and passes it to the records.

#include <ilnp/sim/world.hpp>

#include "control_text.hpp"
#include "records.hpp"
#include "replay.hpp"
#include "results.hpp"

namespace lab {

/// Keeps the results of a run and passes on what is worth recording. Refers to its constructor's arguments. One thread.
class Observations {
 public:
  /// `records` and `replay` may be null.
  Observations(const Scenario& scenario, const ilnp::sim::World& world, Records* records, Replay* replay)
      : scenario_(scenario), world_(world), records_(records), replay_(replay) {
    results.flows.resize(scenario.flows.size());
    for (std::size_t i = 0; i < scenario.flows.size(); ++i)
      results.flows[i].sent_at = SendTimes(scenario.flows[i].every);
    results.nodes.resize(scenario.nodes.size());
  }

  Results results;
  ilnp::event::PacketSent last_sent{};  ///< how the last packet left, which the transport does not say

  Records* records() const noexcept { return records_; }
  Replay* replay() const noexcept { return replay_; }
  /// Somebody wants to know what happens.
  bool recording() const noexcept { return (records_ && !records_->cut()) || (replay_ && !replay_->cut()); }
  /// What a node does; none: the scenario itself.
  void trace(std::optional<NodeIndex> node, const std::string& text) {
    if (records_) records_->trace(world_.now(), node ? name(*node) : "-", text);
    if (replay_) replay_->event(world_.now(), node, text);
  }

  /// Every frame that is put on a network.
  void frame(const ilnp::sim::SentFrame& frame) {
    if (replay_) replay_->frame(frame);
    if (!recording()) return;
    if (records_) records_->frame(frame, world_.host(frame.host)->sender());
    const auto header = ilnp::wire::IlnpHeader::parse(frame.bytes);
    if (header && header->source().nid == scenario_.nodes[frame.host].config.nid)
      if (const std::string text = control_text(*header); !text.empty())
        trace(frame.host, "sends " + text + " on " + to_string(frame.network));
  }

  void saw(NodeIndex node, const ilnp::event::PacketSent& e) {
    last_sent = e;
    if (e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::stp)) return;
    ++book(node).control;
  }
  void saw(NodeIndex node, const ilnp::event::Dropped& e) {
    ++book(node).dropped[static_cast<std::size_t>(e.reason)];
    if (records_) records_->drop(world_.now(), name(node), e);
    if (replay_ && !replay_->cut())
      if (const auto text = drops_(world_.now(), name(node), e)) replay_->event(world_.now(), node, *text);
  }
  void saw(NodeIndex node, const ilnp::event::HandoffBegan& e) {
    show(node, e);
    end_move(node);
    NodeResult& result = book(node);
    ++result.handoffs;
    if (result.moves.size() < NodeResult::max_moves)
      result.moves.push_back(
          {world_.now(), ilnp::never, {e.from.begin(), e.from.end()}, {e.to.begin(), e.to.end()}});
  }
  void saw(NodeIndex node, const ilnp::event::HandoffEnded& e) {
    show(node, e);
    end_move(node);
  }
  void saw(NodeIndex node, const ilnp::event::HandoffUndone& e) {
    show(node, e);
    ++book(node).undone;
  }
  void saw(NodeIndex node, const ilnp::event::UpdateSent& e) {
    show(node, e);
    ++book(node).updates;
  }
  void saw(NodeIndex node, const ilnp::event::UpdateAcknowledged& e) {
    show(node, e);
    ++book(node).acknowledged;
  }
  void saw(NodeIndex node, const ilnp::event::UpdateGivenUp& e) {
    show(node, e);
    ++book(node).given_up;
  }
  void saw(NodeIndex node, const ilnp::event::PeerMoved& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::NameConflict& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::DuplicateNid& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::NameConflictEnded& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::NamePassed& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::UpdateUndone& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::PeerSilent& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::PeerHeard& e) { show(node, e); }
  void saw(NodeIndex node, const ilnp::event::PeerLeft& e) { show(node, e); }

  /// Ends whatever the node was doing.
  void crashed(NodeIndex node) { end_move(node); }

 private:
  const std::string& name(NodeIndex node) const { return scenario_.nodes[node].config.host_name; }
  template <class Event>
  void show(NodeIndex node, const Event& event) {
    if (!recording()) return;
    std::string text = program::event_text(event);
    if constexpr (requires { event.peer; }) text += " (" + name_of(event.peer) + ')';
    trace(node, text);
  }
  std::string name_of(ilnp::Nid nid) const {
    for (const NodeSpec& node : scenario_.nodes)
      if (node.config.nid == nid) return node.config.host_name;
    return "?";
  }

  /// The results of the nodes are final when the last datagram has been sent.
  NodeResult& book(NodeIndex node) {
    return world_.now().time_since_epoch() < scenario_.run ? results.nodes[node] : after_the_end_;
  }
  void end_move(NodeIndex node) {
    auto& moves = results.nodes[node].moves;
    if (!moves.empty() && moves.back().end == ilnp::never) moves.back().end = world_.now();
  }

  const Scenario& scenario_;
  const ilnp::sim::World& world_;
  Records* records_;
  Replay* replay_;
  DropReports drops_;  // of the replay
  NodeResult after_the_end_;
};

}  // namespace lab
