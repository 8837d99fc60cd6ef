#pragma once

#include "../base/address.hpp"
#include "field.hpp"

namespace ilnp::wire {

/// The headers around an overlay frame on Ethernet, for a capture file. On a real network the kernel writes them.
///
///     +----------------------+-------------------------+------------------+----------------
///     |  Ethernet (14)       |  IPv6 (40)              |  UDP (8)         |  overlay frame
///     +----------------------+-------------------------+------------------+----------------
///   0   to 33:33:group low 32  14  from fe80::sender      54  port to port
///   6   from 02:sender low 40      to ff12:0:U:0:locator      length
///  12   type 0x86dd                next header 17, hops 1     checksum
///
/// RFC 2464 (section 7), RFC 8200 (section 3), RFC 768. The multicast group of a locator: docs/wire-formats.md, "Underlay".
struct UdpEncapsulationRepr {
  static constexpr std::size_t size = 62;
  /// The longest frame that the 16-bit lengths can express, in octets.
  static constexpr std::size_t max_frame = 65535 - 8;

  std::uint64_t sender = 0;  ///< becomes the interface identifier of the link-local source address
  Locator group;
  std::uint16_t user_id = 0;
  std::uint16_t port = 0;

  /// Writes `size` octets to the front of `out`, for a frame of `head` and `payload` (together at most
  /// `max_frame` octets), which the checksum covers. Cost: reads the whole frame once.
  void write_to(MutableBytes out, Bytes head, Bytes payload) const noexcept {
    const auto length = static_cast<std::uint16_t>(8 + head.size() + payload.size());
    store<std::uint16_t>(out, 0, 0x3333);
    store(out, 2, static_cast<std::uint32_t>(group.value()));
    store<std::uint8_t>(out, 6, 0x02);
    store(out, 7, static_cast<std::uint8_t>(sender >> 32));
    store(out, 8, static_cast<std::uint32_t>(sender));
    store<std::uint16_t>(out, 12, 0x86dd);
    store<std::uint32_t>(out, 14, 0x6000'0000);
    store(out, 18, length);
    store<std::uint8_t>(out, 20, 17);
    store<std::uint8_t>(out, 21, 1);
    store<std::uint64_t>(out, 22, 0xfe80'0000'0000'0000);
    store(out, 30, sender);
    store(out, 38, std::uint64_t{0xff12'0000'0000'0000} | std::uint64_t{user_id} << 16);
    store(out, 46, group.value());
    store(out, 54, port);
    store(out, 56, port);
    store(out, 58, length);
    store<std::uint16_t>(out, 60, 0);
    store(out, 60, checksum(Bytes(out).subspan(22, 38), head, payload));
  }

 private:
  /// Adds a part in words of two octets. `odd`: everything before had an odd length, so the first octet completes a word.
  static void add(std::uint64_t& sum, bool& odd, Bytes piece) noexcept {
    if (odd && !piece.empty()) {
      sum += load<std::uint8_t>(piece, 0);
      piece = piece.subspan(1);
      odd = false;
    }
    for (std::size_t at = 0; at + 1 < piece.size(); at += 2) sum += load<std::uint16_t>(piece, at);
    if (piece.size() % 2 == 0) return;
    sum += std::uint64_t{load<std::uint8_t>(piece, piece.size() - 1)} << 8;
    odd = true;
  }

  /// RFC 1071 over the addresses, the UDP header and the frame, and the rest of the pseudo-header (RFC 8200,
  /// section 8.1).
  static std::uint16_t checksum(Bytes addresses_and_udp, Bytes head, Bytes payload) noexcept {
    std::uint64_t sum = 17 + 8 + head.size() + payload.size();
    bool odd = false;
    add(sum, odd, addresses_and_udp);
    add(sum, odd, head);
    add(sum, odd, payload);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    const auto folded = static_cast<std::uint16_t>(~sum);
    return folded == 0 ? std::uint16_t{0xffff} : folded;  // 0 would mean no checksum
  }
};

}  // namespace ilnp::wire
