#pragma once

// The same scenario with many seeds, on all cores.

#include <atomic>
#include <mutex>
#include <numeric>
#include <thread>

#include "simulation.hpp"
#include "summary.hpp"

namespace lab {

/// The result of one seed, all flows together.
struct SeedResult {
  std::uint64_t seed = 0;
  bool done = false;
  std::string failure;  ///< empty if all expectations hold
  std::uint64_t sent = 0, lost = 0, duplicated = 0, reordered = 0;
  ilnp::Duration longest_gap{};
};

inline SeedResult run_seed(const Scenario& scenario, std::uint64_t seed, const std::atomic<bool>& stop) {
  SeedResult result;
  result.seed = seed;
  try {
    Simulation simulation(scenario, seed, nullptr);
    if (!simulation.run([&](ilnp::TimePoint) { return !stop; })) return result;
    const Results& results = simulation.results();
    for (const FlowResult& flow : results.flows) {
      result.sent += flow.sent;
      result.lost += flow.lost();
      result.duplicated += flow.flow.duplicated();
      result.reordered += flow.flow.reordered();
      result.longest_gap = std::max(result.longest_gap, flow.flow.longest_gap());
      if (flow.damaged != 0) result.failure = "something was received that was not sent";
    }
    for (const Verdict& verdict : judge(scenario, results))
      if (!verdict.holds && result.failure.empty())
        result.failure = verdict.expected->text + " does not hold (" + verdict.text + ")";
  } catch (const std::exception& error) {
    result.failure = error.what();
  }
  result.done = true;
  return result;
}

/// Runs the seeds from `first` on, `jobs` at a time, and calls `tell(how many are done)` after each, from any thread but
/// never from two at once. The results are in the order of the seeds.
template <class Tell>
std::vector<SeedResult> sweep(const Scenario& scenario, std::uint64_t first, std::size_t count, unsigned jobs,
                              const std::atomic<bool>& stop, Tell&& tell) {
  std::vector<SeedResult> results(count);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < count && !stop; i = next++) {
      results[i] = run_seed(scenario, first + i, stop);
      const std::lock_guard lock(mutex);
      tell(++done);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  std::erase_if(results, [](const SeedResult& each) { return !each.done; });
  return results;
}

/// The totals, and the minimum, median and maximum of each measure, with the first seed of the maximum.
inline void print_sweep(std::ostream& out, const std::vector<SeedResult>& results) {
  Table table;
  table.row({"", "total", "min", "median", "max", "(seed)"});
  const auto measure = [&](const char* name, auto value, auto text, bool sum = true) {
    std::vector<std::uint64_t> values;
    for (const SeedResult& each : results) values.push_back(value(each));
    const auto most = std::ranges::max_element(values) - values.begin();
    const std::string seed = std::to_string(results[static_cast<std::size_t>(most)].seed);
    std::ranges::sort(values);
    table.row({name, sum ? text(std::accumulate(values.begin(), values.end(), std::uint64_t{0})) : "",
               text(values.front()), text(values[values.size() / 2]), text(values.back()), seed});
  };
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  const auto gap = [](std::uint64_t value) {
    return milliseconds(ilnp::Duration(static_cast<ilnp::Duration::rep>(value))) + "ms";
  };
  measure(
      "sent", [](const SeedResult& each) { return each.sent; }, number);
  measure(
      "lost", [](const SeedResult& each) { return each.lost; }, number);
  measure(
      "duplicated", [](const SeedResult& each) { return each.duplicated; }, number);
  measure(
      "reordered", [](const SeedResult& each) { return each.reordered; }, number);
  measure(
      "longest gap",
      [](const SeedResult& each) { return static_cast<std::uint64_t>(each.longest_gap.count()); }, gap,
      false);
  out << table;
}

}  // namespace lab
