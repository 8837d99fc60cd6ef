#pragma once

#include <algorithm>

#include "field.hpp"

namespace ilnp::wire {

/// The messages that carry a datagram longer than a frame (docs/wire-formats.md, "Long datagrams"). They go to STP port 0, which
/// no program can use and on which a node without this extension does not listen. The source port of a fragment's STP header
/// is that of the datagram.
enum class FragmentKind : std::uint8_t { probe = 1, reply = 2, fragment = 3 };

///      0                   1                   2                   3
///     +---------------+-----------------------------------------------+
///   0 |   Kind = 1    |              Zero (ignored)                   |
///     +---------------+-----------------------------------------------+
///   4 |                             Nonce                             |   probe: do you reassemble fragments?
///     +---------------------------------------------------------------+
///
///     +---------------+-----------------------------------------------+
///   0 |   Kind = 2    |              Zero (ignored)                   |
///     +---------------+-----------------------------------------------+
///   4 |                      Nonce of the probe                       |
///     +---------------------------------------------------------------+
///   8 |                              Key                              |   reply: yes, if they carry this key
///     +---------------------------------------------------------------+
///
///     +---------------+---------------+-------------------------------+
///   0 |   Kind = 3    |     Zero      |       Destination port        |
///     +---------------+---------------+-------------------------------+
///   4 |                       Key of the reply                        |
///     +---------------------------------------------------------------+
///   8 |                        Datagram number                        |
///     +-------------------------------+-------------------------------+
///  12 |          Total length         |             Stride            |
///     +-------------------------------+-------------------------------+
///  16 |             Index             |   then the octets of the datagram from Stride x Index on:
///     +-------------------------------+   Stride of them, or as many as are left
///
/// A fragment states how its datagram is divided, so fragments that agree on that overlap only if they have the same index.
class FragmentMessage {
 public:
  static constexpr std::size_t probe_size = 8;
  static constexpr std::size_t reply_size = 12;
  static constexpr std::size_t fragment_header_size = 18;
  static constexpr std::size_t max_total = 65'507;   ///< octets: the limit of UDP over IPv4
  static constexpr std::size_t max_fragments = 256;  ///< of one datagram

  /// Rejects an unknown kind, a probe or reply of the wrong size, and a fragment that has the wrong length, lies outside its
  /// datagram, or belongs to a datagram that is too long or has one fragment or too many.
  static Parsed<FragmentMessage> parse(Bytes payload) noexcept {
    if (payload.size() < probe_size) return Malformed::too_short;
    const FragmentMessage message(payload);
    switch (message.kind()) {
      case FragmentKind::probe:
        if (payload.size() != probe_size) return Malformed::wrong_length;
        return message;
      case FragmentKind::reply:
        if (payload.size() != reply_size) return Malformed::wrong_length;
        return message;
      case FragmentKind::fragment:
        if (payload.size() < fragment_header_size) return Malformed::too_short;
        if (!message.fits()) return Malformed::wrong_length;
        return message;
    }
    return Malformed::unknown_type;
  }

  FragmentKind kind() const noexcept { return static_cast<FragmentKind>(load<std::uint8_t>(payload_, 0)); }

  /// Of a probe or a reply.
  std::uint32_t nonce() const noexcept { return load<std::uint32_t>(payload_, 4); }
  /// Of a reply or a fragment.
  std::uint32_t key() const noexcept {
    return load<std::uint32_t>(payload_, kind() == FragmentKind::reply ? 8 : 4);
  }

  // Of a fragment.
  std::uint16_t destination_port() const noexcept { return load<std::uint16_t>(payload_, 2); }
  std::uint32_t datagram() const noexcept { return load<std::uint32_t>(payload_, 8); }
  std::size_t total() const noexcept { return load<std::uint16_t>(payload_, 12); }
  std::size_t stride() const noexcept { return load<std::uint16_t>(payload_, 14); }
  std::size_t index() const noexcept { return load<std::uint16_t>(payload_, 16); }
  /// Where its octets belong in the datagram.
  std::size_t offset() const noexcept { return stride() * index(); }
  /// How many fragments the datagram has.
  std::size_t fragments() const noexcept { return (total() + stride() - 1) / stride(); }
  /// Borrowed from the payload.
  Bytes octets() const noexcept { return payload_.subspan(fragment_header_size); }

 private:
  explicit FragmentMessage(Bytes payload) noexcept : payload_(payload) {}

  bool fits() const noexcept {
    if (stride() == 0 || total() <= stride() || total() > max_total) return false;
    if (fragments() > max_fragments || index() >= fragments()) return false;
    return payload_.size() - fragment_header_size == std::min(stride(), total() - offset());
  }

  Bytes payload_;
};

struct FragmentProbeRepr {
  std::uint32_t nonce = 0;

  /// Writes `FragmentMessage::probe_size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, std::uint32_t{static_cast<std::uint8_t>(FragmentKind::probe)} << 24);
    store(out, 4, nonce);
  }
};

struct FragmentReplyRepr {
  std::uint32_t nonce = 0;
  std::uint32_t key = 0;

  /// Writes `FragmentMessage::reply_size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, std::uint32_t{static_cast<std::uint8_t>(FragmentKind::reply)} << 24);
    store(out, 4, nonce);
    store(out, 8, key);
  }
};

/// The header of a fragment.
struct FragmentHeaderRepr {
  std::uint16_t destination_port = 0;
  std::uint32_t key = 0;
  std::uint32_t datagram = 0;
  std::uint16_t total = 0;
  std::uint16_t stride = 0;
  std::uint16_t index = 0;

  /// Writes `FragmentMessage::fragment_header_size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, std::uint32_t{static_cast<std::uint8_t>(FragmentKind::fragment)} << 24 | destination_port);
    store(out, 4, key);
    store(out, 8, datagram);
    store(out, 12, std::uint32_t{total} << 16 | stride);
    store(out, 16, index);
  }
};

}  // namespace ilnp::wire
