#pragma once

#include <algorithm>
#include <span>

#include "../base/address.hpp"
#include "../base/error.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"
#include "../posix/endpoint.hpp"
#include "group_address.hpp"
#include "mcast_sockets.hpp"

namespace ilnp {

/// The locators whose frames a node wants, and their groups. A locator stays wanted until it is left,
/// whether the network interface exists or not. The member sockets belong to the caller. One thread.
class Memberships {
 public:
  using Sockets = std::span<const int>;  ///< all are members of the same groups

  /// `port`: where the frames of a group go.
  Memberships(const GroupPrefix& prefix, std::uint16_t port) noexcept : prefix_(prefix), port_(port) {}

  /// Where the frames of `locator` go; null if it is not wanted.
  const Endpoint* group(Locator locator) const noexcept {
    const auto found = find_by(wanted_, &Wanted::locator, locator);
    return found == wanted_.end() ? nullptr : &found->group;
  }
  /// True if this node has joined the locator, even while the interface is away.
  bool contains(Locator locator) const noexcept { return group(locator) != nullptr; }

  /// Joins `locator` on the interface of that index. If the index is 0 or the interface is
  /// gone, `renew` joins it later. Error: the kernel's; the locator is not wanted then.
  error_code join(Locator locator, Sockets sockets, unsigned interface) {
    if (contains(locator)) return {};
    const Endpoint group(prefix_.group(locator), port_);
    const error_code error = set(group, sockets, true, interface);
    if (error && error != boost::system::errc::no_such_device) {
      (void)set(group, sockets, false, interface);
      return error;
    }
    wanted_.push_back({locator, group});
    return {};
  }

  /// Leaves a locator. Error: `Errc::not_joined`.
  error_code leave(Locator locator, Sockets sockets, unsigned interface) {
    const auto found = find_by(wanted_, &Wanted::locator, locator);
    if (found == wanted_.end()) return Errc::not_joined;
    const Endpoint group = found->group;
    wanted_.erase(found);
    (void)set(group, sockets, false,
              interface);  // fails only if the interface is gone, and with it the membership
    return {};
  }

  /// The interface changed from `before` to `now`, or was away: joins everything again. Sockets
  /// remember memberships on an interface that is gone, and an interface that was away (in another
  /// namespace, or without IPv6) does not remember them when it returns under the same index.
  void renew(Sockets sockets, unsigned before, unsigned now) noexcept {
    for (const Wanted& wanted : wanted_) {
      (void)set(wanted.group, sockets, false, before);
      (void)set(wanted.group, sockets, true, now);
    }
  }

  /// Joins those groups again that the kernel has lost although the sockets remember them, as it does
  /// when the interface loses IPv6 for a moment. `each_group(f)` calls `f(group)` for each group that
  /// the interface receives, and returns true if these are all. Returns the number of groups.
  template <class EachGroup>
  std::size_t restore(Sockets sockets, unsigned interface, EachGroup&& each_group) {
    for (Wanted& wanted : wanted_) wanted.received = false;
    const bool all = each_group([&](const in6_addr& group) {
      const auto locator = prefix_.locator(group);
      const auto found = locator ? find_by(wanted_, &Wanted::locator, *locator) : wanted_.end();
      if (found != wanted_.end()) found->received = true;
    });
    std::size_t restored = 0;
    if (!all) return restored;
    for (const Wanted& wanted : wanted_) {
      if (wanted.received) continue;
      (void)set(wanted.group, sockets, false, interface);
      if (!set(wanted.group, sockets, true, interface)) ++restored;
    }
    return restored;
  }

 private:
  struct Wanted {
    Locator locator;
    Endpoint group;
    bool received = false;  ///< by the interface, at the last check
  };

  static error_code set(const Endpoint& group, Sockets sockets, bool member, unsigned interface) noexcept {
    if (interface == 0) return {};
    error_code first;
    for (const int socket : sockets) {
      const error_code error = detail::set_membership(socket, member, group.address(), interface);
      if (error && error != boost::system::errc::address_in_use && !first) first = error;
    }
    return first;
  }

  GroupPrefix prefix_;
  std::uint16_t port_;
  List<Wanted> wanted_;
};

}  // namespace ilnp
