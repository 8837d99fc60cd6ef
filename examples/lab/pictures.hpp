#pragma once

// What examples/plot needs to know about a run in addition to the tables.

#include <filesystem>

#include "records.hpp"
#include "summary.hpp"

namespace lab {

/// The moves on the time axis of a picture. Those at (nearly) the same time share a mark.
struct Mark {
  ilnp::TimePoint begin;
  ilnp::TimePoint end;
  std::string from;
  std::string to;
};

inline std::vector<Mark> marks(const Scenario& scenario, const Results& results, const FlowSpec& flow) {
  std::vector<Mark> all;
  for (const NodeIndex node : {flow.from, flow.to})
    for (const MoveResult& move : results.nodes[node].moves)
      if (move.begin < ilnp::TimePoint(flow.end))
        all.insert(std::ranges::upper_bound(all, move.begin, {}, &Mark::begin),
                   {move.begin, std::min(move.end, ilnp::TimePoint(flow.end)), short_name(move.from),
                    short_name(move.to)});
  std::vector<Mark> merged;
  for (Mark& mark : all) {
    if (merged.empty() || mark.begin - merged.back().begin > scenario.run / 100) {
      merged.push_back(std::move(mark));
    } else {  // blanks separate the words of the pictures, so use another character
      merged.back().to += ",\u00a0" + mark.from + "\u00a0→\u00a0" + mark.to;
      merged.back().end = std::max(merged.back().end, mark.end);
    }
  }
  return merged;
}

/// Writes `data/flows`: one line per flow, for examples/plot/flows.sh.
inline void write_plot_data(const std::filesystem::path& folder, const Scenario& scenario,
                            const Results& results) {
  OutputFile out(folder / "data" / "flows");
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowSpec& flow = scenario.flows[i];
    if (results.flows[i].sent < 2 || results.flows[i].flow.received() == 0) continue;
    // The locator of the node that moves (of the receiver if both do) determines a datagram's colour.
    const bool sender = results.nodes[flow.to].moves.empty() && !results.nodes[flow.from].moves.empty();
    const NodeIndex coloured = sender ? flow.from : flow.to;
    std::vector<ilnp::Locator> locators;
    const auto use = [&](const std::vector<ilnp::Locator>& set) {
      for (const ilnp::Locator each : set)
        if (std::ranges::find(locators, each) == locators.end()) locators.push_back(each);
    };
    use(scenario.nodes[coloured].config.locators.front());
    for (const MoveResult& move : results.nodes[coloured].moves) use(move.to);
    std::ranges::sort(locators);  // so that a network has the same colour in all pictures

    std::string begins, ends, froms, tos, colours;
    for (const Mark& mark : marks(scenario, results, flow)) {
      begins += seconds(mark.begin) + ' ';
      ends += seconds(mark.end) + ' ';
      froms += mark.from + ' ';
      tos += mark.to + ' ';
    }
    for (const ilnp::Locator each : locators) colours += to_string(each) + ' ';
    const auto& from = scenario.nodes[flow.from].config;
    const auto& to = scenario.nodes[flow.to].config;
    for (const std::string& field :
         {from.host_name, to.host_name, to_string(from.nid), to_string(to.nid),
          std::string(sender ? "sender" : "receiver"), begins, ends, froms, tos, colours})
      out(field + '|');
    out("\n");
  }
  out.close();
}

}  // namespace lab
