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
    const std::string_view command = argc > 1 ? argv[1] : "";
    if (command == "run") return lab::run_command(argc - 1, argv + 1);
    if (command == "sweep") return lab::sweep_command(argc - 1, argv + 1);
    program::CommandLine line(
        "ilnp-lab run|sweep SCENARIO [OPTIONS]",
        "Simulates the networks, faults, moves and traffic of a scenario in virtual time.\n"
        "  run    one seed, with tables, a trace, a capture, pictures and a replay for a browser\n"
        "  sweep  many seeds, on all cores\n"
        "Each takes --help.");
    line.argument("COMMAND", -1);
    if (!line.parse(argc, argv)) return 0;
    throw program::UsageError(command.empty() ? "run or sweep is missing"
                                              : "\"" + std::string(command) + "\" is neither run nor sweep");
  });
}
