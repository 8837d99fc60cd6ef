#pragma once

// The control sockets of a running node.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common.hpp"
#include "control_events.hpp"
#include "control_path.hpp"
#include "control_ping.hpp"

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
  static constexpr unsigned default_pings = 4;
  static constexpr unsigned max_pings = 1000;

  /// `named_only`: without --control there is no socket.
  Control(const boost::asio::any_io_executor& executor, const CommandLine& line, Log& log, NodeType& node,
          ControlEvents& events, ilnp::ControlProgram about, bool named_only = false)
      : node_(node),
        events_(events),
        about_(std::move(about)),
        timer_(executor),
        followers_(executor, &events_lost),
        pinging_(executor, &events_lost),
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
  static bool asks(const std::vector<std::string_view>& words, std::string_view command) {
    return words.size() >= 2 && words[0] == "json" && words[1] == command;
  }

  /// `ping HOST [COUNT]` or `trace HOST`.
  struct PingRequest {
    bool trace;
    std::string_view host;
    unsigned count = default_pings;
  };
  static std::optional<PingRequest> ping_request(const std::vector<std::string_view>& words) {
    const bool trace = asks(words, "trace");
    if ((!trace && !asks(words, "ping")) || words.size() < 3 || words.size() > (trace ? 3 : 4))
      return std::nullopt;
    PingRequest request{trace, words[2]};
    if (words.size() == 4) {
      const auto count = to_number(std::string(words[3]), 1, max_pings);
      if (!count) return std::nullopt;
      request.count = static_cast<unsigned>(*count);
    }
    return request;
  }
  /// The node that `host` means: a name or an identifier.
  std::optional<ilnp::Nid> find(std::string_view host) {
    const auto named =
        node_.with([&](auto& stack, auto& cx) { return network_layer(stack).resolve(host, cx); });
    if (named) return *named;
    const auto nid = ilnp::Nid::parse(host);
    return nid && *nid != ilnp::Nid{} ? std::optional(*nid) : std::nullopt;
  }

  /// Takes requests whose reply comes later, or has no end; not if there are too many of them.
  bool take(std::string_view request, ilnp::OwnedSocket& through) {
    const auto words = ilnp::ControlWords::split(request, 4);
    if (asks(words, "events") && words.size() == 2 && !followers_.full()) {
      const auto id = followers_.add(std::move(through));
      ilnp::JsonWriter json = ilnp::NodeControl::begin("following");
      followers_.write(id, finish(json));
      return true;
    }
    const auto ping = ping_request(words);
    const auto to = ping && !pinging_.full() ? find(ping->host) : std::nullopt;
    if (!to) return false;
    const auto id = pinging_.add(std::move(through));
    const auto pings = std::make_shared<ControlPing<NodeType>>(node_, pinging_, id, *to, ping->count);
    ping->trace ? pings->trace() : pings->ping();
    return true;
  }
  /// The error for a request that `take` has refused; empty for all others.
  std::string refusal(const std::vector<std::string_view>& words) {
    const auto too_many = [](std::string_view what) {
      return std::to_string(ilnp::ControlFollowers::max_followers) + " clients " + std::string(what) +
             " already, and no more are served";
    };
    if (asks(words, "events"))
      return followers_.full() ? too_many("follow the events") : "events needs a stream socket";
    if (!asks(words, "ping") && !asks(words, "trace")) return {};
    const auto ping = ping_request(words);
    if (!ping)
      return "expected: ping HOST [COUNT], with a COUNT from 1 to " + std::to_string(max_pings) +
             ", or trace HOST";
    if (!find(ping->host))
      return ilnp::ControlWords::quoted(ping->host) + ": no node with this name or identifier is known";
    return pinging_.full() ? too_many("ping") : std::string(words[1]) + " needs a stream socket";
  }
  std::string answer(std::string_view request, std::size_t limit) {
    if (const std::string refused = refusal(ilnp::ControlWords::split(request, 4)); !refused.empty())
      return ilnp::NodeControl::error(refused) + '\n';
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
  ilnp::ControlFollowers pinging_;
  ControlServer server_;
};

}  // namespace program
