#pragma once

// `ilnp-lab sweep`

#include "run_command.hpp"

namespace lab {

/// Prints the first seeds that failed, with the commands that repeat them; returns how many failed.
inline std::size_t print_failures(const std::vector<Variant>& variants) {
  constexpr std::size_t most_told = 20;
  std::size_t failed = 0;
  for (const Variant& variant : variants)
    for (const SeedResult& each : variant.results) {
      if (each.failure.empty() || ++failed > most_told) continue;
      std::cout << "seed " << each.seed;
      if (!variant.settings.empty()) std::cout << ", " << program::printable(to_text(variant.settings));
      std::cout << ": " << each.failure << "\n  repeat: ilnp-lab run " << variant.scenario.file << " --seed "
                << each.seed;
      for (const Setting& setting : variant.settings)
        std::cout << " --set '" << program::printable(setting.key + '=' + setting.value) << '\'';
      std::cout << " --out seed-" << each.seed << '\n';
    }
  if (failed > most_told) std::cout << "... and " << failed - most_told << " more seeds\n";
  return failed;
}

inline int sweep_command(int argc, char** argv) {
  program::CommandLine line(
      "ilnp-lab sweep SCENARIO [OPTIONS]",
      "Runs a scenario with many seeds, on all cores, and reports losses, duplicates, reordering,\n"
      "delay and jitter of all flows together. With --set it does so for each combination of values\n"
      "and compares them in a table, and with --out also in a picture. For each seed that breaks an\n"
      "expectation it prints the command that repeats the run. The exit status is 0 only if none does.");
  const auto text = [] { return program::options::value<std::string>(); };
  line.add_options()("seeds", text()->value_name("N"), "number of seeds (default: 100)")(
      "first", text()->value_name("SEED"), "the first seed (default: 1)")(
      "jobs", text()->value_name("N"), "number of parallel runs (default: the number of cores)");
  add_settings(line);
  line.add_options()("out", text()->value_name("FOLDER"),
                     "where to write the comparison of --set; created if missing")(
      "json", text()->value_name("FILE"), "write the results of each seed as JSON")(
      "csv", text()->value_name("FILE"), "write the results of each seed as a table")(
      "quiet,q", "do not show the progress");
  line.argument("SCENARIO");
  if (!line.parse(argc, argv)) return 0;

  const auto begin = SteadyClock::now();
  const SettingGrid grid = settings_of(line);
  std::vector<Variant> variants = load_variants(line["SCENARIO"], grid);
  const std::string& file = variants.front().scenario.file;
  const std::uint64_t seeds = program::number(line, "seeds", 100, 1, 10'000'000);
  const std::uint64_t first = program::number(line, "first", 1, 0, max_seed - seeds + 1);
  const auto jobs = static_cast<unsigned>(program::number(
      line, "jobs", std::clamp<std::uint64_t>(std::thread::hardware_concurrency(), 1, 1000), 1, 1000));
  const fs::path folder = line.value("out");
  const std::uint64_t runs = seeds * variants.size();
  if (runs > 10'000'000)
    throw program::UsageError("--seeds: more than 10000000 runs, with all values of --set");
  if (!folder.empty() && grid.axes().empty())
    throw program::UsageError("--out: there is nothing to compare without --set");
  Progress progress(line.has("quiet"));
  sweep(variants, first, seeds, jobs, interrupted, [&](std::size_t done) {
    progress([&] { return std::to_string(done) + " of " + std::to_string(runs) + " runs"; });
  });
  progress.clear();

  const std::size_t failed = print_failures(variants);
  std::size_t done = 0;
  for (const Variant& each : variants) done += each.results.size();
  std::cout << file << ": ";
  if (grid.axes().empty()) {
    std::cout << done << " seeds from " << first << " on, " << failed << " failed\n\n";
    if (done != 0) print_sweep(std::cout, variants.front().results);
  } else {
    std::cout << variants.size() << " combinations of settings, " << seeds << " seeds from " << first
              << " on each, " << failed << " runs failed\n\n";
    report_comparison(variants, seeds, folder, true);
  }
  if (line.has("json")) write_file(line.value("json"), sweep_json(file, variants));
  if (line.has("csv")) write_file(line.value("csv"), sweep_csv(variants));
  double simulated = 0;
  for (const Variant& each : variants)
    simulated +=
        std::chrono::duration<double>(each.scenario.run).count() * static_cast<double>(each.results.size());
  std::printf("%.0f s of virtual time in %.2f s\n", simulated, elapsed(begin));
  if (interrupted) {
    std::cout << "interrupted\n";
    return interrupted_status;
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace lab
