#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <type_traits>
#include <utility>

#include "../base/layer.hpp"

namespace ilnp {

/// Wakes operations that wait until a host name is known. `Node` owns one, and raises it when the network layer shows
/// `event::NamesChanged`; it is also raised when it is destroyed. One thread.
class NameEvent {
  using Timer = boost::asio::steady_timer;
  using Timers = std::list<Timer*>;

 public:
  /// While an operation waits, the node solicits this often, since a message may have been lost. A little longer than the least
  /// time between two solicitations of the network layer.
  static constexpr auto ask_again = std::chrono::milliseconds(1200);

  NameEvent() = default;
  NameEvent(const NameEvent&) = delete;
  NameEvent& operator=(const NameEvent&) = delete;
  ~NameEvent() { raise(); }

  /// Waiting operations try again later, from the executor: this may be called in the middle of the packet path.
  void raise() {
    for (Timer* each : *waiting_) each->cancel();
  }
  std::size_t waiting() const noexcept { return waiting_->size(); }

  /// A waiting operation. May outlive the event.
  class Wait {
   public:
    Wait(const NameEvent& event, const boost::asio::any_io_executor& executor)
        : timer_(executor), others_(event.waiting_), own_(others_->insert(others_->end(), &timer_)) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { others_->erase(own_); }

    /// Calls `handler(error_code)` once: when the event is raised, when it is time to solicit again, or at `until`.
    template <class Handler>
    void async_wait(Timer::time_point until, Handler&& handler) {
      timer_.expires_at(std::min(until, Timer::clock_type::now() + ask_again));
      timer_.async_wait(std::forward<Handler>(handler));
    }
    template <class Handler>
    void async_wait(Handler&& handler) {
      async_wait(Timer::time_point::max(), std::forward<Handler>(handler));
    }
    void cancel() { timer_.cancel(); }

   private:
    Timer timer_;
    std::shared_ptr<Timers> others_;
    Timers::iterator own_;
  };

 private:
  std::shared_ptr<Timers> waiting_ = std::make_shared<Timers>();
};

/// An observer that raises the event, and passes all events to `next`.
template <class Observer>
struct NameObserver {
  NameEvent* names;
  [[no_unique_address]] Observer next;

  template <class Event>
  void operator()(const Event& event) {
    if constexpr (std::is_same_v<Event, event::NamesChanged>) names->raise();
    next(event);
  }
};

}  // namespace ilnp
