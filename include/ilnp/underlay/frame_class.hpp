#pragma once

#include <cstddef>
#include <cstdint>

#include "../packet.hpp"
#include "../wire/ilnp_header.hpp"

namespace ilnp {

/// Control messages have a receive socket, and so a queue, of their own, lest they be lost when data overflows.
enum class FrameClass : std::uint8_t {
  data,     ///< all but control messages
  control,  ///< discovery and locator updates
};

/// Where a frame says which it is (see `wire::IlnpHeader`).
inline constexpr std::size_t next_header_offset = 6;

/// The class of a frame that is about to be sent. One that is too short to tell is data.
inline FrameClass class_of(const Packet& packet) noexcept {
  const Bytes head = packet.head();
  if (packet.size() <= next_header_offset) return FrameClass::data;
  const std::byte octet = head.size() > next_header_offset
                              ? head[next_header_offset]
                              : packet.payload()[next_header_offset - head.size()];
  const auto next_header = static_cast<wire::NextHeader>(octet);
  return next_header == wire::NextHeader::discovery || next_header == wire::NextHeader::locator_update
             ? FrameClass::control
             : FrameClass::data;
}

}  // namespace ilnp
