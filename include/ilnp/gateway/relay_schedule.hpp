#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "../asio/turn.hpp"
#include "../base/error.hpp"

namespace ilnp {

/// When the relays of a gateway act: after events, and from time to time. Handlers of a schedule that is gone do nothing. One
/// thread.
template <class Relay>
class RelaySchedule {
 public:
  /// Calls relays from `executor`.
  explicit RelaySchedule(const boost::asio::any_io_executor& executor)
      : executor_(executor), timer_(executor) {}

  /// Calls `relay->go_on()` only after all events that arrived together were handled. Then many octets leave together; otherwise
  /// each packet would cost a write and an acknowledgement. If some throw, the others are served, and the first exception leaves.
  void go_on_soon(std::shared_ptr<Relay> relay) {
    if (due_.empty())
      boost::asio::post(executor_, [this, alive = std::weak_ptr<const int>(alive_)] {
        if (!alive.expired()) go_on();
      });
    due_.push_back(std::move(relay));
  }

  /// Calls `check()` every `interval` until it returns false. No effect if that is already so. It need not return if it throws.
  template <class Check>
  void keep_checking(std::chrono::milliseconds interval, Check check) {
    if (!std::exchange(checking_, true)) check_later(interval, std::move(check));
  }

 private:
  void go_on() {
    Attempts attempt;
    for (const auto& each : std::exchange(due_, {})) attempt([&] { each->go_on(); });
    attempt.rethrow();
  }

  template <class Check>
  void check_later(std::chrono::milliseconds interval, Check check) {
    timer_.expires_after(interval);
    timer_.async_wait([=, this, alive = std::weak_ptr<const int>(alive_)](const error_code& error) mutable {
      if (error || alive.expired()) return;
      check_later(interval, check);
      if (check()) return;
      checking_ = false;
      timer_.cancel();
    });
  }

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::vector<std::shared_ptr<Relay>> due_;
  bool checking_ = false;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace ilnp
