#pragma once

#include <algorithm>

#include "field.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +-------------------------------+-------------------------------+
///   0 |        Type or cause          |            Length             |   of header and value, without the padding
///     +-------------------------------+-------------------------------+
///   4 |  Value, and up to three octets of padding
///     +---------------------------------------------------------------+
///
/// A parameter or an error cause of SCTP (RFC 9260, section 3.2.1).
class SctpParameter {
 public:
  static constexpr std::size_t header_size = 4;
  static constexpr std::size_t max_count = 128;  ///< in one chunk; a host may list many addresses

  /// The known types. Sections are those of RFC 9260 unless another document is named.
  enum Type : std::uint16_t {
    heartbeat_info = 1,        // 3.3.5
    ipv4_address = 5,          // 3.3.2.1.1
    ipv6_address = 6,          // 3.3.2.1.2
    state_cookie = 7,          // 3.3.3.1.1
    unrecognized = 8,          // 3.3.3.1.2
    cookie_preservative = 9,   // 3.3.2.1.3
    host_name = 11,            // 3.3.2.1.4: must not be sent
    address_types = 12,        // 3.3.2.1.5
    ecn_capable = 0x8000,      // RFC 4960, appendix A
    random = 0x8002,           // RFC 4895, 3.1
    chunk_list = 0x8003,       // RFC 4895, 3.2
    hmac_algorithms = 0x8004,  // RFC 4895, 3.3
    extensions = 0x8008,       // RFC 5061, 4.2.7
    forward_tsn = 0xc000,      // RFC 3758, 3.1
    add_address = 0xc001,      // RFC 5061, 4.2.1, as the three that follow
    delete_address = 0xc002,
    error_indication = 0xc003,
    set_primary = 0xc004,
    success_indication = 0xc005,
    adaptation = 0xc006,       // RFC 5061, 4.2.6
    disable_restart = 0xc007,  // of the drafts about NAT
  };

  /// `octets`: exactly one parameter, whose length was checked.
  explicit SctpParameter(Bytes octets) noexcept : octets_(octets) {}
  std::uint16_t type() const noexcept { return load<std::uint16_t>(octets_, 0); }
  /// Of header and value.
  std::size_t length() const noexcept { return octets_.size(); }
  /// What follows the type and the length. Borrowed.
  Bytes value() const noexcept { return octets_.subspan(header_size); }

  /// Calls `f(SctpParameter)` for each parameter in `octets`. Returns false as soon as one is shorter than its
  /// header, longer than the rest or one too many, or `f` returns false. The last one may lack its padding.
  template <class F>
  static bool for_each(Bytes octets, F&& f) {
    for (std::size_t count = 0; !octets.empty(); ++count) {
      if (octets.size() < header_size || count == max_count) return false;
      const std::size_t length = load<std::uint16_t>(octets, 2);
      if (length < header_size || length > octets.size()) return false;
      if (!f(SctpParameter(octets.first(length)))) return false;
      octets = octets.subspan(std::min((length + 3) & ~std::size_t{3}, octets.size()));
    }
    return true;
  }

  /// As a parameter of INIT or, with `of_answer`, of INIT ACK: whether its type allows its length. Unknown types may have
  /// any length. Parameters that change addresses or restart are invalid, because they do not belong in a handshake.
  bool fits_handshake(bool of_answer) const noexcept {
    switch (type()) {
      case ipv4_address:
      case cookie_preservative:
      case adaptation:
        return length() == 8;
      case ipv6_address:
        return length() == 20;
      case ecn_capable:
      case forward_tsn:
        return length() == header_size;
      case address_types:
        return length() > header_size && length() <= 12 && length() % 2 == 0;
      case random:
        return length() == 36;  // the only length that all implementations accept
      case hmac_algorithms:
        return length() > header_size && length() <= 20 && length() % 2 == 0;
      case chunk_list:
      case extensions:
        return length() <= header_size + 256;
      case state_cookie:
        return of_answer && length() > header_size;
      case unrecognized:  // one parameter, not examined
        return of_answer && holds_one();
      case heartbeat_info:
      case host_name:
      case add_address:
      case delete_address:
      case error_indication:
      case set_primary:
      case success_indication:
      case disable_restart:
        return false;
      default:
        return true;
    }
  }

  /// As a cause of ERROR or ABORT (section 3.3.10): whether it is as long as what is read of it.
  bool fits_error() const noexcept {
    static constexpr std::uint16_t stale_cookie = 3, unrecognized_chunk = 6, unrecognized_parameters = 8;
    static constexpr std::uint16_t nat_first = 0xb0,
                                   nat_last = 0xb2;  // of the drafts about NAT: start a new handshake
    switch (type()) {
      case stale_cookie:
        return length() == 8;
      case unrecognized_chunk:
      case unrecognized_parameters:
        return length() >= 8;
      default:
        return type() < nat_first || type() > nat_last;
    }
  }

 private:
  bool holds_one() const noexcept {
    std::size_t count = 0;
    return for_each(value(), [&](SctpParameter) { return ++count == 1; }) && count == 1;
  }

  Bytes octets_;
};

}  // namespace ilnp::wire
