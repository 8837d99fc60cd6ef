#pragma once

// The control sockets of a running node.

#include <deque>
#include <functional>
#include <string>

#include "common.hpp"
#include "control_events.hpp"
#include "control_path.hpp"

namespace program {

/// Listens at --control, or else (unless `named_only`) where clients look. Reports when a socket file was removed.
class ControlServer {
 public:
  /// See `ilnp::ControlSocket`.
  struct Handler {
    std::function<std::string(std::string_view request, std::size_t limit)> answer;
    std::function<bool(std::string_view request, ilnp::OwnedSocket& through)> take_over;
    std::string operator()(std::string_view request, std::size_t limit) const {
      return answer(request, limit);
    }
    bool take(std::string_view request, ilnp::OwnedSocket& through) const {
      return take_over(request, through);
    }
  };

  ControlServer(const boost::asio::any_io_executor& executor, const CommandLine& line, Log& log,
                Handler handler, bool named_only)
      : handler_(std::move(handler)) {
    if (line.has("control")) {
      listen(executor, line.value("control"), log);
      return;
    }
    if (named_only) return;
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
  void listen(const boost::asio::any_io_executor& executor, const std::string& path, Log& log) {
    sockets_.emplace_back(executor, path, handler_, [&log, path](const ilnp::error_code& error) {
      log("note: the control socket " + path + " was removed, and " +
          (error ? "cannot be created again: " + error.message() : std::string("created again")));
    });
  }

  Handler handler_;
  std::deque<ilnp::ControlSocket<Handler>> sockets_;
};

/// The control protocol of the node of a program. `NodeType` has `with(f)`, such as `Node` and `ProxyGateway`. Refers to the node and
/// to its events.
template <class NodeType>
class Control {
 public:
  /// How often the rates of the node are measured.
  static constexpr auto sample_time = std::chrono::seconds(1);

  /// `named_only`: without --control there is no socket.
  Control(const boost::asio::any_io_executor& executor, const CommandLine& line, Log& log, NodeType& node,
          ControlEvents& events, ilnp::ControlProgram about, bool named_only = false)
      : node_(node),
        events_(events),
        about_(std::move(about)),
        timer_(executor),
        followers_(executor, &events_lost),
        server_(
            executor, line, log,
            {[this](std::string_view request, std::size_t limit) { return answer(request, limit); },
             [this](std::string_view request, ilnp::OwnedSocket& through) { return take(request, through); }},
            named_only) {
    about_.version = ILNP_VERSION;
    about_.started = ilnp::BootClock::now();
    if (!line.has("control") && named_only) return;
    events_.connect(&followers_);
    sample();
  }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control() { events_.connect(nullptr); }

 private:
  static std::string finish(ilnp::JsonWriter& json) { return json.close('}').take() + '\n'; }
  static std::string events_lost(std::uint64_t count) {
    ilnp::JsonWriter json = ilnp::NodeControl::begin("events_lost");
    return finish(json.member("count", count));
  }
  static bool asks(std::string_view request, std::string_view command) {
    const auto words = ilnp::ControlWords::split(request, 3);
    return words.size() == 2 && words[0] == "json" && words[1] == command;
  }

  /// Requests whose reply comes later, or has no end. This is the place for others that take time.
  bool take(std::string_view request, ilnp::OwnedSocket& through) {
    if (!asks(request, "events") || followers_.full()) return false;
    const auto id = followers_.add(std::move(through));
    ilnp::JsonWriter json = ilnp::NodeControl::begin("following");
    followers_.write(id, finish(json));
    return true;
  }
  std::string answer(std::string_view request, std::size_t limit) {
    if (asks(request, "events"))
      return ilnp::NodeControl::error("events needs a stream socket, and at most " +
                                      std::to_string(ilnp::ControlFollowers::max_followers) +
                                      " clients can follow them at once") +
             '\n';
    return node_.with(
        [&](auto& stack, auto& cx) { return ilnp::NodeControl::answer(stack, request, about_, cx, limit); });
  }

  void sample() {
    node_.with(
        [&](auto& stack, auto& cx) { about_.rates.sample(network_layer(stack).counters(), cx.now()); });
    timer_.expires_after(sample_time);
    timer_.async_wait([this](const auto& error) {
      if (!error) sample();
    });
  }

  NodeType& node_;
  ControlEvents& events_;
  ilnp::ControlProgram about_;
  boost::asio::steady_timer timer_;
  ilnp::ControlFollowers followers_;
  ControlServer server_;
};

}  // namespace program
