#pragma once

// Options and arguments of the programs.

#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdint>
#include <ilnp/base/printable.hpp>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifndef ILNP_VERSION
#define ILNP_VERSION "unknown"
#endif

namespace program {

namespace options = boost::program_options;

/// A mistake in the command line.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A command line: options, and arguments by position.
class CommandLine {
 public:
  CommandLine(std::string usage, std::string about)
      : usage_(std::move(usage)), about_(std::move(about)), shown_("Options") {
    shown_.add_options()("help,h", "show this text and exit")("version", "show the version and exit");
  }

  auto add_options() { return shown_.add_options(); }
  /// The next argument by position; `count` of them, -1 for all the rest.
  void argument(const char* name, int count = 1) {
    hidden_.add_options()(name, options::value<std::vector<std::string>>());
    positions_.add(name, count);
  }

  /// False if there is nothing more to do: --help or --version. Throws on an unknown option.
  bool parse(int argc, char** argv) {
    options::options_description all;
    all.add(shown_).add(hidden_);
    options::store(options::command_line_parser(argc, argv).options(all).positional(positions_).run(),
                   values_);
    options::notify(values_);
    if (has("help")) std::cout << "Usage: " << usage_ << "\n\n" << about_ << "\n\n" << shown_ << std::flush;
    if (has("version") && !has("help")) std::cout << "ilnp " ILNP_VERSION << std::endl;
    return !has("help") && !has("version");
  }

  bool has(const char* name) const { return values_.contains(name); }
  template <class T = std::string>
  T value(const char* name, T otherwise = {}) const {
    return has(name) ? values_[name].as<T>() : otherwise;
  }
  /// An argument by position; throws if it is missing.
  std::string operator[](const char* name) const {
    if (!has(name)) throw UsageError(std::string(name) + " is missing");
    return values_[name].as<std::vector<std::string>>().front();
  }

 private:
  std::string usage_;
  std::string about_;
  options::options_description shown_;
  options::options_description hidden_;
  options::positional_options_description positions_;
  options::variables_map values_;
};

/// A command of a program that has several. `run` parses its own options; the first argument is its name.
struct Subcommand {
  std::string_view name;
  int (*run)(int argc, char** argv);
};

/// Runs the command that the first argument names, and returns its exit status. Without one, parses the options of the program, --help
/// and --version. Throws on anything else.
inline int run_subcommand(int argc, char** argv, const std::array<Subcommand, 2>& commands, std::string usage,
                          std::string about) {
  const std::string_view given = argc > 1 ? argv[1] : "";
  for (const Subcommand& each : commands)
    if (each.name == given) return each.run(argc - 1, argv + 1);
  CommandLine line(std::move(usage), std::move(about));
  line.argument("COMMAND", -1);
  if (!line.parse(argc, argv)) return 0;
  const auto both = [&](const char* word) {
    return std::string(commands[0].name) + word + std::string(commands[1].name);
  };
  throw UsageError(given.empty() ? both(" or ") + " is missing"
                                 : '"' + ilnp::printable(given) + "\" is neither " + both(" nor "));
}

/// A number from `text`; none if it is invalid or outside `lowest` to `highest`.
inline std::optional<std::uint64_t> to_number(const std::string& text, std::uint64_t lowest,
                                              std::uint64_t highest) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < lowest || number > highest)
    return std::nullopt;
  return number;
}

/// The number of an option, or `otherwise` without it.
inline std::uint64_t number(const CommandLine& line, const char* option, std::uint64_t otherwise,
                            std::uint64_t lowest, std::uint64_t highest) {
  if (!line.has(option)) return otherwise;
  const std::string text = line.value(option);
  if (const auto found = to_number(text, lowest, highest)) return *found;
  throw UsageError("--" + std::string(option) + ": \"" + text + "\" is not a number from " +
                   std::to_string(lowest) + " to " + std::to_string(highest));
}

/// A port from the command line; `where` names its place: "PORT", "--redirect".
inline std::uint16_t parse_port(const std::string& where, const std::string& text, unsigned lowest = 1) {
  if (const auto port = to_number(text, lowest, 65535)) return static_cast<std::uint16_t>(*port);
  throw UsageError(where + ": \"" + text + "\" is not a port (" + std::to_string(lowest) + " to 65535)");
}

}  // namespace program
