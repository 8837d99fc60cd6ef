#pragma once

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "../posix/endpoint.hpp"
#include "../posix/netlink.hpp"
#include "../posix/socket.hpp"
#include "events.hpp"

namespace ilnp {

/// Watches one network interface by name: whether it exists, and whether frames can be sent and received on it. It sends
/// nothing. When told to, it asks the kernel, in the network namespace where it was created (about eight system calls each
/// time). Movable; one thread.
class LinkMonitor {
 public:
  /// `group`: a destination of frames, for which the kernel is asked for a route and a source address.
  LinkMonitor(std::string name, const Endpoint& group)
      : name_(std::move(name)), group_(group), socket_(OwnedSocket::udp(AF_INET6)) {}

  /// The configured name of the interface.
  const std::string& name() const noexcept { return name_; }
  /// The interface's index; 0 while it is missing.
  unsigned index() const noexcept { return index_; }
  /// Whether frames could be sent and received on it at the last check.
  bool ready() const noexcept { return problem_ == LinkProblem::none; }
  /// What is wrong with it, if anything.
  LinkProblem problem() const noexcept { return problem_; }
  /// The same as an error; none if there is no problem.
  error_code why() const noexcept { return why_; }
  /// Its new name (`renamed`), or what it belongs to (`captured`).
  const std::string& other() const noexcept { return other_; }

  /// The interface's flags (`IFF_UP`, ...); 0 if it is missing.
  int flags() const noexcept {
    ifreq request = named();
    return ::ioctl(handle(), SIOCGIFFLAGS, &request) == 0 ? static_cast<unsigned short>(request.ifr_flags)
                                                          : 0;
  }

  /// Checks it. `receiver`: a socket that receives frames.
  void look(int receiver) {
    ifreq request = named();
    const unsigned found =
        ::ioctl(handle(), SIOCGIFINDEX, &request) == 0 ? static_cast<unsigned>(request.ifr_ifindex) : 0;
    if (found != 0) last_index_ = found;
    index_ = found;
    other_.clear();
    const auto link = last_index_ != 0 ? netlink_.link(last_index_) : std::nullopt;
    if (found == 0) {
      if (link) other_ = link->name;
      return set(link ? LinkProblem::renamed : LinkProblem::gone, ENODEV);
    }
    const int present = flags();
    if ((present & IFF_UP) == 0) return set(LinkProblem::down, ENETDOWN);
    if ((present & IFF_RUNNING) == 0) return set(LinkProblem::no_carrier, ENETDOWN);
    if (link && link->master != 0 && captures(link->master_kind, receiver)) {
      other_ = name_of(link->master);
      return set(LinkProblem::captured, EBUSY);
    }
    const int error = try_route();
    if (error == 0) return set(LinkProblem::none, 0);
    if (link && link->mtu < smallest_mtu) return set(LinkProblem::small_mtu, error);
    set(error == EADDRNOTAVAIL ? LinkProblem::no_address
        : error == ENETUNREACH ? LinkProblem::no_route
                               : LinkProblem::refused,
        error);
  }

  /// Whether there is news of it, which calls for a check.
  bool changed() { return netlink_.changed(last_index_, name_); }
  /// A descriptor that is readable when there may be news; -1 if there is none to wait for.
  int native_handle() const noexcept { return netlink_.native_handle(); }

  /// See `Netlink::for_each_group`.
  template <class Each>
  bool for_each_group(Each&& each) {
    return netlink_.for_each_group(index_, each);
  }

  /// Whether the master of an interface keeps arriving frames from `receiver`. Masters of other kinds do not
  /// (batman-adv), nor does a VRF if the socket was bound to it (ip vrf exec) or all sockets are accepted.
  static bool captures(const std::string& kind, int receiver) {
    for (const char* each : {"bridge", "bond", "team", "openvswitch", "hsr"})
      if (kind == each) return true;
    if (kind != "vrf" || get_option(receiver, SOL_SOCKET, SO_BINDTOIFINDEX) > 0) return false;
    const OwnedSocket setting(::open("/proc/sys/net/ipv4/udp_l3mdev_accept", O_RDONLY | O_CLOEXEC));
    char accepts = '0';
    return ::read(setting.native_handle(), &accepts, 1) != 1 || accepts == '0';
  }

 private:
  static constexpr std::uint32_t smallest_mtu = 1280;  // RFC 8200, section 5

  int handle() const noexcept { return socket_.native_handle(); }

  ifreq named() const noexcept {
    ifreq request{};
    name_.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
  }
  std::string name_of(unsigned index) const {
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(index);
    return ::ioctl(handle(), SIOCGIFNAME, &request) == 0 ? request.ifr_name : "";
  }

  void set(LinkProblem problem, int error) noexcept {
    problem_ = problem;
    why_ = error != 0 ? error_code(error, boost::system::system_category()) : error_code();
  }

  /// Does everything that the kernel does to send to the group except the sending. Returns an error or 0.
  int try_route() noexcept {
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    (void)::connect(handle(), &nobody, sizeof nobody);  // forgets the previous destination
    if (set_option(handle(), IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(index_))) return errno;
    return ::connect(handle(), group_.data(), group_.size()) == 0 ? 0 : errno;
  }

  std::string name_;
  Endpoint group_;
  OwnedSocket socket_;
  Netlink netlink_;
  unsigned index_ = 0;
  unsigned last_index_ = 0;
  LinkProblem problem_ = LinkProblem::gone;
  error_code why_{ENODEV, boost::system::system_category()};
  std::string other_;
};

}  // namespace ilnp
