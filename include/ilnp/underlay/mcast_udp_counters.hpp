#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of a multicast underlay since its construction.
struct McastUdpCounters {
  static constexpr std::string_view layer = "link";

  std::uint64_t frames_in = 0;        ///< handed up
  std::uint64_t buffers_in = 0;       ///< buffers that they arrived in (several frames each, with UDP GRO)
  std::uint64_t control_in = 0;       ///< of these, buffers that arrived on the socket for control messages
  std::uint64_t frames_out = 0;       ///< sent
  std::uint64_t buffers_out = 0;      ///< buffers that they left in (several frames each, with UDP GSO)
  std::uint64_t wrong_group = 0;      ///< frames to an address that is not the group of a joined locator
  std::uint64_t wrong_interface = 0;  ///< frames that arrived on another interface
  std::uint64_t too_long = 0;         ///< frames longer than the link allows
  std::uint64_t truncated = 0;        ///< frames that the kernel truncated
  /// Buffers (not frames: with UDP GRO one may hold 64) that the kernel dropped because the socket's buffer was full. Known up
  /// to a second late, and never too high: the frames that the socket's filter discards are subtracted from the kernel's count.
  std::uint64_t receive_overflow = 0;
  std::uint64_t send_errors = 0;   ///< frames of a batch that could not be sent
  std::uint64_t gso_refusals = 0;  ///< trains (UDP GSO) that were refused and sent frame by frame
  std::uint64_t gso_fallbacks =
      0;  ///< 1 once trains are no longer used, because the kernel or the device rejects them
  std::uint64_t link_changes = 0;   ///< how often the interface disappeared or appeared
  std::uint64_t link_failures = 0;  ///< how often it became unusable
  std::uint64_t send_failures = 0;  ///< how often frames to a network could not be sent for a while
  std::uint64_t groups_lost = 0;    ///< memberships that the kernel lost and that were joined again

  /// Calls `each(const char* name, std::uint64_t value)` for all of them.
  template <class Each>
  void for_each(Each&& each) const {
    each("frames_in", frames_in);
    each("buffers_in", buffers_in);
    each("control_in", control_in);
    each("frames_out", frames_out);
    each("buffers_out", buffers_out);
    each("wrong_group", wrong_group);
    each("wrong_interface", wrong_interface);
    each("too_long", too_long);
    each("truncated", truncated);
    each("receive_overflow", receive_overflow);
    each("send_errors", send_errors);
    each("gso_refusals", gso_refusals);
    each("gso_fallbacks", gso_fallbacks);
    each("link_changes", link_changes);
    each("link_failures", link_failures);
    each("send_failures", send_failures);
    each("groups_lost", groups_lost);
  }
};

}  // namespace ilnp
