#pragma once

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "../base/bytes.hpp"
#include "../base/error.hpp"
#include "interface_setup.hpp"
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
    const InterfaceSetup setup(name_);
    setup.enable_ipv6();
    setup.quieten();
    setup.set_mtu(config.mtu);
    setup.set_queue(queue_length);
    setup.set_address(config.address);
    setup.raise();
    setup.wait_until_usable(config.address);
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
    const OwnedSocket socket = detail::interface_socket();
    ifreq existing = detail::interface_request(name);
    const bool exists = ::ioctl(socket.native_handle(), SIOCGIFINDEX, &existing) == 0;
    ifreq request = detail::interface_request(name);
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

  OwnedSocket file_;
  std::string name_;
  unsigned offloads_ = 0;
};

}  // namespace ilnp
