#pragma once

// The metrics of a program that runs a node.

#include <memory>
#include <string>

#include "command_line.hpp"
#include "event_log.hpp"
#include "metrics_server.hpp"
#include "node_metrics.hpp"

namespace program {

/// The option that `serve_metrics` reads.
inline void add_metrics_option(CommandLine& line) {
  line.add_options()(
      "metrics", options::value<std::string>()->value_name("ADDRESS:PORT|PATH"),
      "serve metrics for Prometheus at http://ADDRESS:PORT/metrics, or on the UNIX socket PATH");
}

/// Serves the metrics of a stack if the command line says so; none otherwise. `counters(add)` calls `add(layer, name, value)` for each
/// counter of what stands on the stack.
template <class Stack, class Counters>
std::unique_ptr<MetricsServer> serve_metrics(const boost::asio::any_io_executor& executor,
                                             const CommandLine& line, Log& log, const EventLog& observer,
                                             Stack& stack, Counters counters) {
  start_time();
  if (!line.has("metrics")) return nullptr;
  auto server = std::make_unique<MetricsServer>(
      executor, line.value("metrics"),
      [&stack, durations = observer.durations(), counters](MetricsFormat format) {
        MetricsText metrics(format);
        metrics.info("ilnp_build", "Version of the program", {{"version", ILNP_VERSION}});
        add_process(metrics);
        add_state(metrics, stack, *durations);
        add_counters(metrics, stack);
        counters([&](std::string_view layer, std::string_view name, std::uint64_t value) {
          add_counter(metrics, layer, name, value);
        });
        return metrics.finish();
      });
  if (server->exposed()) log("note: " + server->where() + " can be read by everybody who can reach it");
  std::cout << "Metrics at " << server->where() << std::endl;
  return server;
}

}  // namespace program
