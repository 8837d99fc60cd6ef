#pragma once

// Shared by the programs that run a node: the configuration, counters and signals. Using the toolkit requires nothing of this.

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/gateway.hpp>
#include <ilnp/ilnp.hpp>
#include <iostream>
#include <string>
#include <string_view>

#include "command_line.hpp"
#include "event_log.hpp"
#include "node_metrics_server.hpp"
#include "node_watch.hpp"
#include "output.hpp"
#include "run.hpp"

namespace program {

/// Reads a configuration; warnings go to the log. The user's id and a random identifier are the defaults.
inline ilnp::Config load(const std::string& file, Log& log) {
  const ilnp::ConfigDefaults defaults{static_cast<std::uint16_t>(::getuid() & 0xffff),
                                      ilnp::Nid(ilnp::random_seed() | 1)};
  ilnp::Config config = ilnp::load_config(file, defaults);
  for (const auto& warning : config.warnings) log("warning: " + warning);
  return config;
}

/// Prints the counters of each layer, from the top down, one per line.
template <class Stack>
void print_counters(const Stack& stack) {
  ilnp::for_each_counter(stack, [](std::string_view layer, std::string_view name, std::uint64_t value) {
    std::cout << layer << '.' << name << ' ' << value << '\n';
  });
  std::cout << std::flush;
}

/// Throws if there is an error; `what` says where it occurred.
inline void check(const ilnp::error_code& error, const std::string& what = "start") {
  if (error) throw boost::system::system_error(error, what);
}

/// Says goodbye to the nodes with which this one has traffic. Call it when the node no longer runs, before it is destroyed.
template <class Node>
void say_goodbye(Node& node) {
  node.with([](auto& stack, auto& cx) { ilnp::say_goodbye(stack, cx); });
}

/// Ends `io` on SIGINT, SIGTERM and SIGHUP (unless that is ignored, as by nohup); calls `on_user_signal` on SIGUSR1.
class Signals {
 public:
  template <class F>
  Signals(boost::asio::io_context& io, F on_user_signal) : end_(io, SIGINT, SIGTERM), user_(io, SIGUSR1) {
    struct sigaction hang_up {};
    if (::sigaction(SIGHUP, nullptr, &hang_up) != 0 || hang_up.sa_handler != SIG_IGN) end_.add(SIGHUP);
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
