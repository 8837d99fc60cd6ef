#include <charconv>
#include <cstring>
#include <ctime>

#include "probe.hpp"

// The swarm: many runs, each drawn from its seed (docs/testing.md, "The swarm").

namespace {

using namespace ilnp;
using namespace ilnp::swarm;

constexpr const char* usage =
    "usage: test-swarm [--seeds N] [--first S] [--list]   runs N seeds (2000), from S (1) on; --list: a line "
    "for each\n"
    "       test-swarm --seed S [--trace]                 runs one seed; --trace shows everything that "
    "happens\n";

struct Options {
  std::uint64_t seeds = 2000;
  std::uint64_t first = 1;
  bool one = false;
  bool trace = false;
  bool list = false;
};

bool parse(int argc, char** argv, Options& options) {
  for (int at = 1; at < argc; ++at) {
    const std::string_view option = argv[at];
    if (option == "--trace") {
      options.trace = true;
      continue;
    }
    if (option == "--list") {
      options.list = true;
      continue;
    }
    if (at + 1 == argc) return false;
    const std::string_view text = argv[++at];
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return false;
    if (option == "--seeds") {
      options.seeds = value;
    } else if (option == "--first") {
      options.first = value;
    } else if (option == "--seed") {
      options.first = value, options.seeds = 1, options.one = true;
    } else {
      return false;
    }
  }
  return true;
}

double seconds_since(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

Outcome run(std::uint64_t seed, const Options& options, Trace& trace) {
  const std::clock_t begin = std::clock();
  const Plan plan = Planner(seed).draw();
  Outcome outcome = Trial(plan, trace).run();
  if (options.list)
    std::printf("seed %llu: %s of %zu networks, %zu nodes (%zu of the reference), %llu events, %.3f s\n",
                static_cast<unsigned long long>(seed), plan.shape.c_str(), plan.networks.size(),
                plan.nodes.size(),
                static_cast<std::size_t>(std::ranges::count(plan.nodes, true, &NodePlan::reference)),
                static_cast<unsigned long long>(outcome.events), seconds_since(begin));
  return outcome;
}

/// Prints what is needed to investigate. Repeats the run for its trace.
void report(const char* program, std::uint64_t seed, const Outcome& outcome) {
  const Plan plan = Planner(seed).draw();
  Trace trace(Trace::Mode::keep);
  Trial(plan, trace).run();
  std::printf("\nseed %llu failed: %s\n", static_cast<unsigned long long>(seed), outcome.failure->c_str());
  std::printf("%s of %zu networks, %zu nodes, %zu incidents, %zu flows; its last events:\n",
              plan.shape.c_str(), plan.networks.size(), plan.nodes.size(), plan.incidents.size(),
              plan.traffic.size());
  for (const std::string& line : trace.lines()) std::puts(line.c_str());
  std::printf("repeat it: %s --seed %llu --trace\n", program, static_cast<unsigned long long>(seed));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return std::fputs(usage, stderr), 2;
  std::uint64_t failed = 0, events = 0, sent = 0, delivered = 0, probed = 0, digest = 0;
  const std::clock_t begin = std::clock();
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    Trace trace(options.trace ? Trace::Mode::print : Trace::Mode::off);
    const Outcome outcome = run(seed, options, trace);
    events += outcome.events, sent += outcome.sent, delivered += outcome.delivered, probed += outcome.probed;
    digest = mix64(digest + outcome.digest);
    if (!outcome.failure) continue;
    ++failed;
    if (!options.trace && failed <= 3) report(argv[0], seed, outcome);
    if (!options.trace && failed > 3)
      std::printf("seed %llu failed: %s\n", static_cast<unsigned long long>(seed), outcome.failure->c_str());
  }
  const double seconds = seconds_since(begin);
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu seeds from %llu, %llu failed; %llu events, %llu datagrams sent, %llu delivered, %llu pairs shown "
      "to reach each "
      "other; digest %016llx; %.1f s, %.1f seeds/s\n",
      number(options.seeds), number(options.first), number(failed), number(events), number(sent),
      number(delivered), number(probed), number(digest), seconds,
      static_cast<double>(options.seeds) / std::max(seconds, 1e-6));
  return failed == 0 ? 0 : 1;
}
