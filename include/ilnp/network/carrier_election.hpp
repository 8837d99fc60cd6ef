#pragma once

#include "content_hash.hpp"
#include "neighbour_table.hpp"
#include "packet_memory.hpp"

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

/// A packet of a flow as it was heard.
struct FlowPacket {
  std::uint64_t sender;  ///< who has put it on the network
  std::uint8_t hop_limit;
  std::uint8_t next_header;
  Bytes content;            ///< all that does not change on its way
  std::uint64_t share = 0;  ///< see `FrameSource`
};

/// Which of several nodes that join the same networks carries a flow between them, without a message of its own
/// (docs/behaviour.md, "Designated forwarder"). Each node hears on the far network what the others carry:
///
/// - Who hears that another carries the flow with a higher hop limit (a shorter way), or with the same one and a lower
///   identifier, stands back. So it does after `grace` for who carries on although it should stand back: a node of another
///   kind, which always carries, or one that takes this node for one that passes through.
/// - Who stands back keeps account. When too many of the packets that it would have carried are not heard there
///   (`CarryAccount`), or none within `takeover`, it carries; and it stands back in that flow again only for who has shown
///   that he carries.
/// - What counts is a copy of a packet that was there to be carried (`PacketMemory`), whatever else claims to be of the flow.
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
  /// For so long has to carry, in a flow that was not carried, who is to be left alone with it; twice as long after each failure.
  static constexpr Duration proof = std::chrono::seconds(1);
  static constexpr std::uint8_t max_failures = 7;

  /// Packets of a flow that are waited for in a step (`CarryAccount::step`), before only a sample of them is.
  static constexpr unsigned max_sampled = 32;

  /// `carry_alone`: what holds for this packet does not hold for the next. `returned`: who carries has sent the packet back to
  /// where it came from, instead; this node carries it.
  enum class Verdict { carry, carry_alone, copy, another, returned };

  CarrierElection(Nid self, NeighbourTable& neighbours) noexcept : self_(self), neighbours_(&neighbours) {}

  void rekey(const HashKey& key) {
    flows_.rekey(key);
    key_ = key;
  }

  /// A packet of the flow was put on `in`, and it would go out on `out`. `passing`: this node is in handoff on one of the two.
  Verdict decide(const Flow& flow, Locator in, Locator out, const FlowPacket& packet, bool passing,
                 TimePoint now) {
    State* state = &flows_.insert(flow, packet.share, now);
    if (state->seen_at == long_ago || now - state->seen_at >= flow_life || state->out != out)
      begin(*state, flow, in, out, passing, now);
    // What comes in where its source is, is none: only an acknowledgement leaves elsewhere as well.
    const bool elsewhere = in != state->in && in != flow.source.locator;
    const bool recent = now - state->seen_at < copy_window;
    const bool lesser = recent && (packet.hop_limit < state->hop_limit ||
                                   (packet.hop_limit == state->hop_limit && elsewhere));
    // In a flow with copies each packet is looked at: a stranger may have forged the one with the highest hop limit.
    const bool mixed = now - state->mixed_at < flow_life;
    if (lesser || (recent && packet.hop_limit > state->hop_limit)) {
      if (!mixed) {
        state->mixed_since = now;
        state->sender_before = state->sender;
      }
      state->mixed_at = now;
    }
    if (lesser) {
      if (state->standing_back && packet.sender == state->rival && in == state->in &&
          packet.hop_limit + 1 == state->hop_limit)
        return Verdict::returned;
      // The packets that were carried just before were not noted. These are copies of them, unless they come from their
      // source, or from the sender that brought the flow until then.
      if (now - state->mixed_since < copy_window && in != flow.source.locator &&
          packet.sender != state->sender_before)
        return Verdict::copy;
    } else {
      state->in = in;
      state->sender = packet.sender;
      state->hop_limit = packet.hop_limit;
      state->seen_at = now;
    }
    const Step step = CarryAccount::step_at(now);
    using Kind = PacketMemory::Seen::Kind;
    const std::uint64_t content = hash(packet);
    // Who carries a flow without copies looks at one packet now and then only: that one counts.
    const bool counts = !(mixed || state->standing_back) ||
                        (state->sample.had(content, step) && packets_.sampled(content, step));
    if (counts) state->sample.note(step);
    const std::uint64_t source = packet.sender + mix64(in.value());
    const bool last_hop = out == flow.destination.locator;
    const auto seen = counts || mixed || lesser
                          ? packets_.see(content, source, packet.hop_limit, counts, last_hop, step)
                          : PacketMemory::Seen{Kind::unnoted};
    if (seen.kind == Kind::copy) return Verdict::copy;
    if (counts && (seen.kind == Kind::fresh || seen.kind == Kind::carried)) {
      state->account.expect(step);
      if (state->unanswered == never) state->unanswered = now;
    }
    if (seen.kind == Kind::carried &&
        carried(*state, seen.carrier, seen.carrier_hop_limit, packet.hop_limit, step, passing, now))
      return Verdict::another;
    if (!state->standing_back) return mixed ? Verdict::carry_alone : Verdict::carry;
    if (state->unanswered == never) return Verdict::another;
    if (now - state->unanswered < takeover && (passing || !state->account.failing(step)))
      return Verdict::another;
    take_over(*state, now);
    return Verdict::carry;
  }

  /// A packet of the flow was put on `on`, which is not where the flow comes from. True if this node, which has carried the
  /// flow, stands back from here on.
  bool overhear(const Flow& flow, Locator on, const FlowPacket& packet, bool passing, TimePoint now) {
    State* state = flows_.find(flow);
    if (!state || state->in == on || state->out != on || now - state->seen_at >= flow_life) return false;
    const Step step = CarryAccount::step_at(now);
    const std::uint64_t content = hash(packet);
    const bool sampled = state->sample.has(content, step);
    const auto heard = packets_.hear(content, packet.sender, packet.hop_limit, passing, sampled, step);
    return heard &&
           carried(*state, packet.sender, packet.hop_limit, heard->hop_limit, heard->since, passing, now);
  }

  /// This node has done nothing from `since` to `now`. What comes in next waited as long, and another may have carried it.
  void resumed(TimePoint since, TimePoint now) {
    flows_.for_each([&](const Flow& flow, State& state) {
      if (since - state.seen_at >= flow_life) return;
      state.seen_at = now;
      state.unanswered = never;
      state.account.begin(CarryAccount::step_at(now));
      neighbours_->for_each_carrier([&](std::uint64_t sender, const NeighbourTable::Neighbour& other) {
        if (!state.standing_back && may_carry(other, flow, state.in, state.out, since))
          stand_back(state, sender, now);
      });
    });
  }

  std::size_t size() const noexcept { return flows_.size(); }

 private:
  using Step = CarryAccount::Step;

  struct State {
    Locator in;
    Locator out;
    TimePoint seen_at = long_ago;
    TimePoint mixed_since = long_ago;  ///< the first packet that was, or made others look like, a copy
    TimePoint mixed_at = long_ago;     ///< the last
    std::uint64_t sender = 0;          ///< of the packets with `hop_limit`
    std::uint64_t sender_before = 0;   ///< the same at `mixed_since`
    TimePoint unanswered = never;      ///< the first packet since the other was heard to carry
    TimePoint conflict = long_ago;     ///< since when another carries that should not
    TimePoint conflict_heard = long_ago;
    std::uint64_t conflicts = 0;  ///< packets that both have carried since then
    std::uint64_t rival = 0;  ///< who carries: while this node stands back, or though it should stand back
    CarryAccount account;     ///< of the rival
    PacketSample sample{max_sampled};
    std::uint8_t hop_limit = 0;
    std::uint8_t failures = 0;  ///< of those who were to carry: another has to show first that he does
    bool standing_back = false;
    TimePoint failed_at = long_ago;

    TimePoint last_used() const noexcept { return long_ago; }
    bool expired(TimePoint now) const noexcept { return now - seen_at >= flow_life; }
  };

  std::uint64_t hash(const FlowPacket& packet) const noexcept {
    return content_hash(packet.content, key_, packet.next_header);
  }

  void begin(State& state, const Flow& flow, Locator in, Locator out, bool passing, TimePoint now) {
    state = State{};
    state.out = out;
    state.standing_back = passing;
    state.account.begin(CarryAccount::step_at(now));
    if (passing) return;
    neighbours_->for_each_carrier([&](std::uint64_t sender, const NeighbourTable::Neighbour& other) {
      if (!state.standing_back && (other.always_carries || other.nid < self_) && !other.distrusted(now) &&
          may_carry(other, flow, in, out, now))
        stand_back(state, sender, now);
    });
  }

  /// `carrier` has carried a packet that was there since `since`: it came with `came_with`, and went out with `hop_limit`.
  /// True if this node, which has carried the flow, stands back from here on.
  bool carried(State& state, std::uint64_t carrier, std::uint8_t hop_limit, std::uint8_t came_with,
               Step since, bool passing, TimePoint now) {
    auto* rival = neighbours_->find(carrier);
    const bool rival_passes = rival && neighbours_->passing(*rival, state.in, state.out, now);
    if (state.standing_back) {
      if (!rival_passes || passing) {
        state.unanswered = never;
        state.rival = carrier;
        if (rival) rival->counted_on = now;
        state.account.hear(since, CarryAccount::step_at(now));
      } else if (carrier == state.rival) {
        state.standing_back = false;  // who is waited for is about to go
      }
      return false;
    }
    if (hop_limit + 1 < came_with) return false;  // a reflection of what this node carried, or a longer way
    if (rival_passes && !passing) return false;
    if (state.failures > 0 && !passing && !shown(state, carrier, since, now)) return false;
    const bool beaten =
        passing || hop_limit + 1 > came_with || (rival && (rival->always_carries || rival->nid < self_));
    if (beaten) {
      stand_back(state, carrier, now);
    } else if (now - state.conflict_heard >= conflict_memory) {
      state.conflict = state.conflict_heard = now;  // the first of a new conflict
      state.conflicts = 1;
      state.rival = carrier;
    } else if (carrier != state.rival) {
      return false;  // one after the other
    } else if (state.conflict_heard = now;
               ++state.conflicts >= min_conflicts && now - state.conflict >= grace) {
      // In this flow only. One of our own kind carries on for as long as it does not count on this node, and in the next
      // flow both would stand back.
      stand_back(state, carrier, now);
    }
    return state.standing_back;
  }

  /// Has `carrier`, who carries beside this node, shown that it can be left to him?
  bool shown(State& state, std::uint64_t carrier, Step since, TimePoint now) {
    const Step step = CarryAccount::step_at(now);
    if (carrier != state.rival) {
      state.rival = carrier;
      state.account.begin(step);
      return false;
    }
    state.account.hear(since, CarryAccount::step_at(now));
    if (!state.account.proven(step, proof * (1 << (state.failures - 1)))) return false;
    if (auto* rival = neighbours_->find(carrier)) rival->trust();
    return true;
  }

  /// Is `other` there to carry the flow?
  bool may_carry(const NeighbourTable::Neighbour& other, const Flow& flow, Locator in, Locator out,
                 TimePoint now) const noexcept {
    return other.nid != flow.destination.nid && other.nid != flow.source.nid &&
           neighbours_->settled(other, in, out, now);
  }

  void stand_back(State& state, std::uint64_t rival, TimePoint now) noexcept {
    if (auto* other = neighbours_->find(rival)) other->counted_on = now;
    state.standing_back = true;
    state.rival = rival;
    state.unanswered = never;
    state.account.begin(CarryAccount::step_at(now));
  }

  void take_over(State& state, TimePoint now) noexcept {
    state.standing_back = false;
    if (now - state.failed_at >= flow_life) state.failures = 0;
    if (state.failures < max_failures) ++state.failures;
    state.failed_at = now;
    state.conflict_heard = long_ago;
    state.account.begin(CarryAccount::step_at(now));
    if (auto* gone = neighbours_->find(state.rival)) gone->distrust(now);
  }

  Nid self_;
  NeighbourTable* neighbours_;
  HashKey key_;
  BoundedTable<Flow, State, FlowHash> flows_{max_flows};
  PacketMemory packets_;
};

}  // namespace ilnp
