#pragma once

#include <poll.h>

#include <cstdint>

#include "socket.hpp"

namespace ilnp {

/// Separates the buffers that were dropped for lack of room from those that a socket's filter discarded, which the kernel counts
/// together. It is known what the filter of the data socket discards: own buffers that were looped back, and control messages,
/// which arrive on the other socket. (So a control message that was lost there counts as lost, as it should.)
///
/// The kernel's count is noted at one check and evaluated at the next, when all control messages
/// that it includes have been received. So the result may lag but is never too high. One thread.
class OverflowCount {
 public:
  /// Datagrams that the kernel has dropped so far, for want of room.
  std::uint64_t count() const noexcept { return count_; }

  /// Checks the sockets. `own` is the number of buffers sent so far that are looped back, `control` that of
  /// buffers received from the control socket. Two system calls.
  void look(int data_socket, int control_socket, std::uint64_t own, std::uint64_t control) noexcept {
    pollfd waiting{control_socket, POLLIN, 0};
    const bool drained = ::poll(&waiting, 1, 0) == 0;
    if (!drained) return;  // the noted count includes messages that are still to be received
    const std::uint32_t now = dropped_buffers(data_socket);
    const bool quiet = now == last_ && own == own_ && control == control_;
    const auto surplus = static_cast<std::int64_t>(dropped_ - own_ - control - balanced_);
    if (surplus > 0) {
      count_ += static_cast<std::uint64_t>(surplus);
    }
    // Own buffers that were sent long ago and have not arrived were lost in the kernel on their way back.
    if (surplus > 0 || quiet) balanced_ += static_cast<std::uint64_t>(surplus);
    dropped_ += now - last_;
    last_ = now;
    own_ = own;
    control_ = control;
  }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t balanced_ = 0;  ///< the difference of the two sides when last settled, modulo 2^64
  std::uint64_t dropped_ = 0;   ///< as noted, with the wrap-arounds of the kernel's counter
  std::uint64_t own_ = 0;       ///< as noted
  std::uint64_t control_ = 0;   ///< as noted
  std::uint32_t last_ = 0;
};

}  // namespace ilnp
