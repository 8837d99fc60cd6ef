#pragma once

// Runs with different settings, side by side: a table, and the data of a picture.

#include "records.hpp"
#include "sweep.hpp"

namespace lab {

/// The least, the median and the greatest of what `value` returns for each seed.
struct Spread {
  double least = 0, median = 0, most = 0;
};
template <class Value>
Spread spread(const std::vector<SeedResult>& results, Value&& value) {
  std::vector<double> all;
  for (const SeedResult& each : results) all.push_back(value(each));
  if (all.empty()) return {};
  std::ranges::sort(all);
  return {all.front(), all[all.size() / 2], all.back()};
}

inline double lost_percent(const SeedResult& result) {
  return result.sent == 0 ? 0 : 100.0 * static_cast<double>(result.lost) / static_cast<double>(result.sent);
}
inline double to_milliseconds(ilnp::Duration time) { return static_cast<double>(time.count()) / 1e6; }

/// A row for each variant. Of several seeds: totals, the medians of the percentiles, and the longest gap of all.
inline void print_comparison(std::ostream& out, const std::vector<Variant>& variants, std::size_t seeds) {
  Table table;
  std::vector<std::string> heading;
  for (const Setting& each : variants.front().settings) heading.push_back(each.key);
  for (const char* each : {"sent", "lost", "of sent", "duplicated", "reordered", "longest gap", "delay p50",
                           "delay p99", "jitter p99", "expectations"})
    heading.emplace_back(each);
  table.row(std::move(heading));
  for (const Variant& variant : variants) {
    std::vector<std::string> row;
    for (const Setting& each : variant.settings) row.push_back(each.value);
    std::uint64_t sent = 0, lost = 0, duplicated = 0, reordered = 0, failed = 0;
    for (const SeedResult& each : variant.results) {
      sent += each.sent, lost += each.lost, duplicated += each.duplicated, reordered += each.reordered;
      failed += each.failure.empty() ? 0 : 1;
    }
    for (const std::uint64_t each : {sent, lost}) row.push_back(std::to_string(each));
    row.push_back(percentage(lost, sent));
    for (const std::uint64_t each : {duplicated, reordered}) row.push_back(std::to_string(each));
    const auto median = [&](auto value) {
      std::array<char, 40> text;
      std::snprintf(text.data(), text.size(), "%.3fms", spread(variant.results, value).median);
      return std::string(text.data());
    };
    std::array<char, 40> gap;
    std::snprintf(gap.data(), gap.size(), "%.3fms", spread(variant.results, [](const SeedResult& each) {
                                                      return to_milliseconds(each.longest_gap);
                                                    }).most);
    row.emplace_back(gap.data());
    row.push_back(median([](const SeedResult& each) { return to_milliseconds(each.delay[0]); }));
    row.push_back(median([](const SeedResult& each) { return to_milliseconds(each.delay[2]); }));
    row.push_back(median([](const SeedResult& each) { return to_milliseconds(each.jitter[2]); }));
    row.push_back(variant.results.empty()                                ? "interrupted"
                  : variant.scenario.expectations.empty() && failed == 0 ? "none"
                  : failed == 0                                          ? "hold"
                  : seeds == 1                                           ? "DO NOT HOLD"
                               : std::to_string(failed) + " of " + std::to_string(variant.results.size()) +
                                     " seeds FAILED");
    table.row(std::move(row));
  }
  out << table;
  if (seeds > 1)
    out << "  Totals of " << seeds
        << " seeds each; delay and jitter are medians over the seeds, and the longest gap is that of "
           "all.\n\n";
}

/// Writes `data/comparison` for examples/plot/compare.gp: a line for each value of the first key (its number, the value, and lost %,
/// longest gap, delay p50 and p99 as median, least and most), and a block for each combination of the others.
inline void write_comparison_data(const std::filesystem::path& folder, const std::vector<Variant>& variants) {
  std::filesystem::create_directories(folder / "data");
  OutputFile out(folder / "data" / "comparison");
  std::vector<std::string> values, others;
  const auto index = [](std::vector<std::string>& all, const std::string& one) {
    const auto found = std::ranges::find(all, one);
    if (found != all.end()) return static_cast<std::size_t>(found - all.begin());
    all.push_back(one);
    return all.size() - 1;
  };
  std::map<std::size_t, std::string> blocks;
  for (const Variant& variant : variants) {
    if (variant.results.empty()) continue;
    const Settings rest(variant.settings.begin() + 1, variant.settings.end());
    const std::string& label = variant.settings.front().value;
    std::string line = std::to_string(index(values, label)) + " \"" + program::printable(label) + '"';
    const auto add = [&](auto value) {
      const Spread its = spread(variant.results, value);
      std::array<char, 120> text;
      std::snprintf(text.data(), text.size(), " %.6f %.6f %.6f", its.median, its.least, its.most);
      line += text.data();
    };
    add(lost_percent);
    add([](const SeedResult& each) { return to_milliseconds(each.longest_gap); });
    add([](const SeedResult& each) { return to_milliseconds(each.delay[0]); });
    add([](const SeedResult& each) { return to_milliseconds(each.delay[2]); });
    blocks[index(others, to_text(rest))] += line + '\n';
  }
  const Scenario& scenario = variants.front().scenario;
  std::size_t seeds = 0;
  std::uint64_t first = 0;
  for (const Variant& each : variants) {
    seeds = std::max(seeds, each.results.size());
    if (!each.results.empty()) first = each.results.front().seed;
  }
  out("# key " + program::printable(variants.front().settings.front().key) + '\n');
  out("# title " + program::printable(scenario.title.empty() ? scenario.file : scenario.title) + '\n');
  out("# legend all flows together, " +
      (seeds == 1 ? "seed " + std::to_string(first)
                  : std::to_string(seeds) + " seeds each: the medians, and bars from the least to the most") +
      '\n');
  for (const auto& [number, lines] : blocks) out("# name " + program::printable(others[number]) + '\n');
  for (const auto& [number, lines] : blocks) out('\n' + lines + '\n');
  out.close();
}

}  // namespace lab
