#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

#include "../error.hpp"
#include "frame_class.hpp"
#include "socket.hpp"

namespace ilnp {

/// Lets the kernel discard, before it is queued, every frame that this node itself sent (multicast loopback
/// brings them back), and those of the other class. A frame is one's own if it comes from `own_port` and was
/// looped back; if the interface is `lo` (`loopback_interface`), from where nothing else can come, the port
/// alone tells. Frames of another host that happens to use the same port pass. Needs no privilege. The kernel
/// counts what is discarded among the socket's drops.
///
/// A classic BPF program over the datagram from its UDP header on:
///
///         ldh [0]; jne own_port, class         the source port
///         ld #type; jeq #loopback, discard     not on lo
///     class:
///         ld #len; jlt #15, data               too short to have a next header
///         ldb [14]; jeq #43, control; jeq #44, control
///     data:    ret #-1 or #0
///     control: ret #0 or #-1
inline error_code attach_own_frame_filter(int socket, std::uint16_t own_port, bool loopback_interface,
                                          FrameClass wanted) noexcept {
  constexpr std::uint32_t all = 0xffffffff;
  constexpr std::uint32_t udp_header = 8;
  constexpr std::uint32_t next_header = udp_header + next_header_offset;
  constexpr auto discovery = static_cast<std::uint32_t>(wire::NextHeader::discovery);
  constexpr auto locator_update = static_cast<std::uint32_t>(wire::NextHeader::locator_update);
  const std::uint32_t data = wanted == FrameClass::data ? all : 0;
  const std::uint32_t control = wanted == FrameClass::data ? 0 : all;
  constexpr auto packet_type = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  // Jumps count the instructions to skip: (if true, if false).
  std::array<sock_filter, 12> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_port, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, packet_type),
      loopback_interface ? sock_filter BPF_STMT(BPF_RET | BPF_K, 0)
                         : sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_LOOPBACK, 7, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, next_header + 1, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, next_header),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, discovery, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, locator_update, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, data),
      BPF_STMT(BPF_RET | BPF_K, control),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter);
}

}  // namespace ilnp
