#pragma once

#include <optional>

#include "sctp_header.hpp"
#include "sctp_parameters.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///   0 |     Type      |     Flags     |            Length             |   without the padding
///     +---------------+---------------+-------------------------------+
///   4 |  Value, and up to three octets of padding
///     +---------------------------------------------------------------+
///
/// The diagram shows the header of a chunk. The class is an SCTP packet (RFC 9260, section 3) all of whose chunks, parameters
/// and causes have a valid length, so that it is safe for a library that trusts the lengths that it reads.
///
/// Knows RFC 9260 and no extension, because a node offers none. So it rejects more than malformed packets, but nothing that a
/// peer sends after a correct handshake:
/// - extensions: AUTH, ASCONF, RE-CONFIG, FORWARD-TSN, NR-SACK, I-DATA, packet drop reports, ECN;
/// - chunks of other unknown types, unless the type allows skipping them silently;
/// - fragments of unordered messages, which a stream does not have;
/// - acknowledgements that reach further ahead than a node sends.
class SctpPacket {
 public:
  static constexpr std::size_t max_init = 768;           ///< octets; the reply contains it twice
  static constexpr std::size_t max_init_ack = 4096;      ///< octets; contains a cookie
  static constexpr std::size_t max_control_chunks = 16;  ///< in one packet, since each may cause a reply
  static constexpr std::size_t max_heartbeats = 2;       ///< in one packet
  static constexpr std::uint32_t min_window = 1500;      ///< minimum in INIT (section 3.3.2)
  /// How far an acknowledgement may reach beyond the first missing TSN. usrsctp has at most 512 chunks in flight.
  static constexpr std::uint16_t max_gap = 1024;

  /// Types of chunks (RFC 9260, section 3.2).
  enum Type : std::uint8_t {
    data = 0,
    init = SctpHeader::init,
    init_ack = 2,
    sack = 3,
    heartbeat = 4,
    heartbeat_ack = 5,
    abort = 6,
    shutdown = 7,
    shutdown_ack = 8,
    error = 9,
    cookie_echo = 10,
    cookie_ack = 11,
    shutdown_complete = 14,
    asconf_ack = 0x80,
    packet_dropped = 0x81,
    re_config = 0x82,
  };

  /// Rejects what is listed above. Does not verify the checksum.
  static Parsed<SctpPacket> parse(Bytes packet) noexcept {
    const auto header = SctpHeader::parse(packet);
    if (!header) return header.error();
    if (packet.size() % 4 != 0) return Malformed::wrong_length;
    SctpPacket parsed(*header);
    for (Bytes rest = packet.subspan(SctpHeader::size); !rest.empty();) {
      if (rest.size() < chunk_header) return Malformed::wrong_length;
      const std::size_t length = load<std::uint16_t>(rest, 2);
      const std::size_t padded = (length + 3) & ~std::size_t{3};
      if (length < chunk_header || padded > rest.size()) return Malformed::wrong_length;
      if (const auto fault = parsed.add(rest.first(length), rest.size() == padded)) return *fault;
      rest = rest.subspan(padded);
    }
    return parsed;
  }

  /// The common header.
  const SctpHeader& header() const noexcept { return header_; }
  /// The type of the first chunk.
  std::uint8_t first_chunk() const noexcept { return header_.first_chunk(); }
  /// True if it asks for a new association: an INIT.
  bool asks() const noexcept { return first_chunk() == init; }
  /// Contains an ABORT.
  bool aborts() const noexcept { return aborts_; }
  /// Of an INIT: the verification tag for the reply.
  std::uint32_t initiate_tag() const noexcept { return load<std::uint32_t>(header_.packet(), first + 4); }

 private:
  using Fault = std::optional<Malformed>;
  static constexpr std::size_t chunk_header = SctpHeader::chunk_header;
  static constexpr std::size_t first = SctpHeader::size;
  static constexpr std::size_t data_header = 16;
  static constexpr std::size_t init_header = 20;
  static constexpr std::size_t sack_header = 16;

  explicit SctpPacket(const SctpHeader& header) noexcept : header_(header) {}

  /// Checks one chunk. `last`: nothing follows it.
  Fault add(Bytes chunk, bool last) noexcept {
    const std::uint8_t type = load<std::uint8_t>(chunk, 0);
    if (type == data) {
      has_data_ = true;
      return data_fits(chunk) ? Fault() : Malformed::wrong_length;
    }
    if (may_be_skipped(type)) return ++control_ <= max_control_chunks ? Fault() : Malformed::wrong_length;
    if (has_data_ || ++control_ > max_control_chunks) return Malformed::wrong_length;
    const bool alone = last && control_ == 1;
    const Bytes value = chunk.subspan(chunk_header);
    bool fits = false;
    switch (type) {
      case init:
        fits = alone && header_.verification_tag() == 0 && chunk.size() <= max_init &&
               handshake_fits(chunk, false);
        break;
      case init_ack:
        fits = alone && chunk.size() <= max_init_ack && handshake_fits(chunk, true);
        break;
      case sack:
        fits = sack_fits(chunk);
        break;
      case heartbeat:
        fits = ++heartbeats_ <= max_heartbeats && heartbeat_fits(value);
        break;
      case heartbeat_ack:
        fits = heartbeat_fits(value);
        break;
      case abort:
        aborts_ = true;
        [[fallthrough]];
      case error:
        fits = SctpParameter::for_each(value, [](SctpParameter cause) { return cause.fits_error(); });
        break;
      case shutdown:
        fits = chunk.size() == 8;
        break;
      case shutdown_ack:
      case cookie_ack:
        fits = value.empty();
        break;
      case cookie_echo:
        fits = control_ == 1 && !value.empty();
        break;
      case shutdown_complete:
        fits = alone && value.empty();
        break;
      default:
        return Malformed::unknown_type;
    }
    return fits ? Fault() : Malformed::wrong_length;
  }

  /// A receiver silently skips unknown types whose first bit is set and whose second bit is not (section 3.2).
  static bool may_be_skipped(std::uint8_t type) noexcept {
    return (type & 0xc0) == 0x80 && type != asconf_ack && type != packet_dropped && type != re_config;
  }

  static bool data_fits(Bytes chunk) noexcept {
    static constexpr std::uint8_t unordered = 4, whole = 3;
    const std::uint8_t flags = load<std::uint8_t>(chunk, 1);
    return chunk.size() > data_header && ((flags & unordered) == 0 || (flags & whole) == whole);
  }

  static bool handshake_fits(Bytes chunk, bool answer) noexcept {
    if (chunk.size() < init_header) return false;
    if (load<std::uint32_t>(chunk, 4) == 0 || load<std::uint32_t>(chunk, 8) < min_window ||
        load<std::uint16_t>(chunk, 12) == 0 || load<std::uint16_t>(chunk, 14) == 0)
      return false;
    std::size_t cookies = 0;
    return SctpParameter::for_each(chunk.subspan(init_header),
                                   [&](SctpParameter each) {
                                     if (each.type() == SctpParameter::state_cookie) ++cookies;
                                     return each.fits_handshake(answer);
                                   }) &&
           cookies == (answer ? 1u : 0u);
  }

  /// The blocks must ascend without touching, so each TSN is searched for once.
  static bool sack_fits(Bytes chunk) noexcept {
    if (chunk.size() < sack_header) return false;
    const std::size_t blocks = load<std::uint16_t>(chunk, 12);
    const std::size_t twice = load<std::uint16_t>(chunk, 14);
    if (chunk.size() != sack_header + 4 * (blocks + twice)) return false;
    std::uint16_t reached = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
      const auto from = load<std::uint16_t>(chunk, sack_header + 4 * block);
      const auto to = load<std::uint16_t>(chunk, sack_header + 4 * block + 2);
      if (from <= reached || to < from || to > max_gap) return false;
      reached = to;
    }
    return true;
  }

  static bool heartbeat_fits(Bytes value) noexcept {
    std::size_t count = 0;
    return SctpParameter::for_each(value,
                                   [&](SctpParameter each) {
                                     return ++count == 1 && each.type() == SctpParameter::heartbeat_info;
                                   }) &&
           count == 1;
  }

  SctpHeader header_;
  std::size_t control_ = 0;  ///< chunks so far, apart from DATA
  std::size_t heartbeats_ = 0;
  bool has_data_ = false;
  bool aborts_ = false;
};

}  // namespace ilnp::wire
