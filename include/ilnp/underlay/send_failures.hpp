#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "../context.hpp"
#include "endpoint.hpp"

namespace ilnp {

/// The destinations to which datagrams cannot be sent: a firewall refuses them, a device takes them too slowly. Noted where it
/// happens, without the time; looked at now and then, to tell when it begins and ends. What happens once is not told. Of
/// fixed size; costs nothing while all goes well. One thread.
class SendFailures {
 public:
  static constexpr std::size_t max_destinations = 32;  ///< further ones are only counted by their sender
  /// It has begun when it was not over after this,
  static constexpr Duration confirm_time = std::chrono::milliseconds(400);
  /// and it has ended when so long after the last failure something has been sent.
  static constexpr Duration settle_time = std::chrono::seconds(2);
  /// What happened once is forgotten after this.
  static constexpr Duration forget_time = std::chrono::seconds(10);

  struct Destination {
    Endpoint to;
    int error = 0;              ///< of the last failure
    std::uint64_t failed = 0;   ///< datagrams, since it began
    std::uint64_t sent = 0;     ///< in between
    std::uint64_t noticed = 0;  ///< of the failures, when last looked at
    TimePoint first = never;
    TimePoint last = never;
    bool told = false;
  };

  bool empty() const noexcept { return count_ == 0; }

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

  void sent(const Endpoint& to, std::size_t datagrams) noexcept {
    if (empty()) return;
    if (Destination* at = find(to)) at->sent += datagrams;
  }

  /// Nothing is sent there any more.
  void forget(const Endpoint& to) noexcept {
    if (Destination* at = find(to)) remove(*at);
  }

  /// Calls `begins(destination)` and `ends(destination)`. What fails while the link is not `usable` is not told: that is.
  /// True if more has failed since the last time.
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
