#pragma once

#include "../base/frame_class.hpp"
#include "discovery.hpp"
#include "format.hpp"
#include "ilnp_header.hpp"
#include "locator_update.hpp"

namespace ilnp::wire {

/// The overlay's wire format (docs/wire-formats.md), and so that of the first implementation. Models `Format`.
struct Overlay {
  using Header = IlnpHeader;
  using HeaderRepr = IlnpHeaderRepr;
  using Discovery = wire::Discovery;
  using DiscoveryRepr = wire::DiscoveryRepr;
  using LocatorUpdate = wire::LocatorUpdate;
  using LocatorUpdateRepr = wire::LocatorUpdateRepr;
  using Session = NoSession;

  static constexpr std::size_t max_header_size = IlnpHeader::size;
  static constexpr std::size_t max_payload = UINT16_MAX;
  static constexpr std::size_t path_size = 34;

  static Kind kind(const Header& header) noexcept {
    switch (NextHeader{header.next_header()}) {
      case NextHeader::discovery:
        return Kind::discovery;
      case NextHeader::locator_update:
        return Kind::locator_update;
      default:
        return Kind::packet;
    }
  }
  /// Of the messages of the network layer; `kind` is not `packet`.
  static constexpr std::uint8_t next_header(Kind kind) noexcept {
    return static_cast<std::uint8_t>(kind == Kind::discovery ? NextHeader::discovery
                                                             : NextHeader::locator_update);
  }
  static std::span<const std::byte, path_size> path(const Header& header) noexcept { return header.path(); }
  static Identity identity(const Header& header) noexcept {
    return {header.frame().subspan(8), header.next_header()};
  }
  static void set_hop_limit(MutableBytes frame, std::uint8_t hop_limit) noexcept {
    wire::set_hop_limit(frame, hop_limit);
  }

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
static_assert(Format<Overlay>);

}  // namespace ilnp::wire
