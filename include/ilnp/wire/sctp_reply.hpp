#pragma once

#include "sctp_packet.hpp"

namespace ilnp::wire {

/// The reply of a node without such an association (RFC 9260, sections 5.1 and 8.4): a packet with one chunk that is only a
/// header, ABORT or SHUTDOWN COMPLETE. `SctpHeader` and `SctpPacket` have the diagrams.
struct SctpReplyRepr {
  static constexpr std::size_t size = SctpHeader::size + SctpHeader::chunk_header;

  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t tag = 0;
  SctpPacket::Type type = SctpPacket::abort;
  bool reflected = false;  ///< the tag is that of the received packet, because the node has none of its own

  /// The reply to `packet`; none if it should not be answered.
  static std::optional<SctpReplyRepr> to(const SctpPacket& packet) noexcept {
    const SctpHeader& header = packet.header();
    SctpReplyRepr answer{header.destination_port(), header.source_port(), header.verification_tag()};
    switch (packet.first_chunk()) {
      case SctpPacket::init:
        answer.tag = packet.initiate_tag();
        return answer;
      case SctpPacket::abort:
      case SctpPacket::shutdown_complete:
      case SctpPacket::cookie_ack:
      case SctpPacket::error:
        return std::nullopt;
      case SctpPacket::shutdown_ack:
        answer.type = SctpPacket::shutdown_complete;
        break;
      default:
        if (packet.aborts()) return std::nullopt;
    }
    answer.reflected = true;
    return answer;
  }

  /// Writes `size` octets to the front of `out`; the checksum is zero.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, source_port);
    store(out, 2, destination_port);
    store(out, 4, tag);
    store(out, 8, std::uint32_t{0});
    store(out, 12, static_cast<std::uint8_t>(type));
    store(out, 13, static_cast<std::uint8_t>(reflected ? 1 : 0));
    store(out, 14, static_cast<std::uint16_t>(SctpHeader::chunk_header));
  }
};

}  // namespace ilnp::wire
