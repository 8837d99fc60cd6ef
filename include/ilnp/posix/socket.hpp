#pragma once

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "../base/error.hpp"

namespace ilnp {

/// The operating system's last error on this thread.
inline error_code last_system_error() noexcept { return {errno, boost::system::system_category()}; }

/// Owns a file descriptor. Movable; one thread.
class OwnedSocket {
 public:
  OwnedSocket() noexcept = default;
  /// Takes over the descriptor; -1: none.
  explicit OwnedSocket(int handle) noexcept : handle_(handle) {}
  /// Takes over the descriptor of `other`, which has none then.
  OwnedSocket(OwnedSocket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  /// The same. Closes its own first.
  OwnedSocket& operator=(OwnedSocket&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~OwnedSocket() {
    if (handle_ >= 0) ::close(handle_);
  }

  /// A UDP socket that does not block. Throws `boost::system::system_error`.
  static OwnedSocket udp(int family) {
    const int handle = ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (handle < 0) throw boost::system::system_error(last_system_error(), "UDP socket");
    return OwnedSocket(handle);
  }

  /// Stays owned by this object. -1 if there is none.
  int native_handle() const noexcept { return handle_; }

 private:
  int handle_ = -1;
};

/// Sets one option of a socket. The functions here take a plain handle, so that they work with Asio's sockets too.
template <class T>
error_code set_option(int socket, int level, int name, const T& value) noexcept {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0 ? error_code() : last_system_error();
}

/// Sets an option without which the socket is useless. Throws `boost::system::system_error` that names `what`.
template <class T>
void require_option(int socket, int level, int name, const T& value, const char* what) {
  if (const auto error = set_option(socket, level, name, value))
    throw boost::system::system_error(error, what);
}

/// Reads an integer option; -1 if the kernel does not have it.
inline int get_option(int socket, int level, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, level, name, &value, &size) == 0 ? value : -1;
}

/// Lets the kernel hand over several datagrams of one sender in one buffer (UDP GRO):
/// read them with `ReceiveBatch`. False if this kernel cannot, which is not an error.
inline bool enable_receive_coalescing(int socket) noexcept {
  return !set_option(socket, IPPROTO_UDP, UDP_GRO, 1);
}

/// True if the kernel can split one buffer into several datagrams (UDP GSO). A device may still refuse.
inline bool supports_segmentation(int socket) noexcept {
  return get_option(socket, IPPROTO_UDP, UDP_SEGMENT) >= 0;
}

/// The requested and the granted size of a socket's buffer, in octets (in the kernel's
/// accounting, which charges more than a datagram's size).
struct BufferSize {
  int requested = 0;  ///< octets
  int granted = 0;    ///< octets

  /// The kernel granted less than requested (`net.core.rmem_max`): bursts are lost sooner; everything else works.
  bool refused() const noexcept { return granted < requested; }
};

namespace detail {
inline BufferSize set_buffer(int socket, int force, int plain, int octets) noexcept {
  if (set_option(socket, SOL_SOCKET, force, octets)) (void)set_option(socket, SOL_SOCKET, plain, octets);
  // The kernel doubles the requested size to cover its overhead.
  return {octets, get_option(socket, SOL_SOCKET, plain) / 2};
}
}  // namespace detail

/// Requests a receive buffer of `octets`, beyond the system's limit if the process is allowed to.
inline BufferSize set_receive_buffer(int socket, int octets) noexcept {
  return detail::set_buffer(socket, SO_RCVBUFFORCE, SO_RCVBUF, octets);
}

/// The same for the send buffer.
inline BufferSize set_send_buffer(int socket, int octets) noexcept {
  return detail::set_buffer(socket, SO_SNDBUFFORCE, SO_SNDBUF, octets);
}

/// The number of buffers that the kernel has dropped at this socket since it was opened, for lack of room or because its
/// filter or a checksum rejected them. It is the count that `SO_RXQ_OVFL` attaches to a later datagram, but readable
/// when none follows. A buffer may hold many datagrams (UDP GRO). 0 if the kernel does not tell. One system call.
inline std::uint32_t dropped_buffers(int socket) noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0 ? info[SK_MEMINFO_DROPS] : 0;
}

}  // namespace ilnp
