#pragma once

// The results of a run, and whether they meet the expectations.

#include <array>
#include <ilnp/network/drop.hpp>
#include <map>

#include "../flow.hpp"
#include "delays.hpp"
#include "scenario.hpp"

namespace lab {

struct FlowResult {
  std::uint64_t sent = 0;
  program::Flow<ilnp::TimePoint> flow{program::Flow<ilnp::TimePoint>::max_number};  ///< at the receiver
  std::uint64_t damaged = 0;                     ///< received, but different from what was sent
  std::map<std::string, std::uint64_t> refused;  ///< could not be sent, by reason
  SendTimes sent_at;
  Percentiles delay;  ///< from the sending to the first arrival of each datagram
  Percentiles
      jitter;  ///< by how much the delay differs from that of the previous arrival (RFC 3550, section 6.4.1: |D|)

  void send(ilnp::TimePoint now) { ++sent, sent_at.add(now); }
  /// Takes only numbers that were sent.
  void receive(std::uint64_t number, std::size_t octets, ilnp::TimePoint now) {
    if (!flow.seen(number)) {
      const ilnp::Duration took = now - sent_at[number];
      if (!delay.empty()) jitter.add(std::chrono::abs(took - last_delay_));
      delay.add(last_delay_ = took);
    }
    flow.receive(number, octets, now);
  }

  std::uint64_t lost() const noexcept { return sent - flow.received(); }
  std::uint64_t refused_in_all() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : refused) sum += count;
    return sum;
  }

 private:
  ilnp::Duration last_delay_{};
};

/// Consecutive lost datagrams.
struct LostRun {
  std::uint64_t first;
  std::uint64_t last;
};
struct LostRuns {
  std::vector<LostRun> first;  ///< as many as requested
  std::uint64_t count = 0;     ///< in total
};

/// At most the first `most`, and their number: in a long run with many losses, all of them would fill the memory.
inline LostRuns lost_runs(const FlowResult& result, std::size_t most) {
  LostRuns runs;
  LostRun run{};
  const auto end = [&] {
    if (run.first == 0) return;
    if (runs.first.size() < most) runs.first.push_back(run);
    ++runs.count;
    run = {};
  };
  for (std::uint64_t number = 1; number <= result.sent; ++number) {
    if (result.flow.seen(number)) {
      end();
    } else {
      run = {run.first == 0 ? number : run.first, number};
    }
  }
  end();
  return runs;
}

/// A handoff: `to` was joined at `begin`, and `from` left at `end`.
struct MoveResult {
  ilnp::TimePoint begin;
  ilnp::TimePoint end;
  std::vector<ilnp::Locator> from;
  std::vector<ilnp::Locator> to;
};

struct NodeResult {
  static constexpr std::size_t max_moves = 10'000;  ///< that are remembered; beyond that only the number is

  std::uint64_t handoffs = 0;      ///< begun while datagrams were sent
  std::vector<MoveResult> moves;   ///< the first of these
  std::uint64_t undone = 0;        ///< moves that failed
  std::uint64_t updates = 0;       ///< locator updates sent
  std::uint64_t acknowledged = 0;  ///< of them
  std::uint64_t given_up = 0;      ///< of them
  std::uint64_t control = 0;       ///< messages of its own: discovery, updates, acknowledgements
  std::array<std::uint64_t, ilnp::drop_reasons> dropped{};
};

struct Results {
  std::vector<FlowResult> flows;  ///< in the order of the scenario
  std::vector<NodeResult> nodes;
};

/// An expectation and the result.
struct Verdict {
  const Expectation* expected;
  bool holds;
  std::string text;  ///< where it does not hold, and what was measured there
};

inline double measure(const FlowResult& result, const Expectation& expected) {
  using Metric = Expectation::Metric;
  switch (expected.metric) {
    case Metric::sent:
      return static_cast<double>(result.sent);
    case Metric::received:
      return static_cast<double>(result.flow.received());
    case Metric::lost:
      return static_cast<double>(result.lost());
    case Metric::duplicated:
      return static_cast<double>(result.flow.duplicated());
    case Metric::reordered:
      return static_cast<double>(result.flow.reordered());
    case Metric::refused:
      return static_cast<double>(result.refused_in_all());
    case Metric::gap:
      return static_cast<double>(result.flow.longest_gap().count());
    case Metric::delay:
      return static_cast<double>(result.delay.at(expected.percentile).count());
    case Metric::jitter:
      return static_cast<double>(result.jitter.at(expected.percentile).count());
    case Metric::handoffs:
      break;
  }
  return 0;
}

/// `12.345`, of nanoseconds.
inline std::string milliseconds(ilnp::Duration time) {
  std::array<char, 40> text;
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.3f",
                                                              static_cast<double>(time.count()) / 1e6))};
}

/// `alice to bob`
inline std::string name_of(const Scenario& scenario, const FlowSpec& flow) {
  return scenario.nodes[flow.from].config.host_name + " to " + scenario.nodes[flow.to].config.host_name;
}

/// `0.25%`; a share that is not 0 never looks like 0.
inline std::string percentage(std::uint64_t count, std::uint64_t all) {
  std::array<char, 40> text;
  const double percent = all == 0 ? 0 : 100.0 * static_cast<double>(count) / static_cast<double>(all);
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.4g%%", percent))};
}

/// What a flow has to say about an expectation, and whether that holds.
inline std::pair<bool, std::string> judge(const FlowResult& result, const Expectation& expected) {
  const double measured = measure(result, expected);
  if ((expected.metric == Expectation::Metric::delay && result.delay.empty()) ||
      (expected.metric == Expectation::Metric::jitter && result.jitter.empty()))
    return {false, "too little was received"};
  if (expected.of_time())
    return {expected.holds(measured),
            milliseconds(ilnp::Duration(static_cast<ilnp::Duration::rep>(measured))) + "ms"};
  const auto count = static_cast<std::uint64_t>(measured);
  if (!expected.percent) return {expected.holds(measured), std::to_string(count)};
  const bool attempts = expected.metric == Expectation::Metric::refused;
  const std::uint64_t all = result.sent + (attempts ? result.refused_in_all() : 0);
  if (all == 0) return {false, "nothing was sent"};
  // Division rounds correctly, so that `= 0.1%` holds for 1 of 1000.
  return {expected.holds(100.0 * measured / static_cast<double>(all)),
          percentage(count, all) + ", " + std::to_string(count) + " of " + std::to_string(all)};
}

inline Verdict judge(const Scenario& scenario, const Results& results, const Expectation& expected) {
  Verdict verdict{&expected, true, {}};
  const auto found = [&](const std::string& what, const std::pair<bool, std::string>& judged) {
    if (judged.first) return;
    verdict.holds = false;
    verdict.text += (verdict.text.empty() ? "" : ", ") + what + ": " + judged.second;
  };
  if (expected.node) {
    const std::uint64_t handoffs = results.nodes[*expected.node].handoffs;
    found(scenario.nodes[*expected.node].config.host_name,
          {expected.holds(static_cast<double>(handoffs)), std::to_string(handoffs)});
    return verdict;
  }
  for (std::size_t i = 0; i < scenario.flows.size(); ++i) {
    const FlowSpec& flow = scenario.flows[i];
    if (expected.flow && *expected.flow != std::pair(flow.from, flow.to)) continue;
    found(name_of(scenario, flow), judge(results.flows[i], expected));
  }
  return verdict;
}

inline std::vector<Verdict> judge(const Scenario& scenario, const Results& results) {
  std::vector<Verdict> verdicts;
  for (const Expectation& expected : scenario.expectations)
    verdicts.push_back(judge(scenario, results, expected));
  return verdicts;
}

/// True if all expectations hold and nothing was received that was not sent.
inline bool as_expected(const std::vector<Verdict>& verdicts, const Results& results) {
  return std::ranges::all_of(verdicts, [](const Verdict& each) { return each.holds; }) &&
         std::ranges::all_of(results.flows, [](const FlowResult& each) { return each.damaged == 0; });
}

}  // namespace lab
