#pragma once

// What happens in a run, kept for a page that shows it again: `ilnp-lab run --html`.

#include <ilnp/control/json.hpp>
#include <ilnp/sim/world.hpp>
#include <ilnp/wire/ilnp_header.hpp>
#include <ilnp/wire/stp_header.hpp>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "control_text.hpp"
#include "records.hpp"
#include "results.hpp"
#include "summary.hpp"

namespace lab {

/// Collects frames, tables of nodes, events and what became of each datagram, up to a limit. Times are microseconds. The scenario must
/// outlive it. One thread.
///
/// Frames are one list of numbers, for each frame: microseconds since the previous one, node, network, what (the number of a flow, or
/// -1 - the number of a text), the number of the datagram, and for each receiver its node and the microseconds that the frame takes, or
/// -1 if it is lost on the way there; before these, their count.
class Replay {
 public:
  static constexpr std::uint64_t default_most = std::uint64_t{8} << 20;
  static constexpr std::uint16_t first_port = 1000;  ///< of the first flow, as in `Simulation`

  /// `most`: octets of all that is kept, about.
  Replay(const Scenario& scenario, std::uint64_t most)
      : scenario_(scenario),
        budget_(most),
        flows_(scenario.flows.size()),
        shown_(scenario.nodes.size(), none),
        timelines_(scenario.nodes.size()) {}

  /// When the limit was reached, if it was: nothing later is kept, except what becomes of earlier datagrams.
  std::optional<ilnp::TimePoint> cut() const noexcept { return budget_.cut(); }

  void frame(const ilnp::sim::SentFrame& frame) {
    end_frame();
    if (cut()) return;
    open_ = Open{frame.time, frame.host, network_number(frame.network), 0, 0, {}};
    const auto header = ilnp::wire::IlnpHeader::parse(frame.bytes);
    if (header && header->next_header() == static_cast<std::uint8_t>(ilnp::wire::NextHeader::stp) &&
        describe_datagram(header->payload()))
      return;
    std::string text = header ? control_text(*header) : "a malformed frame";
    open_->what = -1 - text_number(text.empty() ? "a message" : text);
  }
  void arrives(ilnp::sim::HostId to, ilnp::TimePoint when) {
    if (open_) open_->receivers.emplace_back(to, microseconds(when - open_->time));
  }
  void lost(ilnp::sim::HostId to) {
    if (open_) open_->receivers.emplace_back(to, -1);
  }

  /// What `node` does; none: the scenario itself.
  void event(ilnp::TimePoint now, std::optional<NodeIndex> node, std::string_view text) {
    if (!budget_.take(24 + text.size(), now)) return;
    events_.open('[')
        .value(microseconds(now))
        .value(node ? static_cast<std::int64_t>(*node) : -1)
        .value(text);
    events_.close(']');
  }

  /// The tables of `node` as JSON, after each of its events.
  void state(ilnp::TimePoint now, NodeIndex node, std::string&& json) {
    if (cut()) return;
    const auto [known, is_new] = state_numbers_.try_emplace(std::move(json), states_.size());
    if (shown_[node] == known->second) return;
    if (!budget_.take(16 + (is_new ? known->first.size() + 1 : 0), now)) return;
    if (is_new) states_.push_back(&known->first);
    shown_[node] = known->second;
    auto& timeline = timelines_[node];
    if (!timeline.empty() && timeline.back().first == microseconds(now)) {
      timeline.back().second = known->second;
    } else {
      timeline.emplace_back(microseconds(now), known->second);
    }
  }

  void sent(std::size_t flow, ilnp::TimePoint now) {
    if (!budget_.take(8, now)) return;
    flows_[flow].delays.push_back(-1);
  }
  /// The first arrival of a datagram, or another.
  void received(std::size_t flow, std::uint64_t number, ilnp::Duration took, bool again,
                ilnp::TimePoint now) {
    auto& its = flows_[flow];
    if (again) {
      if (!cut()) its.again.push_back(microseconds(now));
    } else if (number <= its.delays.size()) {
      its.delays[number - 1] = microseconds(took);
    }
  }

  /// Everything, as JSON that can stand in a page. `end`: of the run.
  std::string json(const std::string& about, const std::string& summary, const Results& results,
                   ilnp::TimePoint end) {
    end_frame();
    ilnp::JsonWriter json(ilnp::JsonText::utf8);
    json.open('{').members(about).member("end", microseconds(std::min(cut().value_or(end), end)));
    json.member("run", scenario_.run.count() / 1000).key("cut");
    cut() ? json.value(microseconds(*cut())) : json.null();
    json.member("summary", summary);
    json.key("nodes").open('[');
    for (NodeIndex i = 0; i < scenario_.nodes.size(); ++i) {
      const auto& config = scenario_.nodes[i].config;
      json.open('{')
          .member("name", config.host_name)
          .member("nid", to_string(config.nid))
          .key("states")
          .open('[');
      for (const auto& [time, state] : timelines_[i]) json.value(time).value(state);
      json.close(']').key("moves").open('[');
      for (const MoveResult& move : results.nodes[i].moves) {
        json.open('[')
            .value(microseconds(move.begin))
            .value(move.end == ilnp::never ? -1 : microseconds(move.end));
        json.value(short_name(move.from)).value(short_name(move.to)).close(']');
      }
      json.close(']').close('}');
    }
    json.close(']').strings("networks", networks_, [](ilnp::Locator each) { return short_name(each); });
    json.key("flows").open('[');
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      json.open('{').member("from", scenario_.flows[i].from).member("to", scenario_.flows[i].to);
      json.member("every", scenario_.flows[i].every.count() / 1000).member("sent", results.flows[i].sent);
      json.member("lost", results.flows[i].lost()).key("runs").open('[');
      results.flows[i].sent_at.for_each_run([&](std::uint64_t first, ilnp::TimePoint time) {
        if (first <= flows_[i].delays.size()) json.value(first).value(microseconds(time));
      });
      json.close(']').key("delays").open('[');
      for (const std::int64_t each : flows_[i].delays) json.value(each);
      json.close(']').key("again").open('[');
      for (const std::int64_t each : flows_[i].again) json.value(each);
      json.close(']').close('}');
    }
    json.close(']').strings("texts", texts_, [](const std::string& each) { return each; });
    json.key("states").open('[');
    for (const std::string* each : states_) json.members(*each);
    json.close(']').key("events").open('[').members(events_.text()).close(']');
    json.key("frames").open('[').members(frames_).close(']').close('}');
    return for_a_page(json.text());
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  struct Open {
    ilnp::TimePoint time;
    ilnp::sim::HostId node;
    std::size_t network;
    std::int64_t what;
    std::uint64_t number;
    std::vector<std::pair<ilnp::sim::HostId, std::int64_t>> receivers;
  };
  struct FlowFate {
    std::vector<std::int64_t> delays;  // from number 1 on; -1: has not arrived
    std::vector<std::int64_t> again;   // when duplicates arrived
  };

  static std::int64_t microseconds(ilnp::Duration time) noexcept { return time.count() / 1000; }
  static std::int64_t microseconds(ilnp::TimePoint time) noexcept {
    return microseconds(time.time_since_epoch());
  }

  /// Nothing in it ends the element of the page: `<` is only ever within strings.
  static std::string for_a_page(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    for (const char c : json) c == '<' ? text += "\\u003c" : text += c;
    return text;
  }

  bool describe_datagram(ilnp::Bytes payload) {
    const auto stp = ilnp::wire::StpHeader::parse(payload);
    if (!stp || stp->payload().size() < 8) return false;
    const int flow = static_cast<int>(stp->destination_port()) - first_port;
    if (flow < 0 || static_cast<std::size_t>(flow) >= flows_.size()) return false;
    open_->what = flow;
    open_->number = ilnp::wire::load<std::uint64_t>(stp->payload(), 0);
    return true;
  }

  void end_frame() {
    if (!open_) return;
    std::string text;
    const auto add = [&](std::int64_t value) { text += (text.empty() ? "" : ",") + std::to_string(value); };
    add(microseconds(open_->time) - last_frame_);
    add(open_->node);
    add(static_cast<std::int64_t>(open_->network));
    add(open_->what);
    add(static_cast<std::int64_t>(open_->number));
    add(static_cast<std::int64_t>(open_->receivers.size()));
    for (const auto& [to, took] : open_->receivers) add(to), add(took);
    if (budget_.take(text.size() + 1, open_->time)) {
      last_frame_ = microseconds(open_->time);
      frames_ += (frames_.empty() ? "" : ",") + text;
    }
    open_.reset();
  }

  std::size_t network_number(ilnp::Locator locator) {
    const auto number = static_cast<std::size_t>(std::ranges::find(networks_, locator) - networks_.begin());
    if (number == networks_.size()) networks_.push_back(locator);
    return number;
  }
  std::int64_t text_number(const std::string& text) {
    const auto [known, is_new] = text_numbers_.try_emplace(text, texts_.size());
    if (is_new) texts_.push_back(text);
    return static_cast<std::int64_t>(known->second);
  }

  const Scenario& scenario_;
  OutputBudget budget_;
  std::vector<FlowFate> flows_;
  std::vector<std::size_t> shown_;  // the state of each node
  std::vector<std::vector<std::pair<std::int64_t, std::size_t>>> timelines_;
  std::unordered_map<std::string, std::size_t> state_numbers_;  // only looked up
  std::vector<const std::string*> states_;
  std::vector<ilnp::Locator> networks_;
  std::map<std::string, std::size_t> text_numbers_;
  std::vector<std::string> texts_;
  ilnp::JsonWriter events_{ilnp::JsonText::utf8};
  std::string frames_;
  std::int64_t last_frame_ = 0;
  std::optional<Open> open_;
};

}  // namespace lab
