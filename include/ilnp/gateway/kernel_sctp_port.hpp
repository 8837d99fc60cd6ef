#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../base/context.hpp"
#include "../posix/socket.hpp"

namespace ilnp {

/// The UDP port that the kernel itself uses on this host for SCTP in UDP (RFC 6951, `net.sctp.udp_port`); 0 for none.
///
/// Datagrams to it must not be sent with UDP GSO: Linux 6.1 panics in the checksum of an SCTP packet from such a train, as soon
/// as there is an association.
///
/// Costs one system call for each query, or one a second if the kernel has no SCTP. One thread.
class KernelSctpPort {
 public:
  static constexpr const char* setting = "/proc/sys/net/sctp/udp_port";  ///< of this network namespace

  /// `file`: for tests.
  explicit KernelSctpPort(std::string file = setting) : file_(std::move(file)) {}

  /// The port now.
  std::uint16_t read(TimePoint now) noexcept {
    if (setting_.native_handle() < 0 && now >= try_at_) {
      setting_ = OwnedSocket(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));  // the module may be loaded later
      try_at_ = now + std::chrono::seconds(1);
    }
    if (setting_.native_handle() < 0) return 0;
    char text[16];
    const ssize_t size = ::pread(setting_.native_handle(), text, sizeof text, 0);
    std::uint16_t port = 0;
    if (size > 0) std::from_chars(text, text + size, port);
    return port;
  }

 private:
  std::string file_;
  OwnedSocket setting_;  // a file; it is closed like a socket
  TimePoint try_at_ = long_ago;
};

}  // namespace ilnp
