// Scenario files (docs/testing.md): reading, and the first moments of a run.
#include <charconv>
#include <sstream>

#include "fuzz.hpp"
#include "lab/parse.hpp"
#include "lab/simulation.hpp"
#include "lab/summary.hpp"

namespace ilnp::fuzz {
namespace {

using lab::Scenario;

const std::string file = "x.lab";

std::string text(Duration time) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%lld.%03lldus", static_cast<long long>(time.count() / 1000),
                static_cast<long long>(time.count() % 1000));
  return digits;
}
std::string text(const lab::Moment& moment) { return text(moment.first) + ".." + text(moment.last); }
std::string text(double number) {
  char digits[1200];  // the smallest number has more than a thousand
  const auto end = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed).ptr;
  return {digits, end};
}
std::string text(std::uint64_t number) { return std::to_string(number); }
std::string text(const std::vector<Locator>& set) {
  std::string all;
  for (const Locator each : set) all += (all.empty() ? "" : ",") + to_string(each);
  return all.empty() ? "all" : all;
}

/// A scenario as a text again, each value as exactly as it is known.
class Writer {
 public:
  explicit Writer(const Scenario& scenario) : scenario_(scenario) {}

  std::string write() {
    if (!scenario_.title.empty()) out_ << "title " << scenario_.title << '\n';
    out_ << "run " << text(scenario_.run) << '\n';
    for (const lab::NodeSpec& each : scenario_.nodes) node(each);
    for (const lab::FlowSpec& each : scenario_.flows)
      out_ << "flow " << name(each.from) << " -> " << name(each.to) << " every " << text(each.every)
           << " size " << each.size << " from " << text(each.begin) << " until " << text(each.end) << '\n';
    for (const lab::Action& each : scenario_.actions) {
      if (each.at) out_ << "at " << text(*each.at) << ' ';
      std::visit([this](const auto& what) { action(what); }, each.what);
      out_ << '\n';
    }
    for (const lab::Expectation& each : scenario_.expectations) expectation(each);
    return out_.str();
  }

 private:
  const std::string& name(lab::NodeIndex node) const { return scenario_.nodes.at(node).config.host_name; }

  void node(const lab::NodeSpec& node) {
    const NetworkConfig& config = node.config;
    out_ << "node " << config.host_name << " in ";
    for (std::size_t i = 0; i < config.locators.size(); ++i)
      out_ << (i == 0 ? "" : "-") << text(config.locators[i]);
    out_ << " nid " << to_string(config.nid) << " start " << text(node.start) << " move_time "
         << text(config.move_time) << " handoff_time " << text(config.handoff_time) << " wait_time "
         << text(config.wait_time) << " default_hop_limit " << unsigned{config.hop_limit}
         << " backwards_learning_ttl " << text(config.backwards_learning_ttl)
         << " active_unicast_session_ttl " << text(config.active_unicast_session_ttl)
         << " loc_update_retries " << config.loc_update_retries << " loc_update_retry_wait_time "
         << text(config.loc_update_retry_wait_time) << '\n';
  }

  void conditions(const lab::ConditionsChange& change) {
    const auto say = [&](const char* key, const auto& value, const char* unit = "") {
      if (value) out_ << ' ' << key << ' ' << text(*value) << unit;
    };
    say("delay", change.delay), say("jitter", change.jitter);
    say("reordering_delay", change.reordering_delay);
    say("loss", change.loss), say("burst_begin", change.burst_begin), say("burst_end", change.burst_end);
    say("burst_loss", change.burst_loss), say("duplication", change.duplication);
    say("reordering", change.reordering), say("bandwidth", change.bandwidth, "bit/s");
    say("queue", change.queue);
  }
  void action(const lab::ConditionsChange& change) {
    out_ << "network " << text(change.networks);
    conditions(change);
  }
  void action(const lab::AttachmentChange& change) {
    out_ << "attach " << name(change.node) << ' ' << text(change.conditions.networks);
    conditions(change.conditions);
  }
  void action(const lab::Move& move) { out_ << "move " << name(move.node) << " to " << text(move.to); }
  void action(const lab::Crash& crash) { out_ << "crash " << name(crash.node); }
  void action(const lab::Restart& restart) { out_ << "restart " << name(restart.node); }
  void action(const lab::LinkChange& link) {
    out_ << "link " << name(link.node) << (link.up ? " up" : " down");
  }
  void action(const lab::Partition& partition) {
    out_ << "partition " << to_string(partition.network) << ' ';
    for (std::size_t i = 0; i < partition.nodes.size(); ++i)
      out_ << (i == 0 ? "" : ",") << name(partition.nodes[i]);
  }
  void action(const lab::Cut& cut) {
    out_ << (cut.mend ? "mend " : "cut ") << to_string(cut.network) << ' ' << name(cut.from) << " -> "
         << name(cut.to);
  }
  void action(const lab::Heal& heal) { out_ << "heal " << text(heal.networks); }

  void expectation(const lab::Expectation& expected) {
    static constexpr const char* metrics[]{"sent",    "received", "lost",  "duplicated", "reordered",
                                           "refused", "gap",      "delay", "jitter",     "handoffs"};
    static constexpr const char* relations[]{"=", "<", "<=", ">", ">="};
    out_ << "expect ";
    if (expected.flow) out_ << name(expected.flow->first) << " -> " << name(expected.flow->second) << ' ';
    if (expected.node) out_ << name(*expected.node) << ' ';
    out_ << metrics[static_cast<std::size_t>(expected.metric)];
    if (expected.metric == lab::Expectation::Metric::delay ||
        expected.metric == lab::Expectation::Metric::jitter)
      for (const lab::Percentile& each : lab::percentiles)
        if (each.percent == expected.percentile) out_ << '_' << each.name;
    out_ << ' ' << relations[static_cast<std::size_t>(expected.relation)] << ' '
         << (expected.of_time() ? text(Duration(static_cast<Duration::rep>(expected.value)))
             : expected.percent ? text(expected.value) + '%'
                                : text(static_cast<std::uint64_t>(expected.value)))
         << '\n';
  }

  const Scenario& scenario_;
  std::ostringstream out_;
};

bool is_line(std::string_view said) {
  return !said.empty() && std::ranges::none_of(said, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// `x.lab:LINE: what is wrong`, of a line that is there.
void require_error(std::string_view said, std::string_view input) {
  require(is_line(said), "an error is one line, without control characters");
  require(said.starts_with(file + ':'), "an error names the file");
  if (input.size() > lab::Parser::max_size) return;
  said.remove_prefix(file.size() + 1);
  unsigned line = 0;
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), line);
  require(error == std::errc{} && std::string_view(end, 2) == ": ", "an error names the line");
  require(line >= 1 && line <= 1 + std::ranges::count(input, '\n'), "an error names a line that is there");
}

/// What the simulator takes for granted.
void require_limits(const Scenario& scenario) {
  require(!scenario.nodes.empty() && scenario.nodes.size() <= Scenario::max_nodes &&
              scenario.flows.size() <= Scenario::max_flows &&
              scenario.actions.size() <= Scenario::max_actions &&
              scenario.expectations.size() <= Scenario::max_expectations,
          "a scenario has limits");
  require(scenario.run > Duration::zero() && scenario.run <= lab::max_duration, "a run ends");
  const auto is_moment = [](const lab::Moment& moment) {
    return Duration::zero() <= moment.first && moment.first <= moment.last &&
           moment.last <= lab::max_duration;
  };
  for (const lab::NodeSpec& node : scenario.nodes) {
    node.config.validate();
    require(is_moment(node.start), "a node starts");
    for (const lab::NodeSpec& other : scenario.nodes)
      require(&node == &other ||
                  (node.config.nid != other.config.nid && node.config.host_name != other.config.host_name),
              "names and identifiers are of one node");
  }
  for (const lab::FlowSpec& flow : scenario.flows)
    require(flow.from < scenario.nodes.size() && flow.to < scenario.nodes.size() && flow.from != flow.to &&
                flow.every > Duration::zero() && flow.size >= 8 && flow.size <= 1396 &&
                Duration::zero() <= flow.begin && flow.begin < flow.end && flow.end <= scenario.run &&
                static_cast<std::uint64_t>((flow.end - flow.begin) / flow.every) < Scenario::max_datagrams,
            "a flow needs two different nodes, within the run");
  for (const lab::Action& action : scenario.actions)
    require(
        is_line(action.text) && (!action.at || (is_moment(*action.at) && action.at->last <= scenario.run)),
        "something happens within the run");
  for (const lab::Expectation& each : scenario.expectations)
    require(is_line(each.text) && (!each.node || *each.node < scenario.nodes.size()),
            "what is expected is of a node that is there");
}

/// Whatever the scenario says, the simulator runs it: for so many events here.
void run(const Scenario& scenario) {
  constexpr std::size_t most_nodes = 12, most_flows = 12, most_actions = 100;
  constexpr std::uint64_t most_events = 2000;
  if (scenario.nodes.size() > most_nodes || scenario.flows.size() > most_flows ||
      scenario.actions.size() > most_actions)
    return;
  struct Enough {};
  lab::Simulation simulation(scenario, 1, nullptr);
  simulation.world().after_event([&] {
    if (simulation.world().events() >= most_events) throw Enough();
  });
  try {
    simulation.run([](TimePoint) { return true; });
  } catch (const Enough&) {
  }
  const lab::Results& results = simulation.results();
  for (const lab::FlowResult& flow : results.flows)
    require(flow.damaged == 0 && flow.flow.received() <= flow.sent, "what arrives is what was sent");
  std::ostringstream said;
  lab::print_flows(said, scenario, results);
  lab::print_lost(said, scenario, results);
  lab::print_nodes(said, scenario, results);
  lab::print_networks(said, simulation.networks(), simulation.world());
  lab::print_verdicts(said, lab::judge(scenario, results));
}

}  // namespace

void scenarios(Bytes octets) {
  const std::string_view input = as_text(octets);
  std::optional<Scenario> scenario;
  try {
    scenario = lab::parse_scenario(input, file);
  } catch (const lab::ScenarioError& error) {
    return require_error(error.what(), input);
  }
  require_limits(*scenario);
  const std::string once = Writer(*scenario).write();
  if (once.size() <= lab::Parser::max_size) {
    const std::string again = Writer(lab::parse_scenario(once, file)).write();
    require(once == again, "a scenario is written as it was read");
  }
  run(*scenario);
}

}  // namespace ilnp::fuzz
