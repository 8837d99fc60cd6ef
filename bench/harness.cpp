#include "harness.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS static_cast<void>(0)
#define CALLGRIND_DUMP_STATS_AT(name) static_cast<void>(name)
#endif

namespace bench {
namespace {

/// At most this many times the baseline, for each case.
constexpr double bar = 1.25;

struct Case {
  std::string name;
  std::size_t packets;
  std::function<Run()> ours;
  std::function<Run()> baseline;
};

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

struct Options {
  double check = 0;
  bool brief = false;
  std::string json;
  std::string only;
  std::size_t count = 0;
  std::vector<char*> others;
};

[[noreturn]] void refuse(const std::string& what) {
  std::cerr << "error: " << what << '\n';
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  options.others.push_back(argv[0]);
  for (int at = 1; at < argc; ++at) {
    const std::string option = argv[at];
    const auto value = [&] {
      if (++at == argc) refuse(option + " needs a value");
      return std::string(argv[at]);
    };
    const auto number = [&] {
      const std::string text = value();
      char* end = nullptr;
      const double result = std::strtod(text.c_str(), &end);
      if (*end != 0 || !(result > 0)) refuse(option + ": not a number above 0: " + text);
      return result;
    };
    if (option == "--check") {
      options.check = number();
    } else if (option == "--brief") {
      options.brief = true;
    } else if (option == "--json") {
      options.json = value();
    } else if (option == "--only") {
      options.only = value();
    } else if (option == "--count") {
      options.count = static_cast<std::size_t>(number());
    } else if (option.starts_with("--benchmark_")) {
      options.others.push_back(argv[at]);
    } else {
      refuse("unknown option " + option);
    }
  }
  return options;
}

/// Keeps the times of all repetitions, by name.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration)
        times_[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
  }
  /// Nanoseconds of one time.
  double median(const std::string& name) const {
    std::vector<double> times = times_.at(name);
    std::ranges::sort(times);
    const std::size_t half = times.size() / 2;
    return times.size() % 2 ? times[half] : (times[half - 1] + times[half]) / 2;
  }

 private:
  std::map<std::string, std::vector<double>> times_;
};

void measure(benchmark::State& state, const std::function<Run()>& make) {
  constexpr benchmark::IterationCount chunk = 16;
  const Run run = make();
  run(1024);
  while (state.KeepRunningBatch(chunk)) run(chunk);
}

/// How often a side is to be run for a repetition of so many seconds: a multiple of 16.
benchmark::IterationCount calibrate(const std::function<Run()>& make, double seconds) {
  using Watch = std::chrono::steady_clock;
  constexpr std::size_t times = 256;
  const Run run = make();
  run(1024);
  double shortest = 1;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = Watch::now();
    run(times);
    shortest = std::min(shortest, std::chrono::duration<double>(Watch::now() - begin).count());
  }
  return 16 * (1 + static_cast<benchmark::IterationCount>(seconds / shortest * times / 16));
}

struct Result {
  std::string name;
  double ours;
  double baseline;
  double ratio() const { return ours / baseline; }
};

/// The two sides of a case are measured in turns, in random order, so that what disturbs one disturbs the other.
Result compare(const Case& each, const Options& options) {
  const std::string ours = each.name + ":ours";
  const std::string baseline = each.name + ":baseline";
  benchmark::ClearRegisteredBenchmarks();
  const double seconds = options.brief ? 0.002 : 0.03;
  const int repetitions = options.brief ? 7 : 21;
  const auto enter = [&](const std::string& name, const std::function<Run()>& make) {
    benchmark::RegisterBenchmark(name.c_str(), [&](benchmark::State& state) { measure(state, make); })
        ->Iterations(calibrate(make, seconds))
        ->Repetitions(repetitions);
  };
  enter(ours, each.ours);
  enter(baseline, each.baseline);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, "all");
  const auto packets = static_cast<double>(each.packets);
  return {each.name, collector.median(ours) / packets, collector.median(baseline) / packets};
}

void write_json(const std::string& path, const std::vector<Result>& results) {
  std::ofstream file(path);
  file << "[\n";
  for (const Result& each : results)
    file << "  {\"case\": \"" << each.name << "\", \"ours_ns\": " << each.ours
         << ", \"baseline_ns\": " << each.baseline << ", \"ratio\": " << each.ratio() << '}'
         << (&each == &results.back() ? "\n" : ",\n");
  file << "]\n";
  if (!file.flush()) refuse("cannot write " + path);
}

int count(const std::vector<Case>& chosen, std::size_t times) {
  for (const Case& each : chosen) {
    for (const bool by_hand : {false, true}) {
      const Run run = by_hand ? each.baseline() : each.ours();
      run(256);
      const std::string mark =
          each.name + (by_hand ? ":baseline:" : ":ours:") + std::to_string(times * each.packets);
      CALLGRIND_ZERO_STATS;
      run(times);
      CALLGRIND_DUMP_STATS_AT(mark.c_str());
    }
  }
  return 0;
}

}  // namespace

void add(std::string name, std::size_t packets, std::function<Run()> ours, std::function<Run()> baseline) {
  cases().push_back({std::move(name), packets, std::move(ours), std::move(baseline)});
}

int main(int argc, char** argv) {
  Options options = parse(argc, argv);
  std::vector<Case> chosen;
  const std::regex only(options.only);
  std::ranges::copy_if(cases(), std::back_inserter(chosen),
                       [&](const Case& each) { return std::regex_search(each.name, only); });
  if (chosen.empty()) refuse("no case matches " + options.only);
  if (options.count) return count(chosen, options.count);

  std::string interleaved = "--benchmark_enable_random_interleaving=true";
  options.others.insert(options.others.begin() + 1, interleaved.data());
  int others = static_cast<int>(options.others.size());
  benchmark::Initialize(&others, options.others.data());
  if (others > 1) refuse(std::string("unknown option ") + options.others[1]);

  std::vector<Result> results;
  bool failed = false;
  std::printf("%-44s %10s %10s %7s\n", "a packet, CPU time, ns (medians)", "ours", "baseline", "ratio");
  for (const Case& each : chosen) {
    Result result = compare(each, options);
    // What another program on the machine did to a short run is not to fail it.
    for (int again = 0; options.check > 0 && result.ratio() > options.check * bar && again < 2; ++again)
      result = compare(each, options);
    const bool far = options.check > 0 && result.ratio() > options.check * bar;
    failed |= far;
    std::printf("%-44s %10.2f %10.2f %7.2f%s\n", each.name.c_str(), result.ours, result.baseline,
                result.ratio(), far ? "  FAR OVER THE BAR" : "");
    std::fflush(stdout);
    results.push_back(result);
  }
  if (!options.json.empty()) write_json(options.json, results);
  return failed ? 1 : 0;
}

}  // namespace bench

int main(int argc, char** argv) { return bench::main(argc, argv); }
