// Runs scenarios in virtual time, with the same layers that run on sockets, on networks that delay, lose and reorder as a seed decides.
// docs/testing.md describes scenarios and their output.

#include "lab/run_command.hpp"
#include "lab/sweep_command.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  return program::run("ilnp-lab", [&] {
    struct sigaction action {};
    action.sa_handler = [](int) { lab::interrupted = true; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    struct sigaction hang_up {};
    if (::sigaction(SIGHUP, nullptr, &hang_up) != 0 || hang_up.sa_handler != SIG_IGN)
      ::sigaction(SIGHUP, &action, nullptr);
    return program::run_subcommand(
        argc, argv, {{{"run", lab::run_command}, {"sweep", lab::sweep_command}}},
        "ilnp-lab run|sweep SCENARIO [OPTIONS]",
        "Simulates the networks, faults, moves and traffic of a scenario in virtual time.\n"
        "  run    one seed, with tables, a trace, a capture, pictures and a replay for a browser\n"
        "  sweep  many seeds, on all cores\n"
        "Each takes --help.");
  });
}
