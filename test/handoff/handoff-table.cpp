// Runs the cells of the handoff table, checks each against the limits, and compares the rows with those of the golden file.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "result.hpp"

using namespace ilnp::test;

namespace {

constexpr const char* usage = R"(Usage: handoff-table [OPTION]...
Runs the cases of the handoff table in virtual time. Exit status 1 if a case misses its bar, or if a row differs from the
stored table (table.txt).
  --brief         only the cases that CI runs
  --only TEXT     only the cases whose name contains TEXT
  --jobs N        N cases at a time (default: one per core)
  --rewrite       update the stored table with the results; rows that were not run stay
  --print         print the rows
)";

constexpr const char* header =
    R"(# What handoffs do to datagrams, in virtual time: three moves a cell (test/handoff/simulation.hpp), traffic both ways.
# Written by handoff-table --rewrite; the bars are in test/handoff/result.hpp.
#
# who moves; soft or hard; delay and jitter (±), ms; loss and reordering, % of the frames of each network and receiver;
# correspondents; datagrams a second to and from each
#   | to the mover: sent; lost; lost by the network on the way; duplicated; reordered after each move; longest gap, ms
#   | from the mover: the same
#   | correspondents that heard an update, of those to be told; control frames a move: updates and acknowledgements,
#     discovery
)";

using Rows = std::map<std::string, std::string>;  // by name

Rows read(const std::string& file) {
  Rows rows;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') rows[line.substr(0, line.find(" |"))] = line;
  return rows;
}

/// Runs the cells, `jobs` at a time, and calls `tell(result)` for each in order, as soon as it and all earlier ones are
/// complete.
template <class Tell>
void run(const std::vector<Cell>& cells, unsigned jobs, Tell&& tell) {
  std::vector<std::optional<Result>> results(cells.size());
  std::atomic<std::size_t> next = 0;
  std::mutex telling;
  std::size_t told = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < cells.size();) {
      Simulation simulation(cells[i]);
      simulation.run();
      Result result = Judge(simulation).result();
      const std::lock_guard lock(telling);
      results[i] = std::move(result);
      for (; told < cells.size() && results[told]; results[told++].reset()) tell(*results[told]);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < jobs; ++i) workers.emplace_back(work);
  work();
  for (auto& worker : workers) worker.join();
}

}  // namespace

int main(int argc, char** argv) {
  bool brief = false, rewrite = false, print = false;
  std::string only;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
    if (option == "--brief") {
      brief = true;
    } else if (option == "--rewrite") {
      rewrite = true;
    } else if (option == "--print") {
      print = true;
    } else if (option == "--only") {
      only = value();
    } else if (option == "--jobs") {
      jobs = static_cast<unsigned>(std::max(1, std::atoi(value().c_str())));
    } else {
      std::cout << usage;
      return option == "--help" ? 0 : 2;
    }
  }

  auto cells = brief ? brief_table() : whole_table();
  std::erase_if(cells, [&](const Cell& cell) { return cell.name().find(only) == std::string::npos; });

  Rows golden = read(ILNP_HANDOFF_TABLE);
  std::size_t broken = 0, changed = 0;
  run(cells, jobs, [&](const Result& result) {
    const std::string row = result.row();
    if (print) std::cout << row << std::endl;
    for (const std::string& what : result.broken)
      std::cout << "broken: " << result.name << ": " << what << std::endl;
    broken += !result.broken.empty();
    std::string& known = golden[result.name];
    if (known == row) return;
    ++changed;
    if (!rewrite) std::cout << "changed:\n  - " << known << "\n  + " << row << std::endl;
    known = row;
  });
  if (rewrite) {
    std::ofstream out(ILNP_HANDOFF_TABLE);
    out << header;
    for (const Cell& cell : whole_table())
      if (const auto row = golden.find(cell.name()); row != golden.end()) out << row->second << '\n';
    if (!out.flush()) return std::cerr << "cannot write " << ILNP_HANDOFF_TABLE << '\n', 1;
  }
  std::cout << cells.size() << " cells, " << broken << " with broken bars, " << changed
            << (rewrite ? " rows rewritten\n" : " rows changed\n");
  return broken > 0 || (changed > 0 && !rewrite) ? 1 : 0;
}
