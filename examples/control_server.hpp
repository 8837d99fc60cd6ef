#pragma once

// The control sockets of a running proxy.

#include <deque>
#include <functional>
#include <string>

#include "common.hpp"
#include "control_path.hpp"

namespace program {

/// Listens at --control, or else where ilnp-proxy-create looks. Reports when a socket file was removed.
class ControlServer {
 public:
  using Answer = std::function<std::string(std::string_view request, std::size_t limit)>;

  template <class Log>
  ControlServer(const boost::asio::any_io_executor& executor, const CommandLine& line, Log& log,
                Answer answer)
      : answer_(std::move(answer)) {
    if (line.has("control")) {
      listen(executor, line.value("control"), log);
      return;
    }
    bool first = true;
    for (const std::string& path : default_control_paths()) {
      try {
        listen(executor, path, log);
      } catch (const boost::system::system_error&) {
        if (first)
          throw;  // the second one is for clients that do not find the first, and may belong to another proxy
      }
      first = false;
    }
  }

 private:
  using Call = std::function<std::string(std::string_view, std::size_t)>;

  template <class Log>
  void listen(const boost::asio::any_io_executor& executor, const std::string& path, Log& log) {
    sockets_.emplace_back(
        executor, path,
        [this](std::string_view request, std::size_t limit) { return answer_(request, limit); },
        [&log, path](const ilnp::error_code& error) {
          log("note: the control socket " + path + " was removed, and " +
              (error ? "cannot be created again: " + error.message() : std::string("created again")));
        });
  }

  Answer answer_;
  std::deque<ilnp::ControlSocket<Call>> sockets_;
};

}  // namespace program
