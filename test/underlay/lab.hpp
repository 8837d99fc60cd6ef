#pragma once

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ilnp/posix/socket.hpp"
#include "ilnp/underlay/link_monitor.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "support/locators.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

/// Hosts and the networks between them, in network namespaces of this process.
namespace ilnp::test {

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  if (!(file << text << std::flush)) throw std::runtime_error("cannot write " + path);
}

/// Before the first test: away from the machine's own network, and root in there.
struct OwnNetwork {
  OwnNetwork() {
    const auto user = std::to_string(::getuid()), group = std::to_string(::getgid());
    if (::unshare(CLONE_NEWNET) == 0) return;
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
      throw std::runtime_error("this test needs network namespaces: root, or unprivileged user namespaces");
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + user + " 1");
    write_file("/proc/self/gid_map", "0 " + group + " 1");
  }
};

/// Calls `happened` until it returns true; false if it has not within `limit`.
inline bool eventually(const std::function<bool()>& happened,
                       std::chrono::milliseconds limit = std::chrono::seconds(5)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!happened()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// A network namespace. Sockets that are opened while it is entered stay in it.
class Host {
 public:
  /// Enters a namespace as long as this lives.
  class Visit {
   public:
    explicit Visit(const OwnedSocket& there) : here_(open_current()) { enter(there); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() { enter(here_); }

   private:
    OwnedSocket here_;
  };

  Host() {
    const OwnedSocket here = open_current();
    if (::unshare(CLONE_NEWNET) != 0) throw std::runtime_error("unshare");
    space_ = open_current();
    ip("link set lo up");
    skip_address_detection(true);
    enter(here);
  }

  Visit visit() const { return Visit(space_); }

  /// Runs `ip` with these arguments.
  void ip(const std::string& arguments) const {
    const Visit visit(space_);
    if (std::system(("ip " + arguments).c_str()) != 0) throw std::runtime_error("ip " + arguments);
  }

  /// Whether interfaces that are made from now on have their address at once.
  void skip_address_detection(bool skip) {
    set("ipv6/conf/default/accept_dad", skip ? "0" : "1");
    set("ipv6/conf/default/dad_transmits", skip ? "0" : "1");
    skips_detection_ = skip;
  }
  bool skips_address_detection() const noexcept { return skips_detection_; }

  /// The kernel has dealt with the link's coming up, which it does a while after it was told.
  bool is_running(const std::string& interface) const {
    const Visit visit(space_);
    return (LinkMonitor(interface, {}).flags() & IFF_RUNNING) != 0;
  }

  /// The interface has an address of IPv6 to send from.
  bool has_address(const std::string& interface) const {
    const Visit visit(space_);
    std::ifstream addresses("/proc/thread-self/net/if_inet6");
    std::string address, index, prefix, scope, flags, name;
    constexpr unsigned long tentative = 0x40;
    while (addresses >> address >> index >> prefix >> scope >> flags >> name)
      if (name == interface && (std::stoul(flags, nullptr, 16) & tentative) == 0) return true;
    return false;
  }

  /// Leaves the checksums of what is sent to the processor: what older kernels make no trains on.
  void compute_checksums(const std::string& interface) const {
    const Visit visit(space_);
    const OwnedSocket socket = OwnedSocket::udp(AF_INET6);
    ethtool_value off{ETHTOOL_STXCSUM, 0};
    ifreq request{};
    interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
    request.ifr_data = reinterpret_cast<char*>(&off);
    if (::ioctl(socket.native_handle(), SIOCETHTOOL, &request) != 0) throw std::runtime_error("SIOCETHTOOL");
  }

  /// Sets what `sysctl net.` calls NAME, with slashes.
  void set(const std::string& name, const std::string& value) const {
    const Visit visit(space_);
    write_file("/proc/sys/net/" + name, value);
  }

  /// What `ip link ... netns` takes.
  std::string path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(space_.native_handle());
  }

 private:
  static OwnedSocket open_current() {
    return OwnedSocket(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  }
  static void enter(const OwnedSocket& space) {
    if (::setns(space.native_handle(), CLONE_NEWNET) != 0) std::abort();
  }

  OwnedSocket space_;
  bool skips_detection_ = false;
};

/// Several hosts on one Ethernet, each by its interface eth0.
class Ethernet {
 public:
  explicit Ethernet(const std::vector<const Host*>& hosts) {
    bridge_.ip("link add br0 type bridge mcast_snooping 0");
    bridge_.ip("link set br0 up");
    for (const Host* host : hosts) plug(*host, "eth0");
  }

  /// Gives `host` an interface of that name on this network, and waits until it can be sent on.
  void plug(const Host& host, const std::string& name) {
    const std::string port = "port" + std::to_string(++ports_);
    bridge_.ip("link add " + port + " type veth peer name " + name + " netns " + host.path());
    bridge_.ip("link set " + port + " master br0 up");
    host.ip("link set " + name + " up");
    const auto usable = [&] {
      return bridge_.is_running(port) && host.is_running(name) &&
             (!host.skips_address_detection() || host.has_address(name));
    };
    if (!eventually(usable)) throw std::runtime_error("the link " + name + " does not come up");
  }

 private:
  Host bridge_;
  int ports_ = 0;
};

inline constexpr std::uint16_t overlay_port = 5000;

inline LinkConfig link(const std::string& interface = "eth0") {
  return {overlay_port, interface, 1440, 7, true};
}

/// A frame as it came in, and from whom.
struct Heard {
  Locator interface;
  std::uint64_t sender;
  std::uint64_t host;
  Octets frame;
};

/// Keeps what an underlay shows, in words.
struct LinkLog {
  std::vector<std::string>* lines;

  void operator()(const event::LinkDown& e) const {
    lines->push_back("down " + std::to_string(static_cast<int>(e.problem)) + ' ' + std::string(e.other));
  }
  void operator()(const event::LinkUp&) const { lines->push_back("up"); }
  void operator()(const event::GroupsLost& e) const { lines->push_back("lost " + std::to_string(e.groups)); }
  void operator()(const event::SendFailing& e) const {
    lines->push_back("failing " + to_string(e.network) + ' ' + e.why.message());
  }
  void operator()(const event::SendWorks& e) const { lines->push_back("works " + to_string(e.network)); }
  template <class Event>
  void operator()(const Event&) const {}
};

/// What `LinkLog` makes of a link that cannot be used.
inline std::string down(LinkProblem problem, const std::string& other = {}) {
  return "down " + std::to_string(static_cast<int>(problem)) + ' ' + other;
}

/// An underlay on a host, with the time of the machine.
class Station {
 public:
  explicit Station(const Host& host, const LinkConfig& config = link())
      : random_(1), cx_(TimePoint{}, random_, LinkLog{&shown}) {
    const auto visit = host.visit();
    underlay_.emplace_back(config);
    tick();
  }

  McastUdp& operator*() noexcept { return underlay_.front(); }
  McastUdp* operator->() noexcept { return &underlay_.front(); }
  Context<LinkLog>& cx() noexcept { return cx_; }

  /// Does what is due; true if the link has come back.
  bool tick() {
    cx_.set_now(TimePoint(std::chrono::steady_clock::now().time_since_epoch()));
    underlay_.front().hear_of_changes();
    return underlay_.front().on_timer(cx_);
  }

  error_code send(Locator locator, Bytes frame) {
    return underlay_.front().send(locator, Packet({}, frame), cx_);
  }

  /// Takes all that waits, into `heard`; how many frames that were.
  std::size_t take() {
    tick();
    const std::size_t before = heard.size();
    while (underlay_.front().receive([&](FrameSource from, MutableBytes frame) {
      heard.push_back({from.interface, from.sender, from.host, octets(frame)});
    }) != 0) {
    }
    return heard.size() - before;
  }

  /// Waits until `count` frames have been heard in all.
  bool hears(std::size_t count) {
    return eventually([&] {
      take();
      return heard.size() >= count;
    });
  }

  std::vector<Heard> heard;
  std::vector<std::string> shown;

 private:
  Random random_;
  Context<LinkLog> cx_;
  std::vector<McastUdp> underlay_;
};

/// A socket as any other program would have it.
class PlainSocket {
 public:
  explicit PlainSocket(const Host& host, std::uint16_t port = 0, bool share = false) {
    const auto visit = host.visit();
    socket_ = OwnedSocket::udp(AF_INET6);
    if (share) (void)set_option(handle(), SOL_SOCKET, SO_REUSEADDR, 1);
    const Endpoint any(in6addr_any, port);
    if (::bind(handle(), any.data(), any.size()) != 0) throw std::runtime_error("bind");
  }

  int handle() const noexcept { return socket_.native_handle(); }

  void join(const Host& host, const std::string& interface, const in6_addr& group) {
    if (ilnp::detail::set_membership(handle(), true, group, index(host, interface)))
      throw std::runtime_error("join");
  }

  /// Sends to `address` at the overlay's port, out on `interface`.
  error_code send(const Host& host, const std::string& interface, const in6_addr& address, Bytes octets) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr = address;
    to.sin6_port = htons(overlay_port);
    to.sin6_scope_id = index(host, interface);
    return ::sendto(handle(), octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                    sizeof to) < 0
               ? last_system_error()
               : error_code();
  }

  /// The next datagram; none if none comes in time.
  std::vector<Octets> take(std::size_t count) {
    std::vector<Octets> all;
    (void)eventually([&] {
      Octets buffer(65536);
      const auto size = ::recv(handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size >= 0) {
        buffer.resize(static_cast<std::size_t>(size));
        all.push_back(std::move(buffer));
      }
      return all.size() == count;
    });
    return all;
  }

  static unsigned index(const Host& host, const std::string& interface) {
    const auto visit = host.visit();
    return ::if_nametoindex(interface.c_str());
  }

 private:
  OwnedSocket socket_;
};

/// A frame of `size` octets that can be told from others by its number. Its octet 6, the next header, says
/// STP.
inline Octets numbered(std::uint32_t number, std::size_t size) {
  Octets frame(size, static_cast<std::byte>(number));
  for (std::size_t i = 0; i < 4 && i < size; ++i) frame[i] = static_cast<std::byte>(number >> 8 * i);
  if (size > 6) frame[6] = std::byte{42};
  return frame;
}

inline constexpr GroupPrefix prefix{7};

}  // namespace ilnp::test
