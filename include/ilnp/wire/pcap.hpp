#pragma once

#include "field.hpp"

namespace ilnp::wire {

/// A capture file for libpcap and Wireshark (draft-ietf-opsawg-pcap), little-endian on every machine.
///
///     +---------------------------------------------------------------+
///   0 |  Magic number 0xa1b2c3d4: times are in microseconds           |
///   4 |  Major version 2 (16)         |  Minor version 4 (16)         |
///   8 |  Reserved, 0                                                  |
///  12 |  Reserved, 0                                                  |
///  16 |  Snapshot length: no frame in the file is longer              |
///  20 |  Link type: 1, Ethernet                                       |
///     +---------------------------------------------------------------+
struct PcapFileHeaderRepr {
  static constexpr std::size_t size = 24;
  static constexpr std::uint32_t snapshot_length = 262144;  ///< octets; no frame is longer

  /// Writes `size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store_little<std::uint32_t>(out, 0, 0xa1b2c3d4);
    store_little<std::uint16_t>(out, 4, 2);
    store_little<std::uint16_t>(out, 6, 4);
    store_little<std::uint32_t>(out, 8, 0);
    store_little<std::uint32_t>(out, 12, 0);
    store_little<std::uint32_t>(out, 16, snapshot_length);
    store_little<std::uint32_t>(out, 20, 1);
  }
};

/// In front of each frame of the file:
///
///     +---------------------------------------------------------------+
///   0 |  Time, seconds since 1970                                     |
///   4 |  Time, microseconds of the second                             |
///   8 |  Length in the file                                           |
///  12 |  Length on the network                                        |
///     +---------------------------------------------------------------+
struct PcapRecordHeaderRepr {
  static constexpr std::size_t size = 16;

  std::uint32_t seconds = 0;
  std::uint32_t microseconds = 0;
  std::uint32_t captured = 0;  ///< octets in the file
  std::uint32_t length = 0;    ///< octets on the network, at least `captured`

  /// Writes `size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store_little(out, 0, seconds);
    store_little(out, 4, microseconds);
    store_little(out, 8, captured);
    store_little(out, 12, length);
  }
};

}  // namespace ilnp::wire
