#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../base/error.hpp"
#include "socket.hpp"

namespace ilnp {

namespace detail {
/// For a request about an interface.
inline ifreq interface_request(std::string_view name) noexcept {
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
  return request;
}
/// Through which requests about interfaces go. Throws `boost::system::system_error`.
inline OwnedSocket interface_socket() {
  OwnedSocket socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.native_handle() < 0)
    throw boost::system::system_error(last_system_error(),
                                      "an interface needs IPv6, which this kernel does not offer");
  return socket;
}
}  // namespace detail

/// Sets up a network interface of this host for IPv6. Each step changes something, or finds it as it should be, or throws
/// `boost::system::system_error`, whose text names the command that helps. So no right is needed for what is already as wanted. One
/// thread.
class InterfaceSetup {
 public:
  static constexpr unsigned prefix_length = 64;  ///< of the address
  using Address = std::array<std::byte, 16>;     ///< in the order of the network

  /// `name`: of an interface that exists.
  explicit InterfaceSetup(std::string name) : name_(std::move(name)), socket_(detail::interface_socket()) {}

  /// IPv6 works on it.
  void enable_ipv6() const {
    if (is("disable_ipv6", "0")) return;
    if (const error_code error = set("disable_ipv6", "0"))
      fail(error,
           "IPv6 on interface " + name_ + " (as root: sysctl -w net.ipv6.conf." + name_ + ".disable_ipv6=0)");
  }

  /// It has no link-local address, and takes no word of routers; its address stays when it goes down. Skipped where it may not be set:
  /// the kernel then says something on it now and then.
  void quieten() const {
    (void)set("addr_gen_mode", "1");
    (void)set("accept_ra", "0");
    (void)set("keep_addr_on_down", "1");
  }
  /// `mtu`: octets.
  void set_mtu(std::size_t mtu) const {
    ifreq request = detail::interface_request(name_);
    request.ifr_mtu = static_cast<int>(mtu);
    if (::ioctl(socket_.native_handle(), SIOCSIFMTU, &request) == 0) return;
    const error_code error = last_system_error();
    ifreq got = detail::interface_request(name_);
    if (::ioctl(socket_.native_handle(), SIOCGIFMTU, &got) == 0 &&
        static_cast<std::size_t>(got.ifr_mtu) == mtu)
      return;
    fail(error, "MTU of interface " + name_ + " (as root: ip link set " + name_ + " mtu " +
                    std::to_string(mtu) + ')');
  }

  /// So many packets wait to be sent. Skipped where it may not be set.
  void set_queue(unsigned packets) const noexcept {
    ifreq queue = detail::interface_request(name_);
    queue.ifr_qlen = static_cast<int>(packets);
    (void)::ioctl(socket_.native_handle(), SIOCSIFTXQLEN, &queue);
  }
  /// It has this address, and no other one of that network.
  void set_address(const Address& address) const {
    ifreq index = detail::interface_request(name_);
    require(::ioctl(socket_.native_handle(), SIOCGIFINDEX, &index));
    bool there = false;
    for_each_address([&](const Address& each, unsigned length, unsigned) {
      if (each == address && length == prefix_length) {
        there = true;
      } else if (same_network(each, address)) {  // of an earlier run; programs would send from it
        change_address(SIOCDIFADDR, each, length, index.ifr_ifindex, "del");
      }
    });
    if (!there) change_address(SIOCSIFADDR, address, prefix_length, index.ifr_ifindex, "add");
  }
  /// Programs can use an address soon after the interface is up: when the kernel, with nobody to ask, has found that no other
  /// host has it.
  void wait_until_usable(const Address& address) const {
    constexpr unsigned tentative = 0x40;
    for (int attempt = 0; attempt < 1000; ++attempt) {
      bool waits = false;
      for_each_address([&](const Address& each, unsigned, unsigned state) {
        waits |= each == address && (state & tentative) != 0;
      });
      if (!waits) return;
      ::usleep(1000);
    }
  }
  /// Up, and without multicast. Keeps the other flags: without IFF_NOARP the kernel would look for neighbours.
  void raise() const {
    ifreq request = detail::interface_request(name_);
    require(::ioctl(socket_.native_handle(), SIOCGIFFLAGS, &request));
    const short old = request.ifr_flags;
    request.ifr_flags = static_cast<short>((old | IFF_UP) & ~IFF_MULTICAST);
    if (request.ifr_flags == old || ::ioctl(socket_.native_handle(), SIOCSIFFLAGS, &request) == 0) return;
    const error_code error = last_system_error();
    if ((old & IFF_UP) == 0)
      fail(error, "interface " + name_ + " is down (as root: ip link set " + name_ + " up multicast off)");
  }

 private:
  [[noreturn]] static void fail(const error_code& error, const std::string& what) {
    throw boost::system::system_error(error, what);
  }
  /// Fails with the system's error unless `outcome` is 0.
  void require(int outcome) const {
    if (outcome == 0) return;
    const error_code error = last_system_error();
    fail(error, "interface " + name_);
  }
  std::string setting(const char* key) const { return "/proc/sys/net/ipv6/conf/" + name_ + '/' + key; }
  error_code set(const char* key, const char* value) const {
    const OwnedSocket file(::open(setting(key).c_str(), O_WRONLY | O_CLOEXEC));
    if (file.native_handle() < 0 || ::write(file.native_handle(), value, std::strlen(value)) < 0)
      return last_system_error();
    return {};
  }
  bool is(const char* key, std::string_view value) const {
    std::ifstream file(setting(key));
    std::string word;
    return file >> word && word == value;
  }
  static std::string text(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> out{};
    ::inet_ntop(AF_INET6, address.data(), out.data(), out.size());
    return out.data();
  }
  static bool same_network(const Address& one, const Address& other) {
    return std::memcmp(one.data(), other.data(), prefix_length / 8) == 0;
  }
  void change_address(unsigned long request, const Address& address, unsigned length, int index,
                      const char* verb) const {
    struct {  // in6_ifreq, which no header of the C library has
      Address address;
      std::uint32_t prefix_length;
      int index;
    } change{address, length, index};
    if (::ioctl(socket_.native_handle(), request, &change) == 0) return;
    const error_code error = last_system_error();
    if (error.value() != EEXIST && error.value() != EADDRNOTAVAIL)
      fail(error, "address of interface " + name_ + " (as root: ip addr " + verb + ' ' + text(address) + '/' +
                      std::to_string(length) + " dev " + name_ + ')');
  }
  /// Calls `f(address, prefix length, state)` for each address of the interface.
  template <class F>
  void for_each_address(F f) const {
    std::ifstream file("/proc/thread-self/net/if_inet6");  // of this thread's network namespace
    std::string digits, index, length, scope, state, name;
    struct Found {
      Address address;
      unsigned length, state;
    };
    std::vector<Found> found;  // `f` may change them
    const auto number = [](const std::string& text) {
      return static_cast<unsigned>(std::stoul(text, nullptr, 16));
    };
    while (file >> digits >> index >> length >> scope >> state >> name) {
      if (name != name_ || digits.size() != 32) continue;
      Address octets{};
      for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::byte>(number(digits.substr(2 * i, 2)));
      found.push_back({octets, number(length), number(state)});
    }
    for (const Found& each : found) f(each.address, each.length, each.state);
  }

  std::string name_;
  OwnedSocket socket_;
};

}  // namespace ilnp
