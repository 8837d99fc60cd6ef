#pragma once

#include "../frame_class.hpp"
#include "ilnp_header.hpp"

namespace ilnp::wire {

/// The overlay's wire format (docs/wire-formats.md).
struct Overlay {
  /// What the network layers of nodes say to each other, as opposed to what they carry.
  static constexpr bool is_control(NextHeader next_header) noexcept {
    return next_header == NextHeader::discovery || next_header == NextHeader::locator_update ||
           next_header == NextHeader::handshake;
  }

  static constexpr FrameClass class_of(Bytes start) noexcept {
    if (start.size() <= IlnpHeader::next_header_offset) return FrameClass::data;
    return is_control(NextHeader{std::to_integer<std::uint8_t>(start[IlnpHeader::next_header_offset])})
               ? FrameClass::control
               : FrameClass::data;
  }

  static constexpr BpfProgram classifying_program(std::uint32_t at, std::uint32_t data,
                                                  std::uint32_t control) noexcept {
    constexpr auto value = [](NextHeader next_header) { return static_cast<std::uint32_t>(next_header); };
    const std::uint32_t next_header = at + static_cast<std::uint32_t>(IlnpHeader::next_header_offset);
    return BpfProgram()
        .load_size()
        .jump_if_at_least(next_header + 1, 0, 4)
        .load_octet(next_header)
        .jump_if_equal(value(NextHeader::discovery), 3, 0)
        .jump_if_equal(value(NextHeader::locator_update), 2, 0)
        .jump_if_equal(value(NextHeader::handshake), 1, 0)
        .result(data)
        .result(control);
  }

  static constexpr FrameClassifier classifier{IlnpHeader::next_header_offset + 1, class_of,
                                              classifying_program};
};

}  // namespace ilnp::wire
