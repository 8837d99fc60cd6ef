#pragma once

#include <cstdio>
#include <deque>
#include <string>

#include "ilnp/network/events.hpp"
#include "ilnp/sim/world.hpp"
#include "ilnp/wire/discovery.hpp"
#include "ilnp/wire/ilnp_header.hpp"
#include "ilnp/wire/locator_update.hpp"

namespace ilnp::swarm {

/// What happens in a run, line by line: time, node, event. Printed at once, or the last lines kept.
class Trace {
 public:
  enum class Mode { off, print, keep };

  explicit Trace(Mode mode) : mode_(mode) {}
  bool on() const noexcept { return mode_ != Mode::off; }

  void say(TimePoint time, const std::string& who, const std::string& what) {
    std::string line = sim::World::at_time(time);
    line.resize(line.size() - 4);  // without the unit
    line += "  " + who + std::string(who.size() < 6 ? 6 - who.size() : 0, ' ') + what;
    if (mode_ == Mode::print) std::puts(line.c_str());
    if (mode_ != Mode::keep) return;
    lines_.push_back(std::move(line));
    if (lines_.size() > kept) lines_.pop_front();
  }

  const std::deque<std::string>& lines() const noexcept { return lines_; }

 private:
  static constexpr std::size_t kept = 100;
  Mode mode_;
  std::deque<std::string> lines_;
};

inline std::string to_text(const std::vector<Locator>& locators) {
  std::string text;
  for (const Locator locator : locators) text += (text.empty() ? "" : ",") + to_string(locator);
  return text;
}

/// A frame as one line.
inline std::string describe(const sim::SentFrame& frame) {
  std::string text = "puts on " + to_string(frame.network) + ": ";
  const auto header = wire::IlnpHeader::parse(frame.bytes);
  if (!header) return text + "malformed";
  const Bytes payload = header->payload();
  switch (static_cast<wire::NextHeader>(header->next_header())) {
    case wire::NextHeader::discovery:
      if (const auto message = wire::Discovery::parse(payload))
        text += std::string(message->solicitation() ? "solicitation" : "advertisement") + " of " +
                std::string(message->host_name()) + " at " + to_string(message->locator());
      break;
    case wire::NextHeader::locator_update:
      if (const auto message = wire::LocatorUpdate::parse(payload)) {
        text += message->acknowledgement() ? "acknowledgement" : "locator update:";
        for (std::size_t at = 0; !message->acknowledgement() && at < message->count(); ++at)
          text += " " + to_string(message->locator(at));
      }
      break;
    default:
      text += "datagram " + std::to_string(payload.size() < 12 ? 0 : wire::load<std::uint64_t>(payload, 4));
  }
  return text + ", " + to_string(header->source()) + " > " + to_string(header->destination()) +
         ", hop limit " + std::to_string(header->hop_limit());
}

/// The observer of a traced node.
struct Tracing {
  Trace* trace;
  sim::World* world;
  const std::string* name;

  void say(const std::string& what) const { trace->say(world->now(), *name, what); }

  void operator()(const event::Dropped& e) const {
    if (trace->on() && e.reason != Drop::overheard && e.reason != Drop::discovery_repeated)
      say("drops a packet from " + to_string(e.interface) + ": " + std::string(to_string(e.reason)));
  }
  void operator()(const event::HandoffBegan& e) const {
    if (trace->on())
      say("moves from " + to_text({e.from.begin(), e.from.end()}) + " to " +
          to_text({e.to.begin(), e.to.end()}));
  }
  void operator()(const event::HandoffEnded& e) const {
    if (trace->on()) say("is now at " + to_text({e.joined.begin(), e.joined.end()}));
  }
  void operator()(const event::UpdateAcknowledged& e) const {
    if (trace->on()) say("gets an acknowledgement from " + to_string(e.peer));
  }
  void operator()(const event::UpdateGivenUp& e) const {
    if (trace->on()) say("gives up updating " + to_string(e.peer));
  }
  void operator()(const event::PeerMoved& e) const {
    if (trace->on())
      say("sends to " + to_string(e.peer) + " at " + to_string(e.to) + ", before at " + to_string(e.from));
  }
  void operator()(const event::NameConflict& e) const {
    if (trace->on())
      say("hears two claims to the name " + std::string(e.host_name) + ": " + to_string(e.owner) +
          " holds it, " + to_string(e.claimant) + " claims it");
  }
  void operator()(const event::DuplicateNid& e) const {
    world->violated(*name + ": attributes a frame from " + to_string(e.locator) +
                    " to another node with its identifier");
  }
  template <class Event>
  void operator()(const Event&) const {}
};

}  // namespace ilnp::swarm
