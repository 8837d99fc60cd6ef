#pragma once

// Reads the text of a scenario. docs/testing.md describes the format.

#include <algorithm>
#include <map>

#include "overrides.hpp"
#include "parse_action.hpp"
#include "parse_comparison.hpp"

namespace lab {

/// Reads a scenario line by line. One thread; used once.
class Parser {
 public:
  static constexpr std::size_t max_size = 1 << 20;  ///< octets of a file
  static constexpr std::size_t max_name = 32;       ///< octets of the name of a node, which names files too

  /// `settings` replace what the scenario says.
  explicit Parser(const std::string& file, const Settings& settings = {}) : overrides_(settings) {
    scenario_.file = file;
  }

  Scenario read(std::string_view text) {
    if (text.size() > max_size)
      throw ScenarioError(scenario_.file + ": larger than " + std::to_string(max_size) + " octets");
    if (text.starts_with("\xef\xbb\xbf"))
      text.remove_prefix(3);  // the byte order mark that some editors write
    unsigned number = 0;
    for (const auto each : split(text, '\n')) {
      Line line(each, scenario_.file, ++number);
      if (line.more()) read(line);
    }
    finish(Line({}, scenario_.file, std::max(number, 1U)));
    overrides_.finish(scenario_, names_);
    return std::move(scenario_);
  }

 private:
  void read(Line& line) {
    if (line.accept("title")) return title(line);
    if (line.accept("run")) return run(line);
    if (line.accept("node")) return node(line);
    if (line.accept("flow")) return flow(line);
    if (line.accept("expect")) return expectation(line);
    action(line);
  }

  void title(Line& line) {
    if (!scenario_.title.empty()) line.fail("there is a title already");
    if (!line.more()) line.fail("the title is missing");
    scenario_.title = line.rest();
  }

  void run(Line& line) {
    if (has_run()) line.fail("there is a run line already");
    scenario_.run = duration(line, "run");
    if (!has_run()) line.fail("run: must be above 0");
    line.end();
    overrides_.apply({}, [&](Line& value, const std::string& key) {
      if (key != "run") return false;
      scenario_.run = duration(value, key);
      if (!has_run()) value.fail("must be above 0");
      return true;
    });
  }

  bool has_run() const noexcept { return scenario_.run > ilnp::Duration::zero(); }
  void need_run(const Line& line) const {
    if (!has_run()) line.fail("a run line must come first (such as: run 60s)");
  }

  void node(Line& line) {
    if (scenario_.nodes.size() == Scenario::max_nodes)
      line.fail("more than " + std::to_string(Scenario::max_nodes) + " nodes");
    const std::string name(line.word("the node's name"));
    const auto letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_';
    };
    if (name.size() > max_name || name.front() == '-' || !std::ranges::all_of(name, letter))
      line.fail(in_quotes(name) + " is not a name for a node (up to 32 letters, digits, - and _)");
    if (const unsigned other = names_.line_of(name))
      line.fail("there is a node " + in_quotes(name) + " already (line " + std::to_string(other) + ")");

    NodeSpec spec;
    spec.config.host_name = name;
    line.require("in");
    for (const auto set : split(line.word("the node's networks"), '-'))
      spec.config.locators.push_back(locators(line, set));
    auto& config = spec.config;
    settings(line,
             "nid, start, move_time, handoff_time, wait_time, default_hop_limit, backwards_learning_ttl, "
             "active_unicast_session_ttl, loc_update_retries, loc_update_retry_wait_time",
             [&](const std::string& key) { return node_setting(line, spec, key); });
    overrides_.apply(name, [&](Line& value, const std::string& key) {
      return key != "nid" && node_setting(value, spec, key);
    });
    if (config.nid == ilnp::Nid{}) config.nid = ilnp::Nid(0xffff'0000'0000'0000 + scenario_.nodes.size() + 1);
    try {
      config.validate();
    } catch (const std::invalid_argument& error) {
      line.fail(error.what());
    }
    for (const NodeSpec& other : scenario_.nodes)
      if (other.config.nid == config.nid)
        line.fail("nid: " + to_string(config.nid) + " is " + other.config.host_name + "'s already");
    for (const auto& set : config.locators) names_.use(set);
    names_.add_node(line, name, scenario_.nodes.size());
    scenario_.nodes.push_back(std::move(spec));
  }

  static bool node_setting(Line& line, NodeSpec& spec, const std::string& key) {
    auto& config = spec.config;
    if (key == "nid") {
      const auto word = line.word(key);
      const auto nid = ilnp::Nid::parse(word);
      if (!nid)
        line.fail(in_quotes(word) +
                  " is not an identifier (four groups of up to four hex digits, such as ffff:0:0:a)");
      config.nid = *nid;
    } else if (key == "start") {
      spec.start = moment(line, key);
    } else if (key == "default_hop_limit") {
      config.hop_limit = static_cast<std::uint8_t>(whole(line, key, 0, 255));
    } else if (key == "loc_update_retries") {
      config.loc_update_retries = static_cast<unsigned>(whole(line, key, 0, 100));
    } else if (ilnp::Duration* time = duration_of(config, key)) {
      *time = duration(line, key);
    } else {
      return false;
    }
    return true;
  }

  static ilnp::Duration* duration_of(ilnp::NetworkConfig& config, std::string_view key) {
    if (key == "move_time") return &config.move_time;
    if (key == "handoff_time") return &config.handoff_time;
    if (key == "wait_time") return &config.wait_time;
    if (key == "backwards_learning_ttl") return &config.backwards_learning_ttl;
    if (key == "active_unicast_session_ttl") return &config.active_unicast_session_ttl;
    if (key == "loc_update_retry_wait_time") return &config.loc_update_retry_wait_time;
    return nullptr;
  }

  void flow(Line& line) {
    need_run(line);
    FlowSpec spec{};
    spec.from = names_.node(line, "the sender");
    const bool both = line.accept("<->");
    if (!both) line.require("->");
    spec.to = names_.node(line, "the receiver");
    if (spec.from == spec.to) line.fail("a flow needs two different nodes");
    line.require("every");
    spec.every = duration(line, "every");
    spec.end = scenario_.run;
    settings(line, "size, from, until",
             [&](const std::string& key) { return key != "every" && flow_setting(line, spec, key); });
    FlowSpec back = spec;
    std::swap(back.from, back.to);
    add(line, spec);
    if (both) add(line, back);
  }

  static bool flow_setting(Line& line, FlowSpec& spec, const std::string& key) {
    if (key == "every") {
      spec.every = duration(line, key);
    } else if (key == "size") {
      spec.size = static_cast<std::size_t>(whole(line, key, 8, 1396));
    } else if (key == "from") {
      spec.begin = duration(line, key);
    } else if (key == "until") {
      spec.end = duration(line, key);
    } else {
      return false;
    }
    return true;
  }

  void add(const Line& line, FlowSpec spec) {
    const std::string& from = scenario_.nodes[spec.from].config.host_name;
    const std::string& to = scenario_.nodes[spec.to].config.host_name;
    overrides_.apply(from + "->" + to,
                     [&](Line& value, const std::string& key) { return flow_setting(value, spec, key); });
    if (spec.every <= ilnp::Duration::zero()) line.fail("every: must be above 0");
    if (spec.end > scenario_.run) line.fail("until: after the end of the run");
    if (spec.begin >= spec.end) line.fail("the flow ends before it begins (by default it begins after 1 s)");
    if (static_cast<std::uint64_t>((spec.end - spec.begin) / spec.every) >= Scenario::max_datagrams)
      line.fail("more than " + std::to_string(Scenario::max_datagrams) + " datagrams");
    if (scenario_.flows.size() == Scenario::max_flows)
      line.fail("more than " + std::to_string(Scenario::max_flows) + " flows");
    if (flow_between(spec.from, spec.to))
      line.fail("there is a flow from " + from + " to " + to + " already");
    scenario_.flows.push_back(spec);
  }
  bool flow_between(NodeIndex from, NodeIndex to) const noexcept {
    return std::ranges::any_of(scenario_.flows,
                               [&](const FlowSpec& each) { return each.from == from && each.to == to; });
  }

  void action(Line& line) {
    if (scenario_.actions.size() == Scenario::max_actions)
      line.fail("more than " + std::to_string(Scenario::max_actions) + " actions");
    if (line.peek() == "at") need_run(line);
    scenario_.actions.push_back(parse_action(line, names_));
    const auto& at = scenario_.actions.back().at;
    if (at && at->last > scenario_.run) line.fail("at: after the end of the run");
  }

  void expectation(Line& line) {
    if (scenario_.expectations.size() == Scenario::max_expectations)
      line.fail("more than " + std::to_string(Scenario::max_expectations) + " expectations");
    Expectation expected;
    expected.text = text_of(line);
    using Metric = Expectation::Metric;
    auto word = line.word("what is expected");
    if (line.accept("->")) {
      const NodeIndex from = names_.node(line, word), to = names_.node(line, "the receiver");
      if (!flow_between(from, to))
        line.fail("no flow above this line goes from " + in_quotes(word) + " to that node");
      expected.flow.emplace(from, to);
      word = line.word("what is expected");
    } else if (line.peek() == "handoffs") {
      expected.node = names_.node(line, word);
      word = line.word("handoffs");
    }
    parse_metric(line, word, expected);
    if ((expected.metric == Metric::handoffs) != expected.node.has_value())
      line.fail("handoffs belong to nodes, all other metrics to flows (such as: expect alice handoffs 3)");
    parse_comparison(line, std::string(word), expected);
    line.end();
    scenario_.expectations.push_back(std::move(expected));
  }

  void finish(const Line& end) const {
    if (!has_run()) end.fail("the run line is missing (such as: run 60s)");
    if (scenario_.nodes.empty()) end.fail("there are no nodes");
    names_.check_networks(end);
    const auto of_flows = [](const Expectation& each) { return !each.node; };
    if (scenario_.flows.empty() && std::ranges::any_of(scenario_.expectations, of_flows))
      end.fail("there are expectations for flows, but no flows");
  }

  Scenario scenario_;
  Names names_;
  Overrides overrides_;
};

/// Reads the text of a scenario; `file` is only its name in errors. Throws `ScenarioError`.
inline Scenario parse_scenario(std::string_view text, const std::string& file,
                               const Settings& settings = {}) {
  return Parser(file, settings).read(text);
}

}  // namespace lab
