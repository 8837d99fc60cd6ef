#pragma once

// The results of a run in words and tables.

#include <iomanip>
#include <sstream>

#include "results.hpp"
#include "scenario.hpp"

namespace lab {

/// `a`, or `1:2:3:4` if there is no short form.
inline std::string short_name(ilnp::Locator locator) {
  const std::string text = to_string(locator);
  return text.starts_with("0:0:0:") ? text.substr(6) : text;
}
inline std::string short_name(const std::vector<ilnp::Locator>& set) {
  std::string text;
  for (const ilnp::Locator each : set) text += (text.empty() ? "" : ",") + short_name(each);
  return text;
}

/// Rows of equal width under a heading: the first column to the left, the others to the right.
class Table {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  friend std::ostream& operator<<(std::ostream& out, const Table& table) {
    std::vector<std::size_t> widths;
    for (const auto& row : table.rows_)
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i == widths.size()) widths.push_back(0);
        widths[i] = std::max(widths[i], row[i].size());
      }
    for (const auto& row : table.rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string gap(widths[i] - row[i].size(), ' ');
        line += "  " + (i == 0 ? row[i] + gap : gap + row[i]);
      }
      out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
    }
    return out << '\n';
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

inline void print_flows(std::ostream& out, const Scenario& scenario, const Results& results) {
  Table table;
  table.row({"flow", "sent", "received", "lost", "duplicated", "reordered", "refused", "longest gap"});
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowResult& result = results.flows[i];
    table.row({name_of(scenario, scenario.flows[i]), std::to_string(result.sent),
               std::to_string(result.flow.received()), std::to_string(result.lost()),
               std::to_string(result.flow.duplicated()), std::to_string(result.flow.reordered()),
               std::to_string(result.refused_in_all()), milliseconds(result.flow.longest_gap()) + "ms"});
  }
  if (!scenario.flows.empty()) out << table;
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowResult& result = results.flows[i];
    const std::string name = "  " + name_of(scenario, scenario.flows[i]);
    for (const auto& [reason, count] : result.refused)
      out << name << ": " << count << " refused: " << reason << '\n';
    if (result.damaged != 0) out << name << ": " << result.damaged << " RECEIVED THAT WERE NOT SENT\n";
  }
}

/// How long the datagrams took.
inline void print_delays(std::ostream& out, const Scenario& scenario, const Results& results) {
  Table table;
  std::vector<std::string> heading{"flow"};
  for (const char* what : {"delay ", "jitter "})
    for (const Percentile& each : percentiles) heading.push_back(what + std::string(each.name));
  table.row(std::move(heading));
  bool any = false;
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    std::vector<std::string> row{name_of(scenario, scenario.flows[i])};
    for (const Percentiles* times : {&results.flows[i].delay, &results.flows[i].jitter}) {
      for (const Percentile& each : percentiles)
        row.push_back(times->empty() ? "-" : milliseconds(times->at(each.percent)) + "ms");
      any = any || !times->empty();
    }
    table.row(std::move(row));
  }
  if (any) out << table;
}

/// Which datagrams were lost and when.
inline void print_lost(std::ostream& out, const Scenario& scenario, const Results& results) {
  constexpr std::size_t most_runs = 10;
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowResult& result = results.flows[i];
    if (result.lost() == 0) continue;
    const auto runs = lost_runs(result, most_runs);
    const auto when = [&](std::uint64_t number) { return seconds(result.sent_at[number]); };
    for (const auto [first, last] : runs.first) {
      out << "  " << name_of(scenario, scenario.flows[i]) << ": lost " << first;
      if (last != first) out << " to " << last;
      out << ", sent at " << when(first);
      if (last != first) out << " to " << when(last);
      out << " s\n";
    }
    if (runs.count > most_runs) out << "  ... and " << runs.count - most_runs << " more times\n";
    out << '\n';
  }
}

inline void print_nodes(std::ostream& out, const Scenario& scenario, const Results& results) {
  Table table;
  table.row({"node", "identifier", "in the capture", "handoffs", "undone", "updates", "acknowledged",
             "given up", "control messages"});
  for (NodeIndex i = 0; i < scenario.nodes.size(); ++i) {
    const NodeResult& node = results.nodes[i];
    std::ostringstream address;
    address << "fe80::" << std::hex << i + 1;
    table.row({scenario.nodes[i].config.host_name, to_string(scenario.nodes[i].config.nid), address.str(),
               std::to_string(node.handoffs), std::to_string(node.undone), std::to_string(node.updates),
               std::to_string(node.acknowledged), std::to_string(node.given_up),
               std::to_string(node.control)});
  }
  out << table;
}

template <class Networks>
void print_networks(std::ostream& out, const Networks& networks, ilnp::sim::World& world) {
  Table table;
  table.row({"network", "frames", "arrivals", "lost", "duplicated", "reordered", "queue full", "cut off"});
  for (const ilnp::Locator each : networks) {
    const auto& counters = world.network(each).counters();
    table.row({to_string(each), std::to_string(counters.sent), std::to_string(counters.arrivals),
               std::to_string(counters.lost), std::to_string(counters.duplicated),
               std::to_string(counters.reordered), std::to_string(counters.queue_full),
               std::to_string(counters.cut_off)});
  }
  out << table;
}

inline void print_verdicts(std::ostream& out, const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts)
    out << "  " << (verdict.holds ? "holds:     " : "DOES NOT HOLD: ") << verdict.expected->text
        << (verdict.holds ? "" : " (" + verdict.text + ")") << '\n';
}

}  // namespace lab
