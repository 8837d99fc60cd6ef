#pragma once

// The same scenario with many seeds, on all cores.

#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <thread>

#include "settings.hpp"
#include "simulation.hpp"
#include "summary.hpp"

namespace lab {

/// The result of one seed, all flows together.
struct SeedResult {
  std::uint64_t seed = 0;
  bool done = false;
  std::string failure;  ///< empty if all expectations hold
  std::uint64_t sent = 0, received = 0, lost = 0, duplicated = 0, reordered = 0, refused = 0, handoffs = 0;
  ilnp::Duration longest_gap{};
  std::array<ilnp::Duration, std::size(percentiles)> delay{}, jitter{};  ///< in the order of `percentiles`
};

inline SeedResult summarise(const Scenario& scenario, std::uint64_t seed, const Results& results) {
  SeedResult result;
  result.seed = seed;
  Percentiles delay, jitter;
  for (const FlowResult& flow : results.flows) {
    result.sent += flow.sent;
    result.received += flow.flow.received();
    result.lost += flow.lost();
    result.duplicated += flow.flow.duplicated();
    result.reordered += flow.flow.reordered();
    result.refused += flow.refused_in_all();
    result.longest_gap = std::max(result.longest_gap, flow.flow.longest_gap());
    delay.add(flow.delay);
    jitter.add(flow.jitter);
    if (flow.damaged != 0) result.failure = "something was received that was not sent";
  }
  for (const NodeResult& node : results.nodes) result.handoffs += node.handoffs;
  for (std::size_t i = 0; i < std::size(percentiles); ++i) {
    result.delay[i] = delay.at(percentiles[i].percent);
    result.jitter[i] = jitter.at(percentiles[i].percent);
  }
  for (const Verdict& verdict : judge(scenario, results))
    if (!verdict.holds && result.failure.empty())
      result.failure = verdict.expected->text + " does not hold (" + verdict.text + ")";
  result.done = true;
  return result;
}

inline SeedResult run_seed(const Scenario& scenario, std::uint64_t seed, const std::atomic<bool>& stop) {
  try {
    Simulation simulation(scenario, seed, nullptr);
    if (!simulation.run([&](ilnp::TimePoint) { return !stop; })) return {};
    return summarise(scenario, seed, simulation.results());
  } catch (const std::exception& error) {
    SeedResult result;
    result.seed = seed;
    result.failure = error.what();
    result.done = true;
    return result;
  }
}

/// A scenario with one combination of settings, and the results of its seeds, in order.
struct Variant {
  Settings settings;
  Scenario scenario;
  std::vector<SeedResult> results;
};

/// Runs `count` seeds from `first` on of each variant, `jobs` at a time, and calls `tell(how many are done)` after each, from any
/// thread but never from two at once. Stops early if `stop` becomes true; then the results end earlier.
template <class Tell>
void sweep(std::vector<Variant>& variants, std::uint64_t first, std::size_t count, unsigned jobs,
           const std::atomic<bool>& stop, Tell&& tell) {
  for (Variant& each : variants) each.results.resize(count);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < count * variants.size() && !stop; i = next++) {
      Variant& variant = variants[i / count];
      variant.results[i % count] = run_seed(variant.scenario, first + i % count, stop);
      const std::lock_guard lock(mutex);
      tell(++done);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  for (Variant& each : variants)
    std::erase_if(each.results, [](const SeedResult& result) { return !result.done; });
}

/// The totals, and the minimum, median and maximum of each measure, with the first seed of the maximum.
inline void print_sweep(std::ostream& out, const std::vector<SeedResult>& results) {
  Table table;
  table.row({"", "total", "min", "median", "max", "(seed)"});
  const auto measure = [&](const std::string& name, auto value, auto text, bool sum = true) {
    std::vector<std::uint64_t> values;
    for (const SeedResult& each : results) values.push_back(value(each));
    const auto most = std::ranges::max_element(values) - values.begin();
    const std::string seed = std::to_string(results[static_cast<std::size_t>(most)].seed);
    std::ranges::sort(values);
    table.row({name, sum ? text(std::accumulate(values.begin(), values.end(), std::uint64_t{0})) : "",
               text(values.front()), text(values[values.size() / 2]), text(values.back()), seed});
  };
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  const auto time = [](std::uint64_t value) {
    return milliseconds(ilnp::Duration(static_cast<ilnp::Duration::rep>(value))) + "ms";
  };
  const auto measure_time = [&](const std::string& name, auto value) {
    const auto count = [&](const SeedResult& each) {
      return static_cast<std::uint64_t>(value(each).count());
    };
    measure(name, count, time, false);
  };
  measure(
      "sent", [](const SeedResult& each) { return each.sent; }, number);
  measure(
      "lost", [](const SeedResult& each) { return each.lost; }, number);
  measure(
      "duplicated", [](const SeedResult& each) { return each.duplicated; }, number);
  measure(
      "reordered", [](const SeedResult& each) { return each.reordered; }, number);
  measure_time("longest gap", [](const SeedResult& each) { return each.longest_gap; });
  for (std::size_t i = 0; i < std::size(percentiles); ++i)
    measure_time("delay " + std::string(percentiles[i].name),
                 [&](const SeedResult& each) { return each.delay[i]; });
  for (std::size_t i = 0; i < std::size(percentiles); ++i)
    measure_time("jitter " + std::string(percentiles[i].name),
                 [&](const SeedResult& each) { return each.jitter[i]; });
  out << table;
}

}  // namespace lab
