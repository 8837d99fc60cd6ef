#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "../asio/name_event.hpp"
#include "socks_server.hpp"

namespace ilnp {

/// The request of a local program, until it is connected.
struct StreamOpening {
  boost::asio::ip::tcp::socket socket;  ///< the program's connection
  StreamTarget target;                  ///< its destination
  bool socks = false;                   ///< it expects a SOCKS reply
  TimePoint since = long_ago;           ///< when it was first tried

  /// The destination, as text.
  std::string name() const {
    const std::string port = ':' + std::to_string(target.port);
    return target.host.empty() ? target.node + port : target.host + port + " through " + target.node;
  }
};

/// Programs that connect to a node of which nothing is known yet. Each waits for a while, and tries again when
/// the event says that names have changed. If there are too many, the oldest is dropped. Refers to the event.
class StreamWaiting {
 public:
  static constexpr std::size_t max_waiting = 256;             ///< at a time
  static constexpr auto wait_time = std::chrono::seconds(3);  ///< then it fails

  /// What it calls.
  struct Calls {
    std::function<bool(StreamOpening&)> attempt;  ///< false: it waits
    std::function<void(StreamOpening)> fail;      ///< its time is over, or it is dropped
  };
  /// `names` must outlive it.
  StreamWaiting(const boost::asio::any_io_executor& executor, const NameEvent& names, Calls calls)
      : state_(std::make_shared<State>(executor, names, std::move(calls))) {}

  /// True if another was dropped.
  bool add(StreamOpening opening) {
    State& state = *state_;
    const bool full = state.waiting.size() >= max_waiting;
    if (full) {
      StreamOpening oldest = std::move(state.waiting.front().opening);
      state.waiting.pop_front();
      state.calls.fail(std::move(oldest));
    }
    state.waiting.push_back({std::move(opening), std::chrono::steady_clock::now() + wait_time});
    if (!std::exchange(state.due, true)) state.wait();
    return full;
  }
  std::size_t size() const noexcept { return state_->waiting.size(); }

 private:
  struct Entry {
    StreamOpening opening;
    std::chrono::steady_clock::time_point until;
  };
  struct State : std::enable_shared_from_this<State> {
    State(const boost::asio::any_io_executor& executor, const NameEvent& names, Calls what)
        : event(names, executor), calls(std::move(what)) {}
    void wait() {
      event.async_wait(waiting.front().until, [weak = weak_from_this()](const error_code&) {
        if (const auto self = weak.lock()) self->attempt_all();
      });
    }
    /// One whose attempt throws is lost; the others are tried again.
    void attempt_all() {
      const struct Again {
        State& state;
        ~Again() {
          state.due = !state.waiting.empty();
          if (state.due) state.wait();
        }
      } again{*this};
      const auto now = std::chrono::steady_clock::now();
      for (auto each = waiting.begin(); each != waiting.end();) {
        std::list<Entry> taken;
        taken.splice(taken.begin(), waiting, each++);
        if (calls.attempt(taken.front().opening)) continue;
        if (taken.front().until > now) {
          waiting.splice(each, taken);
        } else {
          calls.fail(std::move(taken.front().opening));
        }
      }
    }

    NameEvent::Wait event;
    Calls calls;
    std::list<Entry> waiting;
    bool due = false;  // it waits for the event
  };
  std::shared_ptr<State> state_;
};

}  // namespace ilnp
