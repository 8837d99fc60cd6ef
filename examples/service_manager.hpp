#pragma once

// Tells systemd, or what else started the program, how it is doing.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ilnp/posix/socket.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace program {

/// The socket in the variable NOTIFY_SOCKET (sd_notify(3)): a path, or an abstract name after `@`. Does nothing without that variable.
/// Never blocks; a message that does not fit the socket's queue is lost.
class ServiceManager {
 public:
  ServiceManager() : ServiceManager(std::getenv("NOTIFY_SOCKET")) {}
  explicit ServiceManager(const char* name) {
    if (!name || (name[0] != '/' && name[0] != '@') || name[1] == '\0') return;
    const std::size_t size = std::strlen(name);
    if (size >= sizeof address_.sun_path) return;
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, name, size);
    if (name[0] == '@') address_.sun_path[0] = '\0';
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
    socket_ = ilnp::OwnedSocket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }

  bool listens() const noexcept { return socket_.native_handle() >= 0; }

  /// Sends lines of the form `NAME=VALUE`. False if they were not sent.
  bool tell(std::string_view lines) const noexcept {
    if (!listens()) return false;
    ssize_t sent = 0;
    do {
      sent = ::sendto(socket_.native_handle(), lines.data(), lines.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                      reinterpret_cast<const sockaddr*>(&address_), size_);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(lines.size());
  }

  /// How often it wants to be told `WATCHDOG=1`, at least (sd_watchdog_enabled(3)); none if it does not.
  static std::optional<std::chrono::microseconds> watchdog() {
    return watchdog(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"));
  }
  static std::optional<std::chrono::microseconds> watchdog(const char* period, const char* process) {
    const auto time = number(period);
    if (!time || *time == 0 || (process && number(process) != static_cast<std::uint64_t>(::getpid())))
      return std::nullopt;
    return std::chrono::microseconds(*time);
  }

 private:
  static std::optional<std::uint64_t> number(const char* text) noexcept {
    if (!text) return std::nullopt;
    const char* last = text + std::strlen(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text, last, value);
    if (error != std::errc{} || end != last || value > std::uint64_t{1} << 62) return std::nullopt;
    return value;
  }

  sockaddr_un address_{};
  socklen_t size_ = 0;
  ilnp::OwnedSocket socket_;
};

}  // namespace program
