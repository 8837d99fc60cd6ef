#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "../base/ping_reply.hpp"
#include "waiting_timers.hpp"

namespace ilnp {

/// Wakes operations that wait for the replies to pings. `Node` owns one, and calls `raise` when a layer shows `event::PingAnswered`;
/// when it is destroyed, all wake up. One thread.
class PingEvent {
  struct State {
    std::uint64_t identifier;
    std::optional<PingReply> reply{};
    bool node_gone = false;
  };
  using Timers = WaitingTimers<State>;
  using Timer = Timers::Timer;

 public:
  ~PingEvent() {
    waiting_.for_each([](Timers::Entry& each) {
      each.state.node_gone = true;
      each.timer.cancel();
    });
  }

  /// Wakes the operation that waits for this reply.
  void raise(const PingReply& reply) {
    waiting_.for_each([&](Timers::Entry& each) {
      if (each.state.identifier != reply.identifier) return;
      each.state.reply = reply;
      each.timer.cancel();
    });
  }
  /// How many operations wait for a reply.
  std::size_t waiting() const noexcept { return waiting_.size(); }

  /// A waiting operation. May outlive the event.
  class Wait {
   public:
    /// Waits on `executor` for the reply to the ping `identifier`.
    Wait(const PingEvent& event, const boost::asio::any_io_executor& executor, std::uint64_t identifier)
        : own_(event.waiting_, executor, {identifier}) {}

    /// Calls `handler(error_code)` once: when there is a reply, when the node is gone, or at `until`.
    template <class Handler>
    void async_wait(Timer::time_point until, Handler&& handler) {
      const bool over = reply() || node_gone();
      own_->timer.expires_at(over ? Timer::clock_type::now() : until);
      own_->timer.async_wait(std::forward<Handler>(handler));
    }
    /// The reply, if it has come.
    const std::optional<PingReply>& reply() const noexcept { return own_->state.reply; }
    /// True if the wait has ended because the node was destroyed.
    bool node_gone() const noexcept { return own_->state.node_gone; }

   private:
    Timers::Place own_;
  };

 private:
  Timers waiting_;
};

/// An observer that raises the event, and passes all events to `next`.
template <class Observer>
struct PingObserver {
  PingEvent* pings;                     ///< what it raises; not owned
  [[no_unique_address]] Observer next;  ///< to which it passes every event on

  /// Raises the event if a reply has come.
  template <class Event>
  void operator()(const Event& event) {
    if constexpr (std::is_same_v<Event, event::PingAnswered>) pings->raise(event.reply);
    next(event);
  }
};

}  // namespace ilnp
