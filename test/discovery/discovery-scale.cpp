// The cost of discovery as networks grow: our nodes compared with the model of the reference, on topologies of up to a
// thousand nodes, in virtual time. Prints a table; with --brief it only checks a part of it against the limits.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "scale.hpp"

using namespace ilnp;
using namespace ilnp::test;

namespace {

constexpr const char* usage = R"(Usage: discovery-scale [OPTION]...
Runs discovery among 3 to 1000 nodes of this toolkit, and among nodes of the reference model as far as that is feasible.
  --brief        10, 30 and 100 nodes; exit status 1 if a bar is missed
  --shape NAME   only this: network, chain, ring, star or grid
  --most N       at most N nodes
  --csv FILE     write the figures as comma-separated values, too
)";

struct Shape {
  const char* name;
  Topology (*make)(std::size_t nodes);
  /// The reference runs up to this size. It floods: beyond that its start alone takes ten million frames and more.
  std::size_t reference_limit;
  /// The limits for our nodes: messages per node, in the first ten seconds, and per second later on.
  double start, steady;
};

const Shape shapes[]{{"network", one_network, 300, 4, 2.0 / 30},
                     {"chain", chain, 1000, 25, 1},
                     {"ring", ring, 1000, 25, 1},
                     {"star", star, 300, 60, 1},
                     {"grid", grid, 100, 400, 12}};

constexpr double longest_start = 2;  ///< seconds until all nodes in reach know each other
constexpr double longest_join = 1;   ///< the same for a node that starts later

struct Sample {
  const Shape* shape;
  const char* kind;
  Scale scale;
};

Sample run(const Shape& shape, bool ours, std::size_t nodes) {
  const Topology topology = shape.make(nodes);
  return {&shape, ours ? "ours" : "reference",
          ours ? Population<ILNP<sim::SimUnderlay>>(topology).run()
               : Population<ReferenceNetwork<sim::SimUnderlay>>(topology).run()};
}

void print(const Sample& run) {
  const Scale& s = run.scale;
  std::printf("| %-7s | %-9s | %4zu | %6.2f | %7.1f | %7.3f | %7.1f | %5.2f | %7.0f | %4zu | %4zu |\n",
              run.shape->name, run.kind, s.nodes, s.converged, s.start_messages, s.messages, s.octets,
              s.joined, s.join_messages, s.most_hosts, s.most_routes);
  std::fflush(stdout);
}

/// What is wrong with a run of our nodes; empty if nothing is.
std::string broken(const Sample& run) {
  const Scale& s = run.scale;
  std::string found;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) found += std::string(found.empty() ? "" : ", ") + what;
  };
  expect(s.converged >= 0 && s.converged <= longest_start, "not all known in time");
  expect(s.joined >= 0 && s.joined <= longest_join, "the one that came later not known in time");
  expect(s.start_messages <= run.shape->start, "too many messages at the start");
  expect(s.messages <= run.shape->steady, "too many messages a second");
  expect(s.most_hosts < s.nodes && s.most_hosts <= HostTable::max_hosts, "too many hosts");
  expect(s.most_routes <= ForwardingTable::max_routes, "too many routes");
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  bool brief = false;
  std::string only, csv;
  std::size_t most = 1000;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
    if (option == "--brief") {
      brief = true;
    } else if (option == "--shape") {
      only = value();
    } else if (option == "--most") {
      most = static_cast<std::size_t>(std::strtoul(value().c_str(), nullptr, 10));
    } else if (option == "--csv") {
      csv = value();
    } else {
      std::cout << usage;
      return option == "--help" ? 0 : 2;
    }
  }

  std::ofstream out;
  if (!csv.empty()) {
    out.open(csv);
    out << "shape,kind,nodes,known_after_s,messages_a_node_at_start,messages_a_node_and_s,octets_a_node_and_"
           "s,"
           "join_known_after_s,join_messages,most_hosts,most_routes\n";
  }
  std::puts(
      "| shape | nodes are | number | all known after, s | messages per node, first 10 s | messages per node "
      "and "
      "s | "
      "octets per node and s | one more known after, s | messages for that | hosts in a table | routes in a "
      "table |\n"
      "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
  int failures = 0;
  for (const Shape& shape : shapes) {
    if (!only.empty() && only != shape.name) continue;
    for (const bool ours : {true, false})
      for (const std::size_t nodes : {3u, 10u, 30u, 100u, 300u, 1000u}) {
        if (nodes > (ours ? most : std::min(most, shape.reference_limit))) continue;
        if (brief && (!ours || nodes < 10 || nodes > 100)) continue;
        const Sample result = run(shape, ours, nodes);
        print(result);
        const Scale& s = result.scale;
        if (out.is_open())
          out << shape.name << ',' << result.kind << ',' << s.nodes << ',' << s.converged << ','
              << s.start_messages << ',' << s.messages << ',' << s.octets << ',' << s.joined << ','
              << s.join_messages << ',' << s.most_hosts << ',' << s.most_routes << '\n';
        if (!ours) continue;
        const std::string what = broken(result);
        if (what.empty()) continue;
        ++failures;
        std::printf("broken: %s of %zu: %s\n", shape.name, nodes, what.c_str());
      }
  }
  return failures == 0 ? 0 : 1;
}
