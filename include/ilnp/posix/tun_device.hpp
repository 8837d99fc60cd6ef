#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../base/bytes.hpp"
#include "../base/error.hpp"
#include "socket.hpp"

namespace ilnp {

/// How a `TunDevice` is set up.
struct TunDeviceConfig {
  std::string interface = "ilnp0";      ///< its name; `%d` in it stands for the first free number
  std::array<std::byte, 16> address{};  ///< of this host; its upper half is the network's
  std::size_t mtu = 1280;               ///< octets
  bool offload = true;                  ///< false: no packet is longer than the MTU
};

/// An interface of this host whose packets a program reads and writes (Linux, TUN), each behind a virtio header. Has one
/// IPv6 address, whose network (/64) leads into it, and is silent by itself: no router or neighbour solicitations, no multicast.
///
/// The kernel removes it with the object. If one of this name exists and belongs to this user (`ip tuntap add`), it is used as it is,
/// what differs is changed where the process may do so, and it stays. No right is needed for what is already as wanted.
/// Movable; one thread.
class TunDevice {
 public:
  static constexpr unsigned prefix_length = 64;  ///< of the address
  static constexpr unsigned all_offloads =
      TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | 0x60;  ///< those of a new kernel
  static constexpr unsigned queue_length = 64;      ///< packets that wait to be read: more only add delay
  static constexpr int header_size = 10;            ///< octets of the virtio header
  /// Octets that a read needs: that header, and a long packet.
  static constexpr std::size_t max_read = header_size + 65536;

  /// None.
  TunDevice() noexcept = default;
  /// Creates or takes the interface, and sets it up. Throws `boost::system::system_error`, whose text names the step, and the command
  /// or the right that helps.
  explicit TunDevice(const TunDeviceConfig& config) {
    open(config.interface);
    choose_offloads(config.offload);
    set_up(config);
  }
  /// Takes over a descriptor that behaves like one, such as a SOCK_SEQPACKET socket that does not block; nothing is set up.
  TunDevice(OwnedSocket file, std::string name, unsigned offloads) noexcept
      : file_(std::move(file)), name_(std::move(name)), offloads_(offloads) {}

  /// To wait on it. Stays owned by this object; -1 if there is none.
  int native_handle() const noexcept { return file_.native_handle(); }
  /// Of the interface.
  const std::string& name() const noexcept { return name_; }
  /// What the kernel leaves to the program: `TUN_F_CSUM` and others.
  unsigned offloads() const noexcept { return offloads_; }
  /// The kernel gives long packets of TCP, and takes joined ones.
  bool joins_tcp() const noexcept { return (offloads_ & TUN_F_TSO6) != 0; }
  /// The same for UDP.
  bool joins_udp() const noexcept { return (offloads_ & uso) == uso; }

  /// Reads one packet, behind its virtio header, without waiting: its size. 0 and an error if there is none, such as `would_block`.
  std::size_t read(MutableBytes buffer, error_code& error) noexcept {
    ssize_t size = 0;
    do size = ::read(native_handle(), buffer.data(), buffer.size());
    while (size < 0 && errno == EINTR);
    error = size < 0 ? last_system_error() : error_code();
    return size < 0 ? 0 : static_cast<std::size_t>(size);
  }
  /// Writes one packet, behind its virtio header, from several places. Errors: EINVAL (the kernel does not take it), EIO (the
  /// interface is down), EBADFD (it was deleted), EAGAIN.
  error_code write(std::span<const iovec> parts) noexcept {
    while (::writev(native_handle(), parts.data(), static_cast<int>(parts.size())) < 0)
      if (errno != EINTR) return last_system_error();
    return {};
  }
  /// False once somebody has deleted the interface.
  bool exists() const noexcept {
    ifreq request{};
    return ::ioctl(native_handle(), TUNGETIFF, &request) == 0 || errno != EBADFD;
  }

 private:
  static constexpr unsigned uso = 0x60;  // TUN_F_USO4 and 6: newer than the headers of Linux 6.1
  static constexpr unsigned tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  static constexpr short flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  static constexpr const char* path = "/dev/net/tun";

  [[noreturn]] static void fail(const error_code& error, const std::string& what) {
    throw boost::system::system_error(error, what);
  }
  /// Fails with the system's error unless `outcome` is 0.
  void require(int outcome, const char* step) const {
    if (outcome == 0) return;
    const error_code error = last_system_error();
    fail(error, "interface " + name_ + step);
  }
  static ifreq named(std::string_view name) noexcept {
    ifreq request{};
    std::memcpy(request.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
    return request;
  }
  static OwnedSocket control_socket() {
    OwnedSocket socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket.native_handle() < 0)
      fail(last_system_error(), "an interface needs IPv6, which this kernel does not offer");
    return socket;
  }

  void open(const std::string& name) {
    if (name.empty() || name.size() >= IFNAMSIZ || name.find('/') != name.npos || name == "." || name == "..")
      fail({EINVAL, boost::system::system_category()}, "interface \"" + name + "\": not a name of one");
    file_ = OwnedSocket(::open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (native_handle() < 0) {
      const error_code error = last_system_error();
      std::string what = path;
      if (error.value() == ENOENT || error.value() == ENODEV || error.value() == ENXIO)
        what += " is missing (modprobe tun; a container needs --device /dev/net/tun)";
      if (error.value() == EACCES) what += " is closed to this user (chmod 0666 /dev/net/tun)";
      if (error.value() == EPERM) what += " is closed to this container (--device /dev/net/tun)";
      fail(error, what);
    }
    const OwnedSocket socket = control_socket();
    ifreq existing = named(name);
    const bool exists = ::ioctl(socket.native_handle(), SIOCGIFINDEX, &existing) == 0;
    ifreq request = named(name);
    request.ifr_flags = flags;
    if (::ioctl(native_handle(), TUNSETIFF, &request) != 0) {
      const error_code error = last_system_error();
      fail(error, "interface " + name + attach_advice(error.value(), exists, name));
    }
    name_ = request.ifr_name;
    ifreq got{};
    // A device of several queues keeps its flags, and mixes up the packets of two programs.
    require(::ioctl(native_handle(), TUNGETIFF, &got), "");
    constexpr short relevant = flags | IFF_MULTI_QUEUE | IFF_TAP;
    if ((got.ifr_flags & relevant) != flags)
      fail({EINVAL, boost::system::system_category()}, "interface " + name_ + not_plain(name_));
    int size = header_size;
    int little = 1;
    require(::ioctl(native_handle(), TUNSETVNETHDRSZ, &size), ": size of the virtio header");
    require(::ioctl(native_handle(), TUNSETVNETLE, &little), ": order of the octets in the virtio header");
  }
  static std::string not_plain(const std::string& name) {
    return " is no plain TUN device; delete it (ip link del " + name + "), or choose another name";
  }
  static std::string attach_advice(int error, bool exists, const std::string& name) {
    const std::string create = "ip tuntap add dev " + name + " mode tun user " + std::to_string(::getuid());
    if (error == EBUSY) return " is in use by another program";
    if (error == EPERM)
      return exists ? " belongs to another user (as root: ip tuntap del dev " + name + " mode tun; " +
                          create + ')'
                    : " cannot be created without CAP_NET_ADMIN (as root, once: " + create + ')';
    if (error == EINVAL) return not_plain(name);
    return {};
  }

  /// From most to least: older kernels know fewer.
  void choose_offloads(bool wanted) {
    for (const unsigned offloads : {all_offloads, tso, unsigned{TUN_F_CSUM}, 0u}) {
      if (!wanted && offloads != 0) continue;
      offloads_ = offloads;
      if (::ioctl(native_handle(), TUNSETOFFLOAD, static_cast<unsigned long>(offloads)) == 0) return;
    }
    require(-1, ": offloads");
  }

  // Each step changes something, or finds it as it should be, or fails.

  void set_up(const TunDeviceConfig& config) {
    const OwnedSocket socket = control_socket();
    enable_ipv6();
    (void)set("addr_gen_mode", "1");  // no link-local address
    (void)set("accept_ra", "0");
    (void)set("keep_addr_on_down", "1");
    set_mtu(socket.native_handle(), config.mtu);
    ifreq queue = named(name_);
    queue.ifr_qlen = queue_length;
    (void)::ioctl(socket.native_handle(), SIOCSIFTXQLEN, &queue);
    set_address(socket.native_handle(), config.address);
    raise(socket.native_handle());
    wait_until_usable(config.address);
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
  void enable_ipv6() const {
    if (is("disable_ipv6", "0")) return;
    if (const error_code error = set("disable_ipv6", "0"))
      fail(error,
           "IPv6 on interface " + name_ + " (as root: sysctl -w net.ipv6.conf." + name_ + ".disable_ipv6=0)");
  }

  void set_mtu(int socket, std::size_t mtu) const {
    ifreq request = named(name_);
    request.ifr_mtu = static_cast<int>(mtu);
    if (::ioctl(socket, SIOCSIFMTU, &request) == 0) return;
    const error_code error = last_system_error();
    ifreq got = named(name_);
    if (::ioctl(socket, SIOCGIFMTU, &got) == 0 && static_cast<std::size_t>(got.ifr_mtu) == mtu) return;
    fail(error, "MTU of interface " + name_ + " (as root: ip link set " + name_ + " mtu " +
                    std::to_string(mtu) + ')');
  }

  using Address = std::array<std::byte, 16>;
  static std::string text(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> out{};
    ::inet_ntop(AF_INET6, address.data(), out.data(), out.size());
    return out.data();
  }
  static bool same_network(const Address& one, const Address& other) {
    return std::memcmp(one.data(), other.data(), prefix_length / 8) == 0;
  }
  void set_address(int socket, const Address& address) const {
    ifreq index = named(name_);
    require(::ioctl(socket, SIOCGIFINDEX, &index), "");
    bool there = false;
    for_each_address([&](const Address& each, unsigned length, unsigned) {
      if (each == address && length == prefix_length) {
        there = true;
      } else if (same_network(each, address)) {  // of an earlier run; programs would send from it
        change_address(socket, SIOCDIFADDR, each, length, index.ifr_ifindex, "del");
      }
    });
    if (!there) change_address(socket, SIOCSIFADDR, address, prefix_length, index.ifr_ifindex, "add");
  }
  void change_address(int socket, unsigned long request, const Address& address, unsigned length, int index,
                      const char* verb) const {
    struct {  // in6_ifreq, which no header of the C library has
      Address address;
      std::uint32_t prefix_length;
      int index;
    } change{address, length, index};
    if (::ioctl(socket, request, &change) == 0) return;
    const error_code error = last_system_error();
    if (error.value() != EEXIST && error.value() != EADDRNOTAVAIL)
      fail(error, "address of interface " + name_ + " (as root: ip addr " + verb + ' ' + text(address) + '/' +
                      std::to_string(length) + " dev " + name_ + ')');
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

  /// Up, and without multicast. Keeps the other flags: without IFF_NOARP the kernel would look for neighbours.
  void raise(int socket) const {
    ifreq request = named(name_);
    require(::ioctl(socket, SIOCGIFFLAGS, &request), "");
    const short old = request.ifr_flags;
    request.ifr_flags = static_cast<short>((old | IFF_UP) & ~IFF_MULTICAST);
    if (request.ifr_flags == old || ::ioctl(socket, SIOCSIFFLAGS, &request) == 0) return;
    const error_code error = last_system_error();
    if ((old & IFF_UP) == 0)
      fail(error, "interface " + name_ + " is down (as root: ip link set " + name_ + " up multicast off)");
  }

  OwnedSocket file_;
  std::string name_;
  unsigned offloads_ = 0;
};

}  // namespace ilnp
