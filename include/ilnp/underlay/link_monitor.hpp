#pragma once

#include <net/if.h>
#include <sys/ioctl.h>

#include <string>
#include <utility>

#include "endpoint.hpp"
#include "socket.hpp"

namespace ilnp {

/// Watches one network interface by name: whether it exists, and whether it can be sent on. Looks only when
/// asked to (three system calls a time), in the network namespace of the socket that it is given. One thread.
class LinkMonitor {
 public:
  /// `probe` is an address that can be reached through the interface only, and where nobody listens: sending
  /// there shows whether there is a route and an address to send from (there is none for one or two seconds
  /// after link-up: RFC 4862, section 5.4).
  LinkMonitor(std::string name, const Endpoint& probe) : name_(std::move(name)), probe_(probe) {}

  const std::string& name() const noexcept { return name_; }
  /// The interface's index; 0 while it is away.
  unsigned index() const noexcept { return index_; }
  /// It was there, up, and had an address, when last looked at.
  bool ready() const noexcept { return ready_; }
  /// Why it could not be sent on when last looked at; none if it could.
  error_code why() const noexcept { return why_; }

  /// Looks whether the interface is there. True if it is, and is not the one that was there before:
  /// memberships are gone.
  bool look_up(int socket) noexcept {
    ifreq request = named();
    const unsigned found =
        ::ioctl(socket, SIOCGIFINDEX, &request) == 0 ? static_cast<unsigned>(request.ifr_ifindex) : 0;
    if (found == 0) why_ = last_system_error();
    return std::exchange(index_, found) != found && found != 0;
  }

  /// The interface's flags (`IFF_UP`, ...); 0 if it is away.
  int flags(int socket) const noexcept {
    ifreq request = named();
    return ::ioctl(socket, SIOCGIFFLAGS, &request) == 0 ? static_cast<unsigned short>(request.ifr_flags) : 0;
  }

  /// Looks whether one can send through `socket`. True if one could not before, and now can.
  bool look_ready(int socket) noexcept {
    why_ = index_ == 0                          ? error_code(ENODEV, boost::system::system_category())
           : (flags(socket) & IFF_RUNNING) == 0 ? error_code(ENETDOWN, boost::system::system_category())
           : ::sendto(socket, nullptr, 0, MSG_DONTWAIT, probe_.data(), probe_.size()) < 0
               ? last_system_error()
               : error_code();
    if (why_ == boost::system::errc::resource_unavailable_try_again) why_ = {};
    return !std::exchange(ready_, !why_) && ready_;
  }

 private:
  ifreq named() const noexcept {
    ifreq request{};
    name_.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
  }

  std::string name_;
  Endpoint probe_;
  unsigned index_ = 0;
  bool ready_ = false;
  error_code why_;
};

}  // namespace ilnp
