#pragma once

#include <memory>
#include <optional>

#include "ilnp/sim/delivery_check.hpp"
#include "ilnp/sim/hop_limit_check.hpp"
#include "ilnp/sim/node_check.hpp"
#include "member.hpp"
#include "reach.hpp"

namespace ilnp::swarm {

/// The result of a run.
struct Outcome {
  std::optional<std::string> failure;
  std::uint64_t digest = 0;  ///< of every frame and its time: equal runs have equal digests
  std::uint64_t events = 0;
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t probed = 0;  ///< pairs shown to reach each other
};

/// What nodes of the reference put on the networks: each packet as often as they hear it. Several of them in one network
/// reflect each other's reflections until the hop limit ends that: millions of copies, of which all but the first are
/// irrelevant. So in each second a network accepts only a number of copies of one packet from them, and loses the others.
class Duplicates {
 public:
  static constexpr unsigned most = 128;

  /// Counts another copy. Is it lost?
  bool lose(const sim::SentFrame& frame) {
    if (frame.time - since_ >= 1s) {
      since_ = frame.time;
      counts_.clear();
    }
    return ++counts_[content_hash(frame.bytes.subspan(8), HashKey(), frame.network.value())] > most;
  }

 private:
  TimePoint since_{};
  boost::unordered_flat_map<std::uint64_t, unsigned> counts_;
};

/// One trial: the world of a plan, and the checks.
class Trial {
 public:
  Trial(const Plan& plan, Trace& trace)
      : plan_(plan), trace_(trace), world_(plan.seed), delivery_(world_), hops_(world_), nodes_(world_) {
    for (std::size_t at = 0; at < plan.networks.size(); ++at)
      world_.network(plan.networks[at]).conditions = plan.conditions[at];
    world_.tap([this](const sim::SentFrame& frame) {
      is_lost_ = plan_.nodes[frame.host].reference && duplicates_.lose(frame);
      outcome_.digest =
          content_hash(frame.bytes, HashKey(),
                       outcome_.digest ^ static_cast<std::uint64_t>(frame.time.time_since_epoch().count()));
      if (trace_.on())
        say(world_.host(frame.host)->name(), describe(frame) + (is_lost_ ? ", lost: too many copies" : ""));
    });
    if (std::ranges::any_of(plan.nodes, &NodePlan::reference))
      world_.lose_if([this](const sim::SentFrame&, sim::HostId) { return is_lost_; });
    for (const NodePlan& node : plan.nodes) add(node);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Outcome run() {
    try {
      schedule();
      world_.run_until(TimePoint(plan_.active));
      end_faults();
      settle();
    } catch (const std::exception& wrong) {
      outcome_.failure = wrong.what();
      say("", std::string("FAILURE ") + wrong.what());
    }
    outcome_.events = world_.events();
    outcome_.sent = delivery_.sent_count();
    outcome_.delivered = delivery_.delivered_count();
    return outcome_;
  }

 private:
  void say(const std::string& who, const std::string& what) {
    if (trace_.on()) trace_.say(world_.now(), who, what);
  }

  void add(const NodePlan& node) {
    NetworkConfig config = plan_.defaults;
    config.nid = node.nid;
    config.host_name = node.name;
    config.locators = node.locators;
    if (node.move_time > Duration{}) config.move_time = node.move_time;
    if (node.roams() || node.handoff_time > Duration{}) config.handoff_time = node.handoff_time;
    Member::Heard heard = [this](Member& at, const DatagramSource& source, Bytes payload) {
      receive(at, source, payload);
    };
    if (node.reference) {
      members_.push_back(std::make_unique<Theirs>(world_, config, trace_, std::move(heard)));
      hops_.may_reflect(members_.back()->host().id());
      delivery_.may_repeat(members_.back()->host().id());
    } else {
      members_.push_back(std::make_unique<Ours>(world_, config, trace_, std::move(heard)));
    }
    members_.back()->watch(nodes_);
    if (trace_.on())
      say(node.name, (node.reference ? "reference node " : "node ") + to_string(node.nid) + " at " +
                         to_text(node.locators.front()));
  }

  void schedule() {
    for (std::size_t at = 0; at < members_.size(); ++at)
      world_.after(plan_.nodes[at].start, [this, at] {
        // Not if it has crashed and restarted in the meantime.
        if (members_[at]->running() && members_[at]->places().empty()) members_[at]->start();
      });
    for (const Incident& incident : plan_.incidents) {
      world_.after(incident.begin, [this, &incident] { begin(incident); });
      if (incident.kind != Incident::Kind::move && incident.end < plan_.active)
        world_.after(incident.end, [this, &incident] { end(incident); });
    }
    for (const Traffic& flow : plan_.traffic)
      world_.every(flow.period, TimePoint(flow.begin), TimePoint(flow.end), [this, &flow] {
        send(flow.from, flow.to, flow.port, flow.size, flow.equal, flow.answers);
      });
  }

  void begin(const Incident& incident) {
    Member& member = *members_[incident.node];
    sim::Network& network = world_.network(incident.network);
    auto& attachment = network.attachment(member.host().id());
    const std::string& who = member.config.host_name;
    switch (incident.kind) {
      case Incident::Kind::network:
        say("", "network " + to_string(incident.network) + " gets worse");
        network.conditions = incident.conditions;
        break;
      case Incident::Kind::host:
        say(who, "has a bad line to " + to_string(incident.network));
        static_cast<Conditions&>(attachment) = incident.conditions;
        break;
      case Incident::Kind::partition: {
        std::vector<sim::HostId> side;
        for (const std::size_t node : incident.side) side.push_back(members_[node]->host().id());
        say("", "network " + to_string(incident.network) + " is partitioned");
        network.partition({side});
        break;
      }
      case Incident::Kind::cut:
        say(who, "is no longer heard on " + to_string(incident.network) + " by " +
                     members_[incident.other]->config.host_name);
        network.cut(member.host().id(), members_[incident.other]->host().id());
        break;
      case Incident::Kind::deaf:
        say(who, "becomes deaf on " + to_string(incident.network));
        attachment.deaf = true;
        break;
      case Incident::Kind::mute:
        say(who, "becomes mute on " + to_string(incident.network));
        attachment.mute = true;
        break;
      case Incident::Kind::link:
        say(who, "loses its link");
        if (member.running()) member.set_link(false);
        break;
      case Incident::Kind::crash:
        say(who, "crashes");
        member.crash();
        break;
      case Incident::Kind::move:
        say(who, "is told to move to " + to_text(incident.places));
        if (member.running()) member.move_to(incident.places);
        break;
    }
  }

  void end(const Incident& incident) {
    Member& member = *members_[incident.node];
    sim::Network& network = world_.network(incident.network);
    auto& attachment = network.attachment(member.host().id());
    const std::string& who = member.config.host_name;
    switch (incident.kind) {
      case Incident::Kind::network:
        say("", "network " + to_string(incident.network) + " has recovered");
        network.conditions = usual(incident.network);
        break;
      case Incident::Kind::host:
        say(who, "has a good line to " + to_string(incident.network) + " again");
        static_cast<Conditions&>(attachment) = without_delay();
        break;
      case Incident::Kind::partition:
      case Incident::Kind::cut:
      case Incident::Kind::deaf:
      case Incident::Kind::mute:
        say("", "network " + to_string(incident.network) + " is no longer partitioned");
        network.heal();
        break;
      case Incident::Kind::link:
        say(who, "has its link again");
        if (member.running()) member.set_link(true);
        break;
      case Incident::Kind::crash:
        if (member.running()) break;
        member.restart(incident.nid);
        say(who, "restarts as " + to_string(member.nid()));
        break;
      case Incident::Kind::move:
        break;
    }
  }

  static Conditions without_delay() {
    Conditions none;
    none.delay = {};
    return none;
  }

  const Conditions& usual(Locator network) const {
    return plan_.conditions[static_cast<std::size_t>(std::ranges::find(plan_.networks, network) -
                                                     plan_.networks.begin())];
  }

  /// From now on the world is as good as it was drawn, and nothing moves.
  void end_faults() {
    say("", "all faults end");
    for (const Incident& incident : plan_.incidents)
      if (incident.kind != Incident::Kind::move && incident.end >= plan_.active) end(incident);
    for (std::size_t at = 0; at < members_.size(); ++at) {
      if (!plan_.nodes[at].roams()) continue;
      // If it has just been restarted, no check has seen where it is.
      if (members_[at]->running())
        for (const Locator place : members_[at]->places()) nodes_.note_place(members_[at]->nid(), place);
      members_[at]->stay();
    }
    for (const Locator network : plan_.networks) {
      world_.network(network).conditions = usual(network);
      world_.network(network).heal();
    }
  }

  /// One datagram, new or identical to earlier ones.
  error_code send(std::size_t from, std::size_t to, std::uint16_t port, std::size_t size, bool equal,
                  bool answers) {
    Member& sender = *members_[from];
    if (!sender.running()) return Errc::unknown_host;
    payload_.assign(size, std::byte{answers});
    const std::uint64_t number = equal ? 0 : next_number();
    wire::store(MutableBytes(payload_), 0, number);
    return send(sender, members_[to]->config.host_name, port, number);
  }

  error_code send(Member& sender, const std::string& to, std::uint16_t port, std::uint64_t number) {
    Nid nid;
    const error_code error = sender.send(bound_ports[0], to, nid, port, payload_);
    if (!error) delivery_.sent({sender.nid(), bound_ports[0], nid, port}, payload_);
    if (trace_.on())
      say(sender.config.host_name,
          error ? "cannot send to " + to + ": " + error.message()
                : "sends datagram " + std::to_string(number) + " to " + to + ", " + to_string(nid));
    return error;
  }

  std::uint64_t next_number() {
    arrived_.resize(++numbers_ + 1);
    return numbers_;
  }

  void receive(Member& at, const DatagramSource& source, Bytes payload) {
    delivery_.delivered(at.nid(), source, payload, !at.reference());
    const std::uint64_t number = payload.size() < 8 ? 0 : wire::load<std::uint64_t>(payload, 0);
    if (number < arrived_.size() && arrived_[number] < 255) ++arrived_[number];
    if (trace_.on())
      say(at.config.host_name,
          "receives datagram " + std::to_string(number) + " of " + to_string(source.nid));
    if (payload.size() < 9 || payload.back() != std::byte{1}) return;
    const auto sender = std::ranges::find(members_, source.nid, [](const auto& each) { return each->nid(); });
    if (sender == members_.end() || !(*sender)->running()) return;
    // After this event, because a node must not be used within its own call.
    world_.after({}, [this, &at, to = (*sender)->config.host_name] {
      if (!at.running()) return;
      payload_.assign(9, std::byte{0});
      wire::store(MutableBytes(payload_), 0, next_number());
      static_cast<void>(send(at, to, bound_ports[0], numbers_));
    });
  }

  /// Lets everything settle, and shows that nodes with a path to each other reach each other.
  void settle();

  const Plan& plan_;
  Trace& trace_;
  sim::World world_;
  sim::DeliveryCheck delivery_;
  sim::HopLimitCheck hops_;
  sim::NodeCheck nodes_;
  std::vector<std::unique_ptr<Member>> members_;
  Duplicates duplicates_;
  bool is_lost_ = false;  // the frame that is being put on a network
  std::vector<std::byte> payload_;
  std::uint64_t numbers_ = 0;
  std::vector<std::uint8_t> arrived_;  // how often, by number
  Outcome outcome_;
};

}  // namespace ilnp::swarm
