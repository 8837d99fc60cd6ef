#pragma once

#include <algorithm>
#include <string_view>

#include "field.hpp"

namespace ilnp::wire {

// Blocks of a capture file of the next generation (draft-ietf-opsawg-pcapng), little-endian on every machine. Each begins with its
// type and its length, ends with its length again, and is a multiple of four octets long. An option is a code (16), a length (16),
// and that many octets, padded to a multiple of four.

/// The type of a block.
enum class PcapngBlock : std::uint32_t { section = 0x0a0d0d0a, interface = 1, packet = 6 };

/// The next multiple of four: blocks and options are padded to it.
inline constexpr std::size_t pcapng_padded(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }

namespace detail {
/// Writes an option with these octets; returns how many octets of `out` it takes.
inline std::size_t pcapng_option(MutableBytes out, std::uint16_t code, Bytes value) noexcept {
  store_little(out, 0, code);
  store_little(out, 2, static_cast<std::uint16_t>(value.size()));
  const std::size_t padded = pcapng_padded(value.size());
  std::fill_n(out.begin() + 4, padded, std::byte{});
  std::copy(value.begin(), value.end(), out.begin() + 4);
  return 4 + padded;
}
}  // namespace detail

///     +---------------------------------------------------------------+
///   0 |  Type 0x0a0d0d0a                                              |
///   4 |  Length of the block                                          |
///   8 |  Byte order: 0x1a2b3c4d                                       |
///  12 |  Major version 1 (16)         |  Minor version 0 (16)         |
///  16 |  Length of the section: unknown, -1 (64)                      |
///  24 |  Option 4: the program that wrote it; end of the options      |
///     |  Length of the block                                          |
///     +---------------------------------------------------------------+
struct PcapngSectionRepr {
  static constexpr std::size_t max_program = 64;  ///< octets of the program's name; the rest is left out
  std::string_view program;                       ///< at most `max_program` octets

  std::size_t size() const noexcept { return 24 + 4 + pcapng_padded(program.size()) + 4 + 4; }
  static constexpr std::size_t max_size = 24 + 4 + max_program + 4 + 4;

  /// Writes `size()` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    const auto length = static_cast<std::uint32_t>(size());
    store_little(out, 0, static_cast<std::uint32_t>(PcapngBlock::section));
    store_little(out, 4, length);
    store_little<std::uint32_t>(out, 8, 0x1a2b3c4d);
    store_little<std::uint16_t>(out, 12, 1);
    store_little<std::uint16_t>(out, 14, 0);
    store_little<std::uint64_t>(out, 16, UINT64_MAX);
    const std::size_t at = 24 + detail::pcapng_option(out.subspan(24), 4, as_bytes(program));
    store_little<std::uint32_t>(out, at, 0);
    store_little(out, at + 4, length);
  }
};

///     +---------------------------------------------------------------+
///   0 |  Type 1                                                       |
///   4 |  Length of the block                                          |
///   8 |  Link type: 1, Ethernet (16)  |  Reserved (16)                |
///  12 |  Snapshot length: 0, none                                     |
///  16 |  Option 2: name of the interface                              |
///     |  Option 9: times are in units of 10^-9 s; end of the options  |
///     |  Length of the block                                          |
///     +---------------------------------------------------------------+
struct PcapngInterfaceRepr {
  static constexpr std::size_t max_name = 64;  ///< octets of an interface's name; the rest is left out
  std::string_view name;                       ///< at most `max_name` octets

  std::size_t size() const noexcept { return 16 + 4 + pcapng_padded(name.size()) + 8 + 4 + 4; }
  static constexpr std::size_t max_size = 16 + 4 + max_name + 8 + 4 + 4;

  /// Writes `size()` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    const auto length = static_cast<std::uint32_t>(size());
    store_little(out, 0, static_cast<std::uint32_t>(PcapngBlock::interface));
    store_little(out, 4, length);
    store_little<std::uint32_t>(out, 8, 1);
    store_little<std::uint32_t>(out, 12, 0);
    std::size_t at = 16 + detail::pcapng_option(out.subspan(16), 2, as_bytes(name));
    constexpr std::byte nanoseconds[] = {std::byte{9}};
    at += detail::pcapng_option(out.subspan(at), 9, nanoseconds);
    store_little<std::uint32_t>(out, at, 0);
    store_little(out, at + 4, length);
  }
};

/// In front of a frame:
///
///     +---------------------------------------------------------------+
///   0 |  Type 6                                                       |
///   4 |  Length of the block                                          |
///   8 |  Number of the interface, from 0                              |
///  12 |  Time since 1970, upper half                                  |
///  16 |  Time since 1970, lower half                                  |
///  20 |  Length in the file                                           |
///  24 |  Length on the network                                        |
///     +---------------------------------------------------------------+
///
/// After it, and after zeros up to a multiple of four octets:
///
///     +---------------------------------------------------------------+
///   0 |  Option 2: direction; 1: in, 2: out (8 octets)                |
///   8 |  Option 4: packets lost before this one (12 octets)           |
///  20 |  End of the options                                           |
///  24 |  Length of the block                                          |
///     +---------------------------------------------------------------+
struct PcapngPacketRepr {
  /// Whether the frame arrived or was sent.
  enum class Direction : std::uint32_t { in = 1, out = 2 };

  static constexpr std::size_t head_size = 28;
  static constexpr std::size_t tail_size = 28;

  std::uint32_t interface = 0;
  std::uint64_t nanoseconds = 0;  ///< since 1970
  std::uint32_t length = 0;       ///< of the frame, octets
  Direction direction = Direction::in;
  std::uint64_t lost = 0;

  /// Octets after the frame.
  std::size_t padding() const noexcept { return pcapng_padded(length) - length; }
  /// Of the whole block.
  std::size_t size() const noexcept { return head_size + pcapng_padded(length) + tail_size; }

  /// Writes `head_size` octets to the front of `out`.
  void write_head(MutableBytes out) const noexcept {
    store_little(out, 0, static_cast<std::uint32_t>(PcapngBlock::packet));
    store_little(out, 4, static_cast<std::uint32_t>(size()));
    store_little(out, 8, interface);
    store_little(out, 12, static_cast<std::uint32_t>(nanoseconds >> 32));
    store_little(out, 16, static_cast<std::uint32_t>(nanoseconds));
    store_little(out, 20, length);
    store_little(out, 24, length);
  }
  /// Writes `padding() + tail_size` octets to the front of `out`.
  void write_tail(MutableBytes out) const noexcept {
    std::fill_n(out.begin(), padding(), std::byte{});
    out = out.subspan(padding());
    store_little<std::uint32_t>(out, 0, 2 | 4 << 16);
    store_little(out, 4, static_cast<std::uint32_t>(direction));
    store_little<std::uint32_t>(out, 8, 4 | 8 << 16);
    store_little(out, 12, lost);
    store_little<std::uint32_t>(out, 20, 0);
    store_little(out, 24, static_cast<std::uint32_t>(size()));
  }
};

}  // namespace ilnp::wire
