#pragma once

#include <poll.h>

#include <cstdint>

#include "socket.hpp"

namespace ilnp {

/// Tells the buffers that were dropped for want of room from those that a socket's filter discarded, which the kernel counts
/// together. What the filter of the data socket discards is known: own buffers that were looped back, and control messages, which come by the
/// other socket. (A control message that was lost there thereby counts as lost, as it should.)
///
/// The kernel's count is noted at one look and evaluated at the next, when all control messages that it includes have been received: so
/// the result may lag, but is never too high. One thread.
class OverflowCount {
 public:
  std::uint64_t count() const noexcept { return count_; }

  /// Looks at the sockets. `own` is the number of buffers sent so far that are looped back, `control` that of buffers received from
  /// the control socket. Two or three system calls.
  void look(int data_socket, int control_socket, std::uint64_t own, std::uint64_t control) noexcept {
    pollfd waiting{control_socket, POLLIN, 0};
    const bool drained = ::poll(&waiting, 1, 0) == 0;
    if (noted_ && drained && dropped_ > expected_ + control) {
      const std::uint64_t overflow = dropped_ - expected_ - control;
      if (overflow > count_) count_ = overflow;
    }
    if (noted_ && !drained) return;  // what was noted is still to be evaluated
    const std::uint32_t now = dropped_buffers(data_socket);
    dropped_ += now - last_;
    last_ = now;
    expected_ = own;
    noted_ = true;
  }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t dropped_ = 0;   ///< as noted, with the wrap-arounds of the kernel's counter
  std::uint64_t expected_ = 0;  ///< own buffers, as noted
  std::uint32_t last_ = 0;
  bool noted_ = false;
};

}  // namespace ilnp
