#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "../posix/send_queue.hpp"
#include "link_report.hpp"
#include "memberships.hpp"

namespace ilnp {

/// Keeps a multicast underlay on its network interface: frames leave there and its groups are joined there. Tells
/// the observer when one of these or the interface fails, and when it works again. Checks every `check_interval`,
/// and soon after the kernel has news or frames could not be sent. Sends nothing. Movable; one thread.
class LinkWatch {
 public:
  static constexpr Duration check_interval =
      std::chrono::milliseconds(500);  ///< between two looks at the interface
  /// The shortest time between two checks. An unusable interface is checked this often if the kernel reports no news.
  static constexpr Duration recovery_interval = std::chrono::milliseconds(50);

  /// As `McastUdpCounters` has them.
  struct Counters {
    std::uint64_t changes = 0;        ///< see `McastUdpCounters::link_changes`
    std::uint64_t failures = 0;       ///< see `McastUdpCounters::link_failures`
    std::uint64_t send_failures = 0;  ///< see `McastUdpCounters::send_failures`
    std::uint64_t groups_lost = 0;    ///< see `McastUdpCounters::groups_lost`
  };

  /// See `LinkMonitor`.
  LinkWatch(std::string name, const Endpoint& group) : monitor_(std::move(name), group), report_(monitor_) {}

  /// What the interface is like at present.
  const LinkMonitor& monitor() const noexcept { return monitor_; }
  /// See `LinkReport::since`.
  TimePoint since() const noexcept { return report_.since(); }
  TimePoint next_deadline() const noexcept { return deadline_; }
  Counters counters() const noexcept {
    Counters all = counters_;
    all.failures = report_.failures();
    return all;
  }

  /// The first check. `sender` sends to the interface from now on.
  void begin(int sender) {
    monitor_.look(sender);
    report_ = LinkReport(monitor_);
    use(sender);
  }

  /// Checks. True if the interface has become usable or had lost groups: the node should announce itself again.
  template <ContextLike Cx>
  bool look(int sender, Memberships::Sockets receivers, Memberships& wanted, Cx& cx) {
    looked_at_ = cx.now();
    (void)monitor_.changed();
    const unsigned before = monitor_.index();
    const bool was_ready = monitor_.ready();
    monitor_.look(sender);
    report_.look(monitor_, cx);
    const unsigned now = monitor_.index();
    if (now != before && now != 0) use(sender);
    if (now != before || was_ready != monitor_.ready()) ++counters_.changes;
    const bool hears = monitor_.native_handle() >= 0;
    deadline_ = cx.now() + (monitor_.ready() || hears ? check_interval : recovery_interval);
    const bool back = monitor_.ready() && (now != before || !was_ready);
    if (now != before || back) return wanted.renew(receivers, before, now), back;
    if (now == 0) return false;
    const std::size_t lost =
        wanted.restore(receivers, now, [&](auto&& each) { return monitor_.for_each_group(each); });
    if (lost == 0) return false;
    counters_.groups_lost += lost;
    cx.observe(event::GroupsLost{monitor_.name(), lost});
    return monitor_.ready();
  }

  /// If there is news of the interface, schedules a check soon.
  void hear_of_changes() {
    if (monitor_.changed()) look_soon();
  }

  /// Reports changes in what `queue` sends: whether frames can be sent, and whether they leave in trains.
  template <ContextLike Cx>
  void look_at(SendQueue& queue, const GroupPrefix& prefix, Cx& cx) {
    const auto network = [&](const SendFailures::Destination& at) {
      return prefix.locator(at.to.address()).value_or(Locator{});
    };
    const bool more = queue.failures()->look(
        cx.now(), monitor_.ready(),
        [&](const SendFailures::Destination& at) {
          ++counters_.send_failures;
          cx.observe(event::SendFailing{monitor_.name(), network(at),
                                        error_code(at.error, boost::system::system_category()), at.failed,
                                        at.sent == 0});
        },
        [&](const SendFailures::Destination& at) {
          cx.observe(event::SendWorks{monitor_.name(), network(at), at.failed});
        });
    if (more) look_soon();  // the interface may be the cause
    if (std::exchange(trains_off_, queue.trains_off()) != queue.trains_off() &&
        trains_off_ == TrainsOff::refused)
      cx.observe(event::TrainsGivenUp{monitor_.name(), trains_off_});
  }

 private:
  void use(int sender) noexcept {
    (void)set_option(sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(monitor_.index()));
  }
  void look_soon() noexcept { deadline_ = std::min(deadline_, looked_at_ + recovery_interval); }

  LinkMonitor monitor_;
  LinkReport report_;
  TimePoint deadline_{};
  TimePoint looked_at_ = long_ago;
  TrainsOff trains_off_ = TrainsOff::no;
  Counters counters_;
};

}  // namespace ilnp
