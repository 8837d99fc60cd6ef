#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

#include "../base/error.hpp"
#include "../base/frame_class.hpp"
#include "../posix/socket.hpp"

namespace ilnp {

/// Discards every frame that this node itself sent (multicast loopback brings them back), and those of the other class. A frame
/// is the node's own if it comes from `own_port` and was looped back; if the interface is `lo` (`loopback_interface`), where
/// nothing else arrives, the port alone decides. Frames of another host that happens to use the same port pass.
///
/// A classic BPF program over the datagram from its UDP header on:
///
///         ldh [0]; jne own_port, class         the source port
///         ld #type; jne #loopback, class       not on lo
///         ret #0
///     class:
///         the classifier's program, which returns -1 (all octets) for frames of the class, and 0 for others
inline BpfProgram own_frame_filter(std::uint16_t own_port, bool loopback_interface, FrameClass wanted,
                                   const FrameClassifier& classifier) noexcept {
  constexpr std::uint32_t all = 0xffffffff;
  constexpr std::uint32_t udp_header = 8;
  constexpr auto packet_type = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  BpfProgram program;
  program.load_two_octets(0);
  if (loopback_interface) {
    program.jump_if_equal(own_port, 0, 1);
  } else {
    program.jump_if_equal(own_port, 0, 3).load_word(packet_type).jump_if_equal(PACKET_LOOPBACK, 0, 1);
  }
  program.result(0);
  return program.append(wanted == FrameClass::data ? classifier.bpf(udp_header, all, 0)
                                                   : classifier.bpf(udp_header, 0, all));
}

/// Lets the kernel apply that filter before a frame is queued; it replaces the former one. Needs no privilege. The kernel counts
/// what is discarded among the socket's drops.
inline error_code attach_filter(int socket, const BpfProgram& program) noexcept {
  std::array<sock_filter, BpfProgram::max_size> instructions;
  const auto from = program.instructions();
  for (std::size_t at = 0; at < from.size(); ++at)
    instructions[at] = {from[at].code, from[at].if_true, from[at].if_false, from[at].value};
  const sock_fprog filter{static_cast<unsigned short>(from.size()), instructions.data()};
  return set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter);
}

}  // namespace ilnp
