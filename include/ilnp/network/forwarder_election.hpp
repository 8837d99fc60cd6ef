#pragma once

#include "../base/content_hash.hpp"
#include "forwarded_flow.hpp"
#include "neighbour_table.hpp"
#include "packet_memory.hpp"

namespace ilnp {

/// Decides which of several nodes that join the same networks forwards a flow between them. There is no message for this
/// (docs/behaviour.md, "Designated forwarder"). Each node overhears, on the far network, what the others forward:
///
/// - A node yields when it overhears another one forward the flow with a higher hop limit (over a shorter path), or with
///   the same hop limit and a lower identifier. It also yields after `grace` to a node that continues to forward although
///   it should yield: a first-implementation node, which always forwards, or one that considers this node to be in handoff.
/// - A node that yields keeps account. It takes over when it misses too many of the packets that it would have forwarded
///   (`ForwardingAccount`), or hears none for `takeover`. It yields again in that flow only to a node that has shown that it
///   forwards.
/// - Only a packet that was really there to be forwarded counts (`PacketMemory`), whatever else claims to belong to the
///   flow.
/// - Nobody yields to a node that is only passing through (in handoff). In handoff this node itself listens first.
/// - After a suspension a node yields first if a neighbour could have forwarded in the meantime.
/// - When in doubt, a node forwards.
template <class Interop>
class BasicForwarderElection {
 public:
  static constexpr std::size_t max_flows = 4096;  ///< that are remembered; the others are decided anew
  /// A node that yields takes over when it has heard none of the packets for this long.
  static constexpr Duration takeover = std::chrono::milliseconds(500);
  /// How long another node forwards in addition before this node yields to it, although the other should yield.
  static constexpr Duration grace = std::chrono::milliseconds(450);
  /// In a flow of few packets a node may forward the first before it knows of the other, and the second before it hears it.
  static constexpr std::uint64_t min_conflicts = 3;
  /// Within this time, a hop limit lower than the highest, or another interface, means a duplicate.
  static constexpr Duration duplicate_window = std::chrono::milliseconds(500);
  /// A conflict that was not heard for this long is over.
  static constexpr Duration conflict_memory = std::chrono::seconds(10);
  /// A flow without packets for this long is decided anew.
  static constexpr Duration flow_life = ForwardedFlowState::life;
  /// In a flow that was not forwarded, a node must forward for this long before this node yields to it; each further
  /// failure doubles the time.
  static constexpr Duration proof = std::chrono::seconds(1);
  static constexpr std::uint8_t max_failures = 7;  ///< of one flow that count

  static constexpr unsigned max_sampled = ForwardedFlowState::max_sampled;  ///< see `ForwardedFlowState`

  /// `forward_alone`: the decision applies to this packet only. `returned`: the forwarder has sent the packet back to where
  /// it came from; this node forwards it.
  enum class Verdict { forward, forward_alone, duplicate, another, returned };

  using Neighbours = BasicNeighbourTable<Interop>;   ///< who else may forward
  using Neighbour = typename Neighbours::Neighbour;  ///< one of these

  /// `self`: the identifier of this node. `neighbours` must outlive this object.
  BasicForwarderElection(Nid self, Neighbours& neighbours) : self_(self), neighbours_(&neighbours) {}

  void rekey(const HashKey& key) {
    flows_.rekey(key);
    key_ = key;
  }

  /// A packet of the flow was put on `in` and would leave on `out`. `passing`: this node is in handoff on one of the two.
  Verdict decide(const ForwardedFlow& flow, Locator in, Locator out, const FlowPacket& packet, bool passing,
                 TimePoint now) {
    State* state = &flows_.insert(flow, packet.share, now);
    if (state->seen_at == long_ago || now - state->seen_at >= flow_life || state->out != out)
      begin(*state, flow, in, out, passing, now);
    // What arrives on the network of its source is no duplicate; only an acknowledgement also leaves elsewhere.
    const bool elsewhere = in != state->in && in != flow.source.locator;
    const bool recent = now - state->seen_at < duplicate_window;
    const bool lesser = recent && (packet.hop_limit < state->hop_limit ||
                                   (packet.hop_limit == state->hop_limit && elsewhere));
    // In a flow with duplicates every packet is examined: a stranger may have forged the one with the highest hop limit.
    const bool mixed = now - state->mixed_at < flow_life;
    const Step step = ForwardingAccount::step_at(now);
    const std::uint64_t content = hash(packet);
    if (lesser || (recent && packet.hop_limit > state->hop_limit)) {
      if (!mixed) {
        state->mixed_since = now;
        state->sender_before = state->sender;
      }
      state->mixed_at = now;
    }
    if (lesser) {
      if (Interop::packets_return && state->yielding && packet.sender == state->rival && in == state->in &&
          packet.hop_limit + 1 == state->hop_limit && packets_.has_seen(content, state->hop_limit, step))
        return Verdict::returned;
      // The packets forwarded just before were not remembered. These are duplicates of them, unless they come from their
      // source, or from the sender that brought the flow until then.
      if (now - state->mixed_since < duplicate_window && in != flow.source.locator &&
          packet.sender != state->sender_before)
        return Verdict::duplicate;
    } else {
      state->in = in;
      state->sender = packet.sender;
      state->hop_limit = packet.hop_limit;
      state->seen_at = now;
    }
    using Kind = PacketMemory::Seen::Kind;
    // A node that forwards a flow without duplicates examines only an occasional packet, so that one counts.
    const bool counts =
        !(mixed || state->yielding) || (state->sample.had(content, step) && packets_.sampled(content, step));
    const std::uint64_t source = packet.sender + mix64(in.value());
    const bool last_hop = out == flow.destination.locator;
    const auto seen = counts || mixed || lesser
                          ? packets_.see({content, source, packet.hop_limit, lesser, last_hop, counts}, step)
                          : PacketMemory::Seen{Kind::unnoted};
    if (seen.kind == Kind::duplicate) return Verdict::duplicate;
    if (counts && (seen.kind == Kind::fresh || seen.kind == Kind::forwarded)) {
      state->sample.note(step);
      state->account.expect(step);
      if (state->unconfirmed == never) state->unconfirmed = now;
    }
    if (seen.kind == Kind::forwarded &&
        note_forwarding(*state, seen.forwarder, seen.forwarder_hop_limit,
                        {step, packet.hop_limit, packet.hop_limit}, passing, now))
      return Verdict::another;
    if (!state->yielding) return mixed ? Verdict::forward_alone : Verdict::forward;
    if (state->unconfirmed == never) return Verdict::another;
    if (now - state->unconfirmed < takeover && (passing || !state->account.failing(step)))
      return Verdict::another;
    take_over(*state, now);
    return Verdict::forward;
  }

  /// Would this node forward a packet of the flow now? Arguments as those of `decide`. Changes nothing.
  bool would_forward(const ForwardedFlow& flow, Locator in, Locator out, bool passing,
                     TimePoint now) const noexcept {
    const State* state = flows_.find(flow);
    if (state && now - state->seen_at < flow_life && state->out == out) return !state->yielding;
    return !passing && !first_choice(flow, in, out, now);
  }

  /// A packet of the flow was put on `on`, which is not where the flow comes from. True if this node, which has forwarded
  /// the flow, yields from now on.
  bool overhear(const ForwardedFlow& flow, Locator on, const FlowPacket& packet, bool passing,
                TimePoint now) {
    State* state = flows_.find(flow);
    if (!state || state->in == on || state->out != on || now - state->seen_at >= flow_life) return false;
    const Step step = ForwardingAccount::step_at(now);
    const std::uint64_t content = hash(packet);
    const bool sampled = state->sample.has(content, step);
    const auto heard = packets_.hear(content, packet.sender, packet.hop_limit, passing, sampled, step);
    return heard && note_forwarding(*state, packet.sender, packet.hop_limit, *heard, passing, now);
  }

  /// This node did nothing from `since` to `now`. What arrives next has waited as long, and another node may have forwarded
  /// it.
  void resumed(TimePoint since, TimePoint now) {
    flows_.for_each([&](const ForwardedFlow& flow, State& state) {
      if (since - state.seen_at >= flow_life) return;
      state.seen_at = now;
      state.unconfirmed = never;
      state.account.begin(ForwardingAccount::step_at(now));
      neighbours_->for_each_forwarder([&](std::uint64_t sender, const Neighbour& other) {
        if (!state.yielding && may_forward(other, flow, state.in, state.out, since))
          yield_to(state, sender, now);
      });
    });
  }

  std::size_t size() const noexcept { return flows_.size(); }

 private:
  using Step = ForwardingAccount::Step;

  using State = ForwardedFlowState;

  std::uint64_t hash(const FlowPacket& packet) const noexcept {
    return content_hash(packet.content, key_, packet.rest);
  }

  void begin(State& state, const ForwardedFlow& flow, Locator in, Locator out, bool passing, TimePoint now) {
    state = State{};
    state.out = out;
    state.yielding = passing;
    state.account.begin(ForwardingAccount::step_at(now));
    if (passing) return;
    if (const auto other = first_choice(flow, in, out, now)) yield_to(state, *other, now);
  }

  /// The neighbour to which this node yields from the first packet of the flow, if there is one.
  std::optional<std::uint64_t> first_choice(const ForwardedFlow& flow, Locator in, Locator out,
                                            TimePoint now) const {
    std::optional<std::uint64_t> choice;
    neighbours_->for_each_forwarder([&](std::uint64_t sender, const Neighbour& other) {
      if (!choice && (other.habits.always_forwards() || other.nid < self_) && !other.distrusted(now) &&
          may_forward(other, flow, in, out, now))
        choice = sender;
    });
    return choice;
  }

  /// `forwarder` has forwarded `packet`, which left with `hop_limit`. True if this node, which has forwarded the flow, yields
  /// from now on.
  bool note_forwarding(State& state, std::uint64_t forwarder, std::uint8_t hop_limit,
                       const PacketMemory::Heard& packet, bool passing, TimePoint now) {
    const auto [since, came_with, best] = packet;
    auto* rival = neighbours_->find(forwarder);
    const bool rival_passes = rival && neighbours_->passing(*rival, state.in, state.out, now);
    if (state.yielding) {
      if (!rival_passes || passing) {
        state.unconfirmed = never;
        state.rival = forwarder;
        if (rival) rival->counted_on = now;
        state.account.hear(since, ForwardingAccount::step_at(now));
      } else if (forwarder == state.rival) {
        state.yielding = false;  // the node that this one relied on is about to go
      }
      return false;
    }
    if (hop_limit + 1 < came_with) return false;  // a reflection, or a longer path
    if (rival_passes && !passing) return false;
    if (state.failures > 0 && !passing && !shown(state, forwarder, since, now)) return false;
    // Of two duplicates of the first packet of a flow the worse may arrive first; the other one has left with more hops.
    const bool outlived = hop_limit + 1 < best;
    const bool beaten =
        passing || (!outlived && (hop_limit + 1 > came_with ||
                                  (rival && (rival->habits.always_forwards() || rival->nid < self_))));
    if (beaten) {
      yield_to(state, forwarder, now);
    } else if (now - state.conflict_heard >= conflict_memory) {
      state.conflict = state.conflict_heard = now;  // the first of a new conflict
      state.conflicts = 1;
      state.rival = forwarder;
    } else if (forwarder != state.rival) {
      return false;  // several nodes in turn
    } else if (state.conflict_heard = now;
               ++state.conflicts >= min_conflicts && now - state.conflict >= grace) {
      // In this flow only. Another node of this toolkit continues for as long as it does not rely on this one; in the next
      // flow both would yield.
      yield_to(state, forwarder, now);
    }
    return state.yielding;
  }

  /// Has `forwarder`, which forwards in addition to this node, shown that it can be relied on?
  bool shown(State& state, std::uint64_t forwarder, Step since, TimePoint now) {
    const Step step = ForwardingAccount::step_at(now);
    if (forwarder != state.rival) {
      state.rival = forwarder;
      state.account.begin(step);
      return false;
    }
    state.account.hear(since, ForwardingAccount::step_at(now));
    if (!state.account.proven(step, proof * (1 << (state.failures - 1)))) return false;
    if (auto* rival = neighbours_->find(forwarder)) rival->trust();
    return true;
  }

  /// Can `other` forward the flow?
  bool may_forward(const Neighbour& other, const ForwardedFlow& flow, Locator in, Locator out,
                   TimePoint now) const noexcept {
    return other.nid != flow.destination.nid && other.nid != flow.source.nid &&
           neighbours_->settled(other, in, out, now);
  }

  void yield_to(State& state, std::uint64_t rival, TimePoint now) noexcept {
    if (auto* other = neighbours_->find(rival)) other->counted_on = now;
    state.yielding = true;
    state.rival = rival;
    state.unconfirmed = never;
    state.account.begin(ForwardingAccount::step_at(now));
  }

  void take_over(State& state, TimePoint now) noexcept {
    state.yielding = false;
    if (now - state.failed_at >= flow_life) state.failures = 0;
    if (state.failures < max_failures) ++state.failures;
    state.failed_at = now;
    state.conflict_heard = long_ago;
    state.account.begin(ForwardingAccount::step_at(now));
    if (auto* gone = neighbours_->find(state.rival)) gone->distrust(now);
  }

  Nid self_;
  Neighbours* neighbours_;
  HashKey key_;
  BoundedTable<ForwardedFlow, State, ForwardedFlowHash> flows_{max_flows};
  PacketMemory packets_;
};

/// The election of a node with the default policies.
using ForwarderElection = BasicForwarderElection<FirstImplementation>;

}  // namespace ilnp
