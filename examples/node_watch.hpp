#pragma once

// Looks after a running node: which other nodes come, move and go, and what the service manager should know.

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <ilnp/asio/clock.hpp>
#include <ilnp/base/stack.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "event_text.hpp"
#include "host_events.hpp"
#include "link_text.hpp"
#include "service_manager.hpp"

namespace program {

/// Reports changes of the table of hosts to `observer`, as events. Tells the service manager when the link can be used (`READY=1`),
/// where the node is (`STATUS=`), that the loop runs (`WATCHDOG=1`), and, when it is destroyed, that the program ends (`STOPPING=1`).
/// On the thread of the node. The stack must outlive it.
template <class Stack, class Observer>
class NodeWatch {
  using Duration = std::chrono::steady_clock::duration;

 public:
  static constexpr Duration period = std::chrono::seconds(1);
  static constexpr Duration until_ready =
      std::chrono::milliseconds(100);  ///< as long as the link cannot be used
  /// So that a service manager does not end a node that waits for its link.
  static constexpr std::string_view more_time = "EXTEND_TIMEOUT_USEC=30000000\n";

  NodeWatch(const boost::asio::any_io_executor& executor, const Stack& stack, Observer observer)
      : stack_(stack), observer_(std::move(observer)), timer_(executor) {
    wait(Duration::zero());
  }
  NodeWatch(const NodeWatch&) = delete;
  NodeWatch& operator=(const NodeWatch&) = delete;
  ~NodeWatch() { (void)manager_.tell("STOPPING=1\nSTATUS=ending"); }

 private:
  void wait(Duration time) {
    timer_.expires_after(time);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      look();
      if (manager_.listens()) tell();
      Duration next = period;
      if (manager_.listens() && !ready_) next = until_ready;
      if (watchdog_) next = std::min<Duration>(next, *watchdog_ / 2);
      wait(next);
    });
  }

  void look() {
    const auto now = std::chrono::steady_clock::now();
    if (now < look_at_) return;
    look_at_ = now + period;
    hosts_.look(network_layer(stack_).hosts(), ilnp::BootClock::now(),
                [&](const auto& event) { observer_(event); });
  }

  void tell() {
    const auto& underlay = lowest_layer(stack_);
    std::string lines;
    if (underlay.link_ready()) {
      if (!ready_) lines += "READY=1\n";
    } else if (const auto now = std::chrono::steady_clock::now(); !ready_ && now >= extend_at_) {
      extend_at_ = now + std::chrono::seconds(10);
      lines += more_time;
    }
    if (watchdog_) lines += "WATCHDOG=1\n";
    std::string status = status_text();
    if (status != status_) lines += "STATUS=" + status + '\n';
    if (lines.empty() || !manager_.tell(lines)) return;
    ready_ = ready_ || underlay.link_ready();
    status_ = std::move(status);
  }

  std::string status_text() const {
    const auto& underlay = lowest_layer(stack_);
    if (!underlay.link_ready())
      return "waiting for " + printable(underlay.link().name()) + ": " +
             problem_text(underlay.link().problem(), underlay.link_error(), underlay.link().other());
    const auto& interfaces = network_layer(stack_).interfaces();
    std::string present;
    std::string left;
    for (const auto& interface : interfaces.all()) {
      std::string& which = interface.leaving ? left : present;
      which.append(which.empty() ? "" : ",").append(to_string(interface.locator));
    }
    return "in " + present + (left.empty() ? "" : ", leaving " + left) + "; " +
           std::to_string(hosts_.size()) + (hosts_.size() == 1 ? " host known" : " hosts known");
  }

  const Stack& stack_;
  Observer observer_;
  ServiceManager manager_;
  const std::optional<std::chrono::microseconds> watchdog_ = ServiceManager::watchdog();
  HostWatch hosts_;
  std::string status_;
  bool ready_ = false;
  std::chrono::steady_clock::time_point look_at_{};
  std::chrono::steady_clock::time_point extend_at_{};
  boost::asio::steady_timer timer_;
};

}  // namespace program
