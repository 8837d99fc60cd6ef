#pragma once

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

#include "../base/layer.hpp"
#include "waiting_timers.hpp"

namespace ilnp {

/// Wakes operations that wait until a host name is known. `Node` owns one, and raises it when the network layer shows
/// `event::NamesChanged`; it is also raised when it is destroyed. One thread.
class NameEvent {
  struct Nothing {};
  using Timers = WaitingTimers<Nothing>;
  using Timer = Timers::Timer;

 public:
  /// While an operation waits, the node solicits this often, since a message may have been lost. A little longer than the least
  /// time between two solicitations of the network layer.
  static constexpr auto ask_again = std::chrono::milliseconds(1200);

  ~NameEvent() { raise(); }

  /// Waiting operations try again.
  void raise() {
    waiting_.for_each([](Timers::Entry& each) { each.timer.cancel(); });
  }
  /// How many operations wait for a name.
  std::size_t waiting() const noexcept { return waiting_.size(); }

  /// A waiting operation. May outlive the event.
  class Wait {
   public:
    /// Waits on `executor`. Refers to nothing of the event, which may be destroyed first.
    Wait(const NameEvent& event, const boost::asio::any_io_executor& executor)
        : own_(event.waiting_, executor, {}) {}

    /// Calls `handler(error_code)` once: when the event is raised, when it is time to solicit again, or at `until`.
    template <class Handler>
    void async_wait(Timer::time_point until, Handler&& handler) {
      own_->timer.expires_at(std::min(until, Timer::clock_type::now() + ask_again));
      own_->timer.async_wait(std::forward<Handler>(handler));
    }
    /// Calls `handler(error_code)` when names have changed, or after `cancel`.
    template <class Handler>
    void async_wait(Handler&& handler) {
      async_wait(Timer::time_point::max(), std::forward<Handler>(handler));
    }
    /// Ends the wait at once.
    void cancel() { own_->timer.cancel(); }

   private:
    Timers::Place own_;
  };

 private:
  Timers waiting_;
};

/// An observer that raises the event, and passes all events to `next`.
template <class Observer>
struct NameObserver {
  NameEvent* names;                     ///< what it raises; not owned
  [[no_unique_address]] Observer next;  ///< to which it passes every event on

  /// Raises the event if it concerns names.
  template <class Event>
  void operator()(const Event& event) {
    if constexpr (std::is_same_v<Event, event::NamesChanged>) names->raise();
    next(event);
  }
};

}  // namespace ilnp
