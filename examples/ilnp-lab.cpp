// Runs scenarios in virtual time, with the same layers that run on sockets, on networks that delay, lose and reorder as a seed decides.
// docs/testing.md describes scenarios and their output.

#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "common.hpp"
#include "lab/parse.hpp"
#include "lab/pictures.hpp"
#include "lab/simulation.hpp"
#include "lab/summary.hpp"
#include "lab/sweep.hpp"

extern char** environ;

namespace {

using SteadyClock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int interrupted_status = 130;  ///< a shell's status for a program that SIGINT ended
std::atomic<bool> interrupted{false};

/// Where the scripts and styles of the pictures are.
#ifdef ILNP_PLOT_FOLDER
const fs::path plot_folder = ILNP_PLOT_FOLDER;
#else
const fs::path plot_folder = "examples/plot";
#endif

std::string read_file(const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  if (stream && stream.peek() != std::ifstream::traits_type::eof()) text << stream.rdbuf();
  if (!stream.is_open() || stream.bad() || text.fail())
    throw std::system_error(errno != 0 ? errno : EIO, std::system_category(), path);
  return text.str();
}

double elapsed(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

/// Shows the progress, only on a terminal and at most ten times a second.
class Progress {
 public:
  explicit Progress(bool quiet) : shown_(!quiet && ::isatty(STDERR_FILENO) == 1) {}
  ~Progress() { clear(); }
  template <class Text>
  void operator()(Text&& text) {
    if (!shown_ || elapsed(last_) < 0.1) return;
    last_ = SteadyClock::now();
    std::cerr << "\r\x1b[K" << text() << std::flush;
    dirty_ = true;
  }
  void clear() {
    if (std::exchange(dirty_, false)) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  bool shown_;
  bool dirty_ = false;
  SteadyClock::time_point last_ = SteadyClock::now();
};

/// Runs a program to its end and returns its exit status; 127 if it does not exist.
int run_program(std::vector<std::string> arguments) {
  std::vector<char*> words;
  for (std::string& each : arguments) words.push_back(each.data());
  words.push_back(nullptr);
  pid_t child = 0;
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int each : {SIGPIPE, SIGXFSZ}) ::sigaddset(&signals, each);  // they are ignored here
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int failed = ::posix_spawnp(&child, words[0], nullptr, &attributes, words.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return 127;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool on_path(const std::string& program) {
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');)
    if (::access((folder + '/' + program).c_str(), X_OK) == 0) return true;
  return false;
}

/// Draws the pictures of all flows, or says why it cannot.
void draw(const fs::path& folder) {
  const fs::path script = plot_folder / "flows.sh";
  for (const char* tool : {"bash", "awk", "gnuplot"})
    if (!on_path(tool)) return void(std::cout << "no pictures: " << tool << " is not installed\n");
  if (!fs::exists(script)) return void(std::cout << "no pictures: " << script.string() << " is missing\n");
  if (run_program({"bash", script.string(), folder.string()}) != 0 && !interrupted)
    std::cout << "no pictures: " << script.string() << " has failed\n";
}

/// `SCENARIO`, read.
lab::Scenario load_scenario(const std::string& file) { return lab::parse_scenario(read_file(file), file); }

constexpr std::uint64_t max_seed = ~std::uint64_t{0};

int run(int argc, char** argv) {
  program::CommandLine line(
      "ilnp-lab run SCENARIO [OPTIONS]",
      "Runs a scenario once and reports losses, duplicates and reordering. The exit status is 0 only if "
      "all\n"
      "expectations hold. --out FOLDER writes summary.txt; trace.txt (what each node did "
      "and when);\n"
      "NODE.csv (the datagrams of each node); frames.pcap for Wireshark; and pictures.");
  const auto text = [] { return program::options::value<std::string>(); };
  line.add_options()("seed", text()->value_name("N"), "seed for everything random; default 1")(
      "out", text()->value_name("FOLDER"), "where to write; created if missing")(
      "octets", text()->value_name("N"), "write this much of each frame to frames.pcap; default 128, 0: all")(
      "max-output", text()->value_name("OCTETS"),
      "cut off the trace, the tables and frames.pcap when together they reach this limit; default "
      "268435456")("no-pictures", "write everything except the pictures")(
      "verbose,v", "put every datagram and every drop into trace.txt")("quiet,q", "no progress");
  line.argument("SCENARIO");
  if (!line.parse(argc, argv)) return 0;

  const auto begin = SteadyClock::now();
  const lab::Scenario scenario = load_scenario(line["SCENARIO"]);
  const std::uint64_t seed = program::number(line, "seed", 1, 0, max_seed);
  const std::uint64_t octets = program::number(line, "octets", 128, 0, 65535);
  const std::uint64_t max_output =
      program::number(line, "max-output", lab::OutputBudget::default_most, 0, max_seed);
  const fs::path folder = line.value("out");
  std::optional<lab::Records> records;
  if (!folder.empty()) {
    fs::create_directories(folder / "data");
    records.emplace(folder, scenario, octets == 0 ? 65535 : static_cast<std::size_t>(octets),
                    line.has("verbose"), max_output);
  }

  lab::Simulation simulation(scenario, seed, records ? &*records : nullptr);
  Progress progress(line.has("quiet"));
  bool whole = simulation.run([&](ilnp::TimePoint now) {
    progress(
        [&] { return lab::seconds(now) + " s of " + lab::seconds(ilnp::TimePoint(scenario.run)) + " s"; });
    return !interrupted;
  });
  progress.clear();
  const double simulated = elapsed(begin);

  const lab::Results& results = simulation.results();
  const auto verdicts = judge(scenario, results);
  const bool good = whole && as_expected(verdicts, results);
  std::ostringstream summary;
  summary << scenario.file << ", seed " << seed
          << (scenario.title.empty() ? "" : ": " + program::printable(scenario.title)) << "\n\n";
  print_flows(summary, scenario, results);
  if (whole) print_lost(summary, scenario, results);
  print_nodes(summary, scenario, results);
  lab::print_networks(summary, simulation.networks(), simulation.world());
  if (whole) {
    print_verdicts(summary, verdicts);
  } else {
    summary << "interrupted after " << lab::seconds(simulation.world().now()) << " s\n";
  }
  if (records && records->cut())
    summary << "CUT OFF: the trace, the tables, the capture and the pictures end at "
            << lab::seconds(*records->cut()) << " s: they hold " << max_output
            << " octets, the limit (--max-output).\nThe figures above are those of the whole run.\n";
  std::cout << summary.str() << std::flush;
  if (records) {
    records->close();
    lab::OutputFile file(folder / "summary.txt");
    file(summary.str());
    file.close();
    write_plot_data(folder, scenario, results);
    if (whole && !line.has("no-pictures")) draw(folder);
    std::cout << "written to " << folder.string() << '\n';
  }
  if (interrupted) return interrupted_status;
  std::printf("%s s in %.2f s, %.2f s in all\n", lab::seconds(ilnp::TimePoint(scenario.run)).c_str(),
              simulated, elapsed(begin));
  return good ? 0 : 1;
}

int run_sweep(int argc, char** argv) {
  program::CommandLine line(
      "ilnp-lab sweep SCENARIO [OPTIONS]",
      "Runs a scenario with many seeds, on all cores, and reports losses, duplicates and "
      "reordering of all\n"
      "flows together. For each seed that breaks an expectation it prints the command that "
      "repeats the\n"
      "run. The exit status is 0 only if no seed does.");
  const auto text = [] { return program::options::value<std::string>(); };
  line.add_options()("seeds", text()->value_name("N"), "number of seeds; default 100")(
      "first", text()->value_name("SEED"), "the first seed; default 1")(
      "jobs", text()->value_name("N"), "number of parallel runs; default: the number of cores")(
      "quiet,q", "no progress");
  line.argument("SCENARIO");
  if (!line.parse(argc, argv)) return 0;

  const auto begin = SteadyClock::now();
  const lab::Scenario scenario = load_scenario(line["SCENARIO"]);
  const std::uint64_t seeds = program::number(line, "seeds", 100, 1, 10'000'000);
  const std::uint64_t first = program::number(line, "first", 1, 0, max_seed - seeds + 1);
  const auto jobs = static_cast<unsigned>(program::number(
      line, "jobs", std::clamp<std::uint64_t>(std::thread::hardware_concurrency(), 1, 1000), 1, 1000));
  Progress progress(line.has("quiet"));
  const auto results = lab::sweep(scenario, first, seeds, jobs, interrupted, [&](std::size_t done) {
    progress([&] { return std::to_string(done) + " of " + std::to_string(seeds) + " seeds"; });
  });
  progress.clear();

  constexpr std::size_t most_told = 20;
  std::size_t failed = 0;
  for (const lab::SeedResult& each : results) {
    if (each.failure.empty() || ++failed > most_told) continue;
    std::cout << "seed " << each.seed << ": " << each.failure << "\n  repeat: ilnp-lab run " << scenario.file
              << " --seed " << each.seed << " --out seed-" << each.seed << '\n';
  }
  if (failed > most_told) std::cout << "... and " << failed - most_told << " more seeds\n";
  std::cout << scenario.file << ": " << results.size() << " seeds from " << first << " on, " << failed
            << " failed\n\n";
  if (!results.empty()) print_sweep(std::cout, results);
  std::printf("%.0f s of virtual time in %.2f s\n",
              std::chrono::duration<double>(scenario.run).count() * static_cast<double>(results.size()),
              elapsed(begin));
  if (interrupted) {
    std::cout << "interrupted\n";
    return interrupted_status;
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-lab", [&] {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = true; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    struct sigaction hang_up {};
    if (::sigaction(SIGHUP, nullptr, &hang_up) != 0 || hang_up.sa_handler != SIG_IGN)
      ::sigaction(SIGHUP, &action, nullptr);
    const std::string_view command = argc > 1 ? argv[1] : "";
    if (command == "run") return run(argc - 1, argv + 1);
    if (command == "sweep") return run_sweep(argc - 1, argv + 1);
    program::CommandLine line(
        "ilnp-lab run|sweep SCENARIO [OPTIONS]",
        "Simulates the networks, faults, moves and traffic of a scenario in virtual time.\n"
        "  run    one seed, with tables, a trace, a capture and pictures\n"
        "  sweep  many seeds, on all cores\n"
        "Each takes --help.");
    line.argument("COMMAND", -1);
    if (!line.parse(argc, argv)) return 0;
    throw program::UsageError(command.empty() ? "run or sweep is missing"
                                              : "\"" + std::string(command) + "\" is neither run nor sweep");
  });
}
