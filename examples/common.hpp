#pragma once

// What the programs have in common: one-line errors, a configuration, counters and signals. Nothing here is needed
// to use the toolkit.

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <ilnp/ilnp.hpp>
#include <iostream>
#include <string>
#include <string_view>

#include "command_line.hpp"
#include "event_log.hpp"
#include "text.hpp"

namespace program {

/// The text of a system error without the numbers that Boost adds: "port 53: Permission denied".
inline std::string describe(const boost::system::system_error& error) {
  std::string text = error.what();
  const std::string details = error.code().what();
  if (text.ends_with(details)) text.resize(text.size() - details.size());
  return text + error.code().message();
}

/// Runs `body`, which gives the exit status; whatever goes wrong is one line on stderr.
template <class Body>
int run(const char* name, Body&& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    std::cerr << name << ": " << error.what() << " (--help tells more)\n";
    return 1;
  } catch (const options::error& error) {
    std::cerr << name << ": " << error.what() << " (--help tells more)\n";
    return 1;
  } catch (const boost::system::system_error& error) {
    std::cerr << name << ": " << describe(error) << '\n';
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
  }
  return 1;
}

/// Reads a configuration; warnings go to stderr. The user's id and a random identifier fill in what the file leaves open.
inline ilnp::Config load(const std::string& file) {
  const ilnp::ConfigDefaults defaults{static_cast<std::uint16_t>(::getuid() & 0xffff),
                                      ilnp::Nid(ilnp::random_seed() | 1)};
  ilnp::Config config = ilnp::load_config(file, defaults);
  for (const auto& warning : config.warnings) std::cerr << "warning: " << warning << '\n';
  return config;
}

/// Prints the counters of each layer, from the top down, a line each.
template <class Stack>
void print_counters(const Stack& stack) {
  ilnp::for_each_counter(stack, [](std::string_view layer, std::string_view name, std::uint64_t value) {
    std::cout << layer << '.' << name << ' ' << value << '\n';
  });
  std::cout << std::flush;
}

/// Throws if there is an error; `what` says to whom it happened.
inline void check(const ilnp::error_code& error, const std::string& what = "start") {
  if (error) throw boost::system::system_error(error, what);
}

/// Ends `io` on SIGINT and SIGTERM; calls `on_user_signal` on SIGUSR1.
class Signals {
 public:
  template <class F>
  Signals(boost::asio::io_context& io, F on_user_signal) : end_(io, SIGINT, SIGTERM), user_(io, SIGUSR1) {
    end_.async_wait([&io](const auto& error, int) {
      if (!error) io.stop();
    });
    wait(std::move(on_user_signal));
  }
  explicit Signals(boost::asio::io_context& io) : Signals(io, [] {}) {}

 private:
  template <class F>
  void wait(F on_user_signal) {
    user_.async_wait([this, on_user_signal](const auto& error, int) {
      if (error) return;
      on_user_signal();
      wait(on_user_signal);
    });
  }

  boost::asio::signal_set end_;
  boost::asio::signal_set user_;
};

}  // namespace program
