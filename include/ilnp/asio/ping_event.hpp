#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "../base/ping_reply.hpp"

namespace ilnp {

/// Wakes operations that wait for the replies to pings. `Node` owns one, and calls `raise` when a layer shows `event::PingAnswered`;
/// when it is destroyed, all wake up. One thread.
class PingEvent {
  using Timer = boost::asio::steady_timer;
  struct Waiting {
    std::uint64_t identifier;
    Timer timer;
    std::optional<PingReply> reply;
    bool node_gone = false;
  };
  using Operations = std::list<Waiting>;

 public:
  PingEvent() = default;
  PingEvent(const PingEvent&) = delete;
  PingEvent& operator=(const PingEvent&) = delete;
  ~PingEvent() {
    for (Waiting& each : *waiting_) {
      each.node_gone = true;
      each.timer.cancel();
    }
  }

  /// The operation that waits for this reply completes later, from the executor: this may be called in the middle of the packet
  /// path.
  void raise(const PingReply& reply) {
    for (Waiting& each : *waiting_) {
      if (each.identifier != reply.identifier) continue;
      each.reply = reply;
      each.timer.cancel();
    }
  }
  std::size_t waiting() const noexcept { return waiting_->size(); }

  /// A waiting operation. May outlive the event.
  class Wait {
   public:
    Wait(const PingEvent& event, const boost::asio::any_io_executor& executor, std::uint64_t identifier)
        : others_(event.waiting_),
          own_(others_->insert(others_->end(), Waiting{identifier, Timer(executor), {}})) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { others_->erase(own_); }

    /// Calls `handler(error_code)` once: when there is a reply, when the node is gone, or at `until`.
    template <class Handler>
    void async_wait(Timer::time_point until, Handler&& handler) {
      const bool over = own_->reply || own_->node_gone;
      own_->timer.expires_at(over ? Timer::clock_type::now() : until);
      own_->timer.async_wait(std::forward<Handler>(handler));
    }
    const std::optional<PingReply>& reply() const noexcept { return own_->reply; }
    bool node_gone() const noexcept { return own_->node_gone; }

   private:
    std::shared_ptr<Operations> others_;
    Operations::iterator own_;
  };

 private:
  std::shared_ptr<Operations> waiting_ = std::make_shared<Operations>();
};

/// An observer that raises the event, and passes all events to `next`.
template <class Observer>
struct PingObserver {
  PingEvent* pings;
  [[no_unique_address]] Observer next;

  template <class Event>
  void operator()(const Event& event) {
    if constexpr (std::is_same_v<Event, event::PingAnswered>) pings->raise(event.reply);
    next(event);
  }
};

}  // namespace ilnp
