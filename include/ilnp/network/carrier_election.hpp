#pragma once

#include "neighbour_table.hpp"

namespace ilnp {

/// A flow that a node may have to carry: from whom and where, to whom and where.
struct Flow {
  Ilv source;
  Ilv destination;
  friend bool operator==(const Flow&, const Flow&) noexcept = default;
};

struct FlowHash {
  std::uint64_t operator()(const HashKey& key, const Flow& flow) const noexcept {
    return key(flow.source, flow.destination);
  }
};

/// Which of several nodes that join the same networks carries a flow between them, without a message of its own
/// (docs/protocol.md, "One copy"). Each node hears on the far network what the others carry:
///
/// - Who hears that another carries the flow with a higher hop limit (a shorter way), or with the same one and a lower
///   identifier, stands back. So it does after `grace` for who carries on although it should stand back: a node of another
///   kind, which always carries, or one that takes this node for one that passes through.
/// - Who stands back watches. When a packet that it would have carried is not heard within `takeover`, it carries.
/// - A node that is only passing through (in handoff) is never waited for; and in handoff itself this node first listens.
/// - So it does after it was stopped for a while, if there is another that could have carried meanwhile.
/// - In doubt: carry.
class CarrierElection {
 public:
  static constexpr std::size_t max_flows = 4096;
  static constexpr Duration takeover = std::chrono::milliseconds(500);
  static constexpr Duration grace = std::chrono::milliseconds(450);
  /// In a flow of few packets a node may carry the first before it knows of the other, and the second before it hears it.
  static constexpr std::uint64_t min_conflicts = 3;
  /// For this long a lower hop limit than the best, or another interface, means a copy.
  static constexpr Duration copy_window = std::chrono::milliseconds(500);
  static constexpr Duration conflict_memory = std::chrono::seconds(10);
  static constexpr Duration flow_life = std::chrono::seconds(60);

  /// `returned`: who carries has sent the packet back to where it came from, instead; this node carries it.
  enum class Verdict { carry, copy, another, returned };

  CarrierElection(Nid self, NeighbourTable& neighbours) noexcept : self_(self), neighbours_(&neighbours) {}

  void rekey(const HashKey& key) { flows_.rekey(key); }

  /// `sender` has put a packet of the flow on `in` with `hop_limit`, and it would go out on `out`. `passing`: this node is in handoff on one of the two.
  Verdict decide(const Flow& flow, Locator in, Locator out, std::uint64_t sender, std::uint8_t hop_limit,
                 bool passing, TimePoint now) {
    State* state = &flows_.insert(flow, sender, now);
    if (state->seen_at == long_ago || now - state->seen_at >= flow_life || state->out != out)
      begin(*state, flow, in, out, passing, now);
    // What comes in where its source is, is none: only an acknowledgement leaves elsewhere as well.
    const bool elsewhere = in != state->in && in != flow.source.locator;
    if (now - state->seen_at < copy_window &&
        (hop_limit < state->hop_limit || (hop_limit == state->hop_limit && elsewhere))) {
      const bool returned = state->standing_back && sender == state->rival && in == state->in &&
                            hop_limit + 1 == state->hop_limit;
      return returned ? Verdict::returned : Verdict::copy;
    }
    state->in = in;
    state->hop_limit = hop_limit;
    state->seen_at = now;
    if (!state->standing_back) return Verdict::carry;
    if (state->unanswered == never) state->unanswered = now;
    if (now - state->unanswered < takeover) return Verdict::another;
    take_over(*state, now);
    return Verdict::carry;
  }

  /// `sender` has put a packet of the flow on `on` with `hop_limit`, which is not where the flow comes from. True if this node,
  /// which has carried the flow, stands back from here on.
  bool overhear(const Flow& flow, Locator on, std::uint64_t sender, std::uint8_t hop_limit, bool passing,
                TimePoint now) {
    State* state = flows_.find(flow);
    if (!state || state->in == on || state->out != on || now - state->seen_at >= flow_life) return false;
    const auto* rival = neighbours_->find(sender);
    const bool rival_passes = rival && neighbours_->passing(*rival, state->in, on, now);
    if (state->standing_back) {
      if (!rival_passes || passing) {
        state->unanswered = never;
        state->rival = sender;
      } else if (sender == state->rival) {
        state->standing_back = false;  // who is waited for is about to go
      }
      return false;
    }
    const int mine = state->hop_limit - 1;
    if (hop_limit < mine) return false;  // a reflection of what this node carried, or a longer way
    const bool beaten =
        passing || hop_limit > mine || (rival && (rival->always_carries || rival->nid < self_));
    if (rival_passes && !passing) return false;
    if (beaten) {
      stand_back(*state, sender);
    } else if (now - state->conflict_heard >= conflict_memory) {
      state->conflict = state->conflict_heard = now;  // the first of a new conflict
      state->conflicts = 1;
      state->rival = sender;
    } else if (sender != state->rival) {
      return false;  // one after the other
    } else if (state->conflict_heard = now;
               ++state->conflicts >= min_conflicts && now - state->conflict >= grace) {
      // In this flow only. One of our own kind carries on for as long as it does not count on this node, and in the next
      // flow both would stand back.
      stand_back(*state, sender);
    }
    return state->standing_back;
  }

  /// This node has done nothing from `since` to `now`. What comes in next waited as long, and another may have carried it.
  void resumed(TimePoint since, TimePoint now) {
    flows_.for_each([&](const Flow& flow, State& state) {
      if (since - state.seen_at >= flow_life) return;
      state.seen_at = now;
      state.unanswered = never;
      neighbours_->for_each([&](std::uint64_t sender, const NeighbourTable::Neighbour& other) {
        if (!state.standing_back && may_carry(other, flow, state.in, state.out, since))
          stand_back(state, sender);
      });
    });
  }

  std::size_t size() const noexcept { return flows_.size(); }

 private:
  struct State {
    Locator in;
    Locator out;
    TimePoint seen_at = long_ago;
    TimePoint unanswered = never;   ///< the first packet since the other was heard to carry
    TimePoint conflict = long_ago;  ///< since when another carries that should not
    TimePoint conflict_heard = long_ago;
    std::uint64_t conflicts = 0;  ///< packets that both have carried since then
    std::uint64_t rival = 0;  ///< who carries: while this node stands back, or though it should stand back
    std::uint8_t hop_limit = 0;
    bool standing_back = false;

    TimePoint last_used() const noexcept { return long_ago; }
    bool expired(TimePoint now) const noexcept { return now - seen_at >= flow_life; }
  };

  void begin(State& state, const Flow& flow, Locator in, Locator out, bool passing, TimePoint now) {
    state = State{};
    state.out = out;
    state.standing_back = passing;
    if (passing) return;
    neighbours_->for_each([&](std::uint64_t sender, const NeighbourTable::Neighbour& other) {
      if (!state.standing_back && (other.always_carries || other.nid < self_) &&
          now - other.failed_at >= NeighbourTable::distrust && may_carry(other, flow, in, out, now))
        stand_back(state, sender);
    });
  }

  /// Is `other` there to carry the flow?
  bool may_carry(const NeighbourTable::Neighbour& other, const Flow& flow, Locator in, Locator out,
                 TimePoint now) const noexcept {
    return other.nid != flow.destination.nid && other.nid != flow.source.nid &&
           neighbours_->settled(other, in, out, now);
  }

  static void stand_back(State& state, std::uint64_t rival) noexcept {
    state.standing_back = true;
    state.rival = rival;
    state.unanswered = never;
  }

  void take_over(State& state, TimePoint now) noexcept {
    state.standing_back = false;
    state.conflict_heard = long_ago;
    auto* gone = neighbours_->find(state.rival);
    if (!gone) return;
    gone->failed_at = now;
    gone->always_carries = false;  // or it would have
  }

  Nid self_;
  NeighbourTable* neighbours_;
  BoundedTable<Flow, State, FlowHash> flows_{max_flows};
};

}  // namespace ilnp
