#pragma once

// `ilnp-lab run`

#include <optional>

#include "../command_line.hpp"
#include "compare.hpp"
#include "parse.hpp"
#include "pictures.hpp"
#include "replay.hpp"
#include "replay_page.hpp"
#include "report.hpp"
#include "simulation.hpp"
#include "summary.hpp"
#include "tools.hpp"

namespace lab {

inline constexpr std::uint64_t max_seed = ~std::uint64_t{0};

/// `SCENARIO`, read once with each combination of settings.
inline std::vector<Variant> load_variants(const std::string& file, const SettingGrid& grid) {
  const std::string text = read_file(file, Parser::max_size + 1);  // one too many is an error
  std::vector<Variant> variants;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    const Settings settings = grid[i];
    variants.push_back({settings, parse_scenario(text, file, settings), {}});
  }
  return variants;
}

/// The option that `settings_of` reads.
inline void add_settings(program::CommandLine& line) {
  line.add_options()("set",
                     program::options::value<std::vector<std::string>>()->value_name("KEY=VALUE[,VALUE...]"),
                     "run with these values instead of the scenario's; repeatable");
}
inline SettingGrid settings_of(const program::CommandLine& line) {
  return SettingGrid(line.value<std::vector<std::string>>("set"));
}

/// The folder of one of several runs: `2-loss=1%`.
inline std::string folder_name(std::size_t index, const Settings& settings) {
  std::string name = std::to_string(index + 1) + '-' + to_text(settings);
  for (char& c : name)
    if (std::string_view("/\\:*?\"<>| ").find(c) != std::string_view::npos || c < ' ') c = '_';
  return name.substr(0, 200);
}

/// Prints the comparison, and writes it and its picture into `folder` unless that is empty.
inline void report_comparison(const std::vector<Variant>& variants, std::size_t seeds, const fs::path& folder,
                              bool pictures) {
  std::ostringstream text;
  print_comparison(text, variants, seeds);
  std::cout << text.str() << std::flush;
  if (folder.empty()) return;
  fs::create_directories(folder);
  if (std::ranges::all_of(variants, [](const Variant& each) { return each.results.empty(); })) return;
  write_file(folder / "comparison.txt", text.str());
  write_file(folder / "comparison.csv", sweep_csv(variants));
  write_comparison_data(folder, variants);
  if (pictures && !interrupted) draw("compare.sh", folder);
  std::cout << "written to " << folder.string() << '\n';
}

/// What the options say about a run.
struct RunOptions {
  std::uint64_t seed;
  std::size_t octets;
  std::uint64_t max_output;
  bool pictures, verbose, quiet;
  fs::path json, csv, html;  ///< empty: not written
  std::uint64_t max_html;    ///< octets of the replay
};

/// What became of one run.
struct RunOutcome {
  bool whole;
  bool good;
  SeedResult result;
};

/// Runs a scenario once, and writes into `folder` unless that is empty. `tell(text)`: what is to be shown.
template <class Tell>
RunOutcome run_once(const Variant& variant, const RunOptions& options, const fs::path& folder, Tell&& tell) {
  const Scenario& scenario = variant.scenario;
  std::optional<Records> records;
  if (!folder.empty()) {
    fs::create_directories(folder / "data");
    records.emplace(folder, scenario, options.octets == 0 ? 65535 : options.octets, options.verbose,
                    options.max_output);
  }
  std::optional<Replay> replay;
  if (!options.html.empty()) replay.emplace(scenario, options.max_html);
  Simulation simulation(scenario, options.seed, records ? &*records : nullptr, replay ? &*replay : nullptr);
  Progress progress(options.quiet);
  const bool whole = simulation.run([&](ilnp::TimePoint now) {
    progress([&] { return seconds(now) + " s of " + seconds(ilnp::TimePoint(scenario.run)) + " s"; });
    return !interrupted;
  });
  progress.clear();

  const Results& results = simulation.results();
  const auto verdicts = judge(scenario, results);
  std::ostringstream summary;
  summary << scenario.file << ", seed " << options.seed
          << (scenario.title.empty() ? "" : ": " + program::printable(scenario.title));
  if (!variant.settings.empty()) summary << ", with " << program::printable(to_text(variant.settings));
  summary << "\n\n";
  print_flows(summary, scenario, results);
  print_delays(summary, scenario, results);
  if (whole) print_lost(summary, scenario, results);
  print_nodes(summary, scenario, results);
  print_networks(summary, simulation.networks(), simulation.world());
  if (whole) {
    print_verdicts(summary, verdicts);
  } else {
    summary << "interrupted after " << seconds(simulation.world().now()) << " s\n";
  }
  if (records && records->cut())
    summary << "CUT OFF: the trace, the tables, the capture and the pictures end at "
            << seconds(*records->cut()) << " s: they hold " << options.max_output
            << " octets, the limit (--max-output).\nThe figures above are those of the whole run.\n";
  tell(summary.str());
  if (records) {
    records->close();
    write_file(folder / "summary.txt", summary.str());
    write_plot_data(folder, scenario, results);
    if (whole && options.pictures) draw("flows.sh", folder);
    tell("written to " + folder.string() + '\n');
  }
  if (!options.json.empty())
    write_file(options.json, run_json(scenario, variant.settings, options.seed, whole, results, verdicts,
                                      simulation.networks(), simulation.world()));
  if (!options.csv.empty()) write_file(options.csv, run_csv(scenario, results));
  if (replay) {
    ilnp::JsonWriter about(ilnp::JsonText::utf8);
    about.member("scenario", scenario.file).member("title", scenario.title).member("seed", options.seed);
    about.member("settings", to_text(variant.settings)).member("limit", options.max_html);
    const auto end = whole ? ilnp::TimePoint(scenario.run + Simulation::linger) : simulation.world().now();
    write_file(options.html, replay_page(replay->json(about.text(), summary.str(), results, end)));
    if (const auto cut = replay->cut())
      std::cerr << "ilnp-lab: " << options.html.string() << " ends at " << seconds(*cut) << " s of "
                << seconds(ilnp::TimePoint(scenario.run)) << " s: it holds " << options.max_html
                << " octets, the limit (--max-html)\n";
  }
  return {whole, whole && as_expected(verdicts, results), summarise(scenario, options.seed, results)};
}

inline int run_command(int argc, char** argv) {
  program::CommandLine line(
      "ilnp-lab run SCENARIO [OPTIONS]",
      "Runs a scenario once and reports losses, duplicates, reordering, delay and jitter. The exit\n"
      "status is 0 only if all expectations hold. --out FOLDER writes summary.txt; trace.txt (what\n"
      "each node did and when); NODE.csv (the datagrams of each node); frames.pcap for Wireshark;\n"
      "and pictures. If --set names several values, each combination runs once and a table compares\n"
      "them; --out then writes a folder for each combination, and comparison.svg.");
  const auto text = [] { return program::options::value<std::string>(); };
  line.add_options()("seed", text()->value_name("N"), "seed for everything random (default: 1)");
  add_settings(line);
  line.add_options()("out", text()->value_name("FOLDER"), "where to write; created if missing")(
      "json", text()->value_name("FILE"), "write the results as JSON")(
      "csv", text()->value_name("FILE"), "write the results of each flow as a table")(
      "html", text()->value_name("FILE"), "write a page that shows the run again in a browser")(
      "max-html", text()->value_name("OCTETS"),
      "end the page of --html when its data reaches this limit (default: 8388608)")(
      "octets", text()->value_name("N"),
      "write this much of each frame to frames.pcap; 0: all of it (default: 128)")(
      "max-output", text()->value_name("OCTETS"),
      "end the trace, the tables and frames.pcap when together they reach this limit (default: "
      "268435456)")("no-pictures", "write everything except the pictures")(
      "verbose,v", "put every datagram and every drop into trace.txt")("quiet,q", "do not show the progress");
  line.argument("SCENARIO");
  if (!line.parse(argc, argv)) return 0;

  const auto begin = SteadyClock::now();
  const SettingGrid grid = settings_of(line);
  std::vector<Variant> variants = load_variants(line["SCENARIO"], grid);
  RunOptions options{program::number(line, "seed", 1, 0, max_seed),
                     static_cast<std::size_t>(program::number(line, "octets", 128, 0, 65535)),
                     program::number(line, "max-output", OutputBudget::default_most, 0, max_seed),
                     !line.has("no-pictures"),
                     line.has("verbose"),
                     line.has("quiet"),
                     line.value("json"),
                     line.value("csv"),
                     line.value("html"),
                     program::number(line, "max-html", Replay::default_most, 0, std::uint64_t{1} << 32)};
  if (!options.html.empty() && variants.size() > 1)
    throw program::UsageError("--html: it shows one run, so --set takes one value of each key");
  const fs::path folder = line.value("out");
  bool good = true;
  if (variants.size() == 1) {
    good = run_once(variants.front(), options, folder, [](const std::string& what) {
             std::cout << what << std::flush;
           }).good;
  } else {
    RunOptions each = options;
    each.json.clear(), each.csv.clear();
    for (std::size_t i = 0; i < variants.size() && !interrupted; ++i) {
      const fs::path out = folder.empty() ? fs::path() : folder / folder_name(i, variants[i].settings);
      RunOutcome outcome = run_once(variants[i], each, out, [](const std::string&) {});
      good = good && outcome.good;
      if (outcome.whole) variants[i].results.push_back(std::move(outcome.result));
    }
    const Scenario& scenario = variants.front().scenario;
    std::cout << scenario.file << ", seed " << options.seed
              << (scenario.title.empty() ? "" : ": " + program::printable(scenario.title)) << "\n\n";
    report_comparison(variants, 1, folder, options.pictures);
    if (!options.json.empty()) write_file(options.json, sweep_json(scenario.file, variants));
    if (!options.csv.empty()) write_file(options.csv, sweep_csv(variants));
  }
  if (interrupted) return interrupted_status;
  double simulated = 0;
  for (const Variant& each : variants) simulated += std::chrono::duration<double>(each.scenario.run).count();
  std::printf("%.6f s of virtual time in %.2f s\n", simulated, elapsed(begin));
  return good ? 0 : 1;
}

}  // namespace lab
