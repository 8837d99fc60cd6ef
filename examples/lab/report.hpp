#pragma once

// The results as JSON and as CSV (docs/testing.md, "Results for other programs").

#include <ilnp/control/json.hpp>

#include "records.hpp"
#include "sweep.hpp"

namespace lab {

inline void write_settings(ilnp::JsonWriter& json, const Settings& settings) {
  json.key("settings").open('{');
  for (const Setting& each : settings) json.member(each.key, each.value);
  json.close('}');
}

/// `{"p50":2.1,...}`, or null if nothing was measured.
inline void write_times(ilnp::JsonWriter& json, std::string_view name, const Percentiles& times) {
  json.key(name);
  if (times.empty()) return void(json.null());
  json.open('{');
  for (const Percentile& each : percentiles)
    json.member(each.name, static_cast<double>(times.at(each.percent).count()) / 1e6);
  json.close('}');
}

inline double in_seconds(ilnp::TimePoint time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// One run. `whole`: it was not interrupted.
template <class Networks>
std::string run_json(const Scenario& scenario, const Settings& settings, std::uint64_t seed, bool whole,
                     const Results& results, const std::vector<Verdict>& verdicts, const Networks& networks,
                     ilnp::sim::World& world) {
  ilnp::JsonWriter json(ilnp::JsonText::utf8);
  json.open('{').member("scenario", scenario.file).member("title", scenario.title).member("seed", seed);
  write_settings(json, settings);
  json.member("seconds", std::chrono::duration<double>(scenario.run).count()).member("complete", whole);
  json.member("holds", whole && as_expected(verdicts, results));
  json.key("flows").open('[');
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowResult& flow = results.flows[i];
    json.open('{').member("from", scenario.nodes[scenario.flows[i].from].config.host_name);
    json.member("to", scenario.nodes[scenario.flows[i].to].config.host_name);
    json.member("sent", flow.sent).member("received", flow.flow.received()).member("lost", flow.lost());
    json.member("duplicated", flow.flow.duplicated()).member("reordered", flow.flow.reordered());
    json.member("refused", flow.refused_in_all()).member("damaged", flow.damaged);
    json.member("longest_gap_ms", static_cast<double>(flow.flow.longest_gap().count()) / 1e6);
    write_times(json, "delay_ms", flow.delay);
    write_times(json, "jitter_ms", flow.jitter);
    json.close('}');
  }
  json.close(']').key("nodes").open('[');
  for (NodeIndex i = 0; i < scenario.nodes.size(); ++i) {
    const NodeResult& node = results.nodes[i];
    const auto& config = scenario.nodes[i].config;
    json.open('{').member("name", config.host_name).member("nid", to_string(config.nid));
    json.member("handoffs", node.handoffs).member("undone", node.undone).member("updates", node.updates);
    json.member("acknowledged", node.acknowledged).member("given_up", node.given_up);
    json.member("control_messages", node.control).key("moves").open('[');
    for (const MoveResult& move : node.moves) {
      json.open('{').member("begin", in_seconds(move.begin)).key("end");
      move.end == ilnp::never ? json.null() : json.value(in_seconds(move.end));
      json.strings("from", move.from, [](ilnp::Locator each) { return to_string(each); });
      json.strings("to", move.to, [](ilnp::Locator each) { return to_string(each); }).close('}');
    }
    json.close(']').close('}');
  }
  json.close(']').key("networks").open('[');
  for (const ilnp::Locator each : networks) {
    const auto& counters = world.network(each).counters();
    json.open('{')
        .member("locator", to_string(each))
        .member("frames", counters.sent)
        .member("arrivals", counters.arrivals);
    json.member("lost", counters.lost)
        .member("duplicated", counters.duplicated)
        .member("reordered", counters.reordered);
    json.member("queue_full", counters.queue_full).member("cut_off", counters.cut_off).close('}');
  }
  json.close(']').key("expectations").open('[');
  for (const Verdict& each : verdicts)
    json.open('{')
        .member("text", each.expected->text)
        .member("holds", each.holds)
        .member("measured", each.text)
        .close('}');
  return json.close(']').close('}').take() + '\n';
}

/// Many runs.
inline std::string sweep_json(const std::string& file, const std::vector<Variant>& variants) {
  ilnp::JsonWriter json(ilnp::JsonText::utf8);
  json.open('{').member("scenario", file).key("runs").open('[');
  for (const Variant& variant : variants)
    for (const SeedResult& each : variant.results) {
      json.open('{');
      write_settings(json, variant.settings);
      json.member("seed", each.seed).member("holds", each.failure.empty()).member("failure", each.failure);
      json.member("sent", each.sent).member("received", each.received).member("lost", each.lost);
      json.member("duplicated", each.duplicated)
          .member("reordered", each.reordered)
          .member("refused", each.refused);
      json.member("handoffs", each.handoffs);
      json.member("longest_gap_ms", static_cast<double>(each.longest_gap.count()) / 1e6);
      for (const auto& [name, times] :
           {std::pair("delay_ms", &each.delay), std::pair("jitter_ms", &each.jitter)}) {
        json.key(name).open('{');
        for (std::size_t i = 0; i < std::size(percentiles); ++i)
          json.member(percentiles[i].name, static_cast<double>((*times)[i].count()) / 1e6);
        json.close('}');
      }
      json.close('}');
    }
  return json.close(']').close('}').take() + '\n';
}

/// A field of a table (RFC 4180).
inline std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

inline std::string csv_time_columns() {
  std::string text;
  for (const char* what : {"delay_", "jitter_"})
    for (const Percentile& each : percentiles) text += "," + std::string(what) + each.name + "_ms";
  return text;
}

/// A row for each flow of one run.
inline std::string run_csv(const Scenario& scenario, const Results& results) {
  std::string text = "from,to,sent,received,lost,duplicated,reordered,refused,damaged,longest_gap_ms" +
                     csv_time_columns() + '\n';
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowResult& flow = results.flows[i];
    text += scenario.nodes[scenario.flows[i].from].config.host_name + ',' +
            scenario.nodes[scenario.flows[i].to].config.host_name;
    for (const std::uint64_t each : {flow.sent, flow.flow.received(), flow.lost(), flow.flow.duplicated(),
                                     flow.flow.reordered(), flow.refused_in_all(), flow.damaged})
      text += ',' + std::to_string(each);
    text += ',' + milliseconds(flow.flow.longest_gap());
    for (const Percentiles* times : {&flow.delay, &flow.jitter})
      for (const Percentile& each : percentiles)
        text += ',' + (times->empty() ? "" : milliseconds(times->at(each.percent)));
    text += '\n';
  }
  return text;
}

/// A row for each of many runs; the keys that were set are the first columns.
inline std::string sweep_csv(const std::vector<Variant>& variants) {
  std::string text;
  for (const Setting& each : variants.front().settings) text += csv_field(each.key) + ',';
  text += "seed,holds,sent,received,lost,duplicated,reordered,refused,handoffs,longest_gap_ms" +
          csv_time_columns() + '\n';
  for (const Variant& variant : variants)
    for (const SeedResult& each : variant.results) {
      for (const Setting& setting : variant.settings) text += csv_field(setting.value) + ',';
      text += std::to_string(each.seed) + (each.failure.empty() ? ",1" : ",0");
      for (const std::uint64_t count : {each.sent, each.received, each.lost, each.duplicated, each.reordered,
                                        each.refused, each.handoffs})
        text += ',' + std::to_string(count);
      text += ',' + milliseconds(each.longest_gap);
      for (const auto* times : {&each.delay, &each.jitter})
        for (const ilnp::Duration time : *times) text += ',' + milliseconds(time);
      text += '\n';
    }
  return text;
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
  OutputFile file(path);
  file(text);
  file.close();
}

}  // namespace lab
