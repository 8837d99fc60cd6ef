#pragma once

// The options of every program that runs a node.

#include "event_log.hpp"
#include "frame_capture.hpp"
#include "node_metrics_server.hpp"

namespace program {

/// Those of its log, its captures and its metrics.
inline void add_node_options(CommandLine& line) {
  add_log_options(line);
  add_capture_options(line);
  add_metrics_option(line);
}

}  // namespace program
