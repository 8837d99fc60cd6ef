#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "../base/context.hpp"
#include "endpoint.hpp"

namespace ilnp {

/// The destinations to which datagrams cannot be sent, because a firewall rejects them or a device accepts them too
/// slowly. Failures are noted where they happen, without the time, and checked now and then to report beginning and
/// end. A single failure is not reported. Fixed size; costs nothing while everything works. One thread.
class SendFailures {
 public:
  static constexpr std::size_t max_destinations = 32;  ///< further ones are only counted by their sender
  /// A failure has begun when it was not over after this time,
  static constexpr Duration confirm_time = std::chrono::milliseconds(400);
  /// and has ended when something was sent this long after the last failure.
  static constexpr Duration settle_time = std::chrono::seconds(2);
  /// A single failure is forgotten after this time.
  static constexpr Duration forget_time = std::chrono::seconds(10);

  /// An address to which datagrams could not be sent.
  struct Destination {
    Endpoint to;                ///< the address
    int error = 0;              ///< of the last failure
    std::uint64_t failed = 0;   ///< datagrams, since it began
    std::uint64_t sent = 0;     ///< in between
    std::uint64_t noticed = 0;  ///< failures at the last check
    TimePoint first = never;    ///< when it was first checked
    TimePoint last = never;     ///< the last check that found a failure
    bool told = false;          ///< it was reported
  };

  bool empty() const noexcept { return count_ == 0; }

  /// So many datagrams to `to` could not be sent; `error`: errno of the last.
  void failed(const Endpoint& to, int error, std::size_t datagrams) noexcept {
    Destination* at = find(to);
    if (!at) {
      if (count_ == max_destinations) return;
      at = &all_[count_++];
      *at = {};
      at->to = to;
    }
    at->error = error;
    at->failed += datagrams;
  }

  /// So many were sent.
  void sent(const Endpoint& to, std::size_t datagrams) noexcept {
    if (empty()) return;
    if (Destination* at = find(to)) at->sent += datagrams;
  }

  /// Nothing is sent to this destination any more.
  void forget(const Endpoint& to) noexcept {
    if (Destination* at = find(to)) remove(*at);
  }

  /// Calls `begins(destination)` and `ends(destination)`. While the link is not `usable`, failures are not reported, because
  /// the link itself is. True if more has failed since the last time.
  template <class Begins, class Ends>
  bool look(TimePoint now, bool usable, Begins&& begins, Ends&& ends) {
    bool more = false;
    for (std::size_t i = count_; i-- > 0;) {
      Destination& at = all_[i];
      if (at.failed != at.noticed) {
        more = true;
        at.noticed = at.failed;
        at.last = now;
        if (at.first == never) at.first = now;
      }
      if (!usable && !at.told) {
        remove(at);
      } else if (!at.told && at.last - at.first >= confirm_time) {
        at.told = true;
        begins(at);
        at.sent = 0;
      } else if (at.told && usable && at.sent != 0 && now - at.last >= settle_time) {
        ends(at);
        remove(at);
      } else if (at.told && at.last == now) {
        at.sent = 0;
      } else if (!at.told && now - at.last >= forget_time) {
        remove(at);
      }
    }
    return more;
  }

 private:
  Destination* find(const Endpoint& to) noexcept {
    for (std::size_t i = 0; i < count_; ++i)
      if (all_[i].to == to) return &all_[i];
    return nullptr;
  }
  void remove(Destination& at) noexcept { at = all_[--count_]; }

  std::array<Destination, max_destinations> all_;
  std::size_t count_ = 0;
};

}  // namespace ilnp
