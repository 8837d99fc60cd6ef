#pragma once

#include <cstdint>
#include <cstring>

#include "field.hpp"

namespace ilnp::wire {

/// The checksum of IPv6's transports (RFC 1071; RFC 8200, section 8.1): a sum of 16-bit words with end-around carry. It may be built
/// from parts: a part with an odd number of octets must be the last one. Cost: 8 octets a step.
class Checksum {
 public:
  /// Of nothing.
  constexpr Checksum() noexcept = default;

  /// Continues with these octets.
  void add(Bytes octets) noexcept {
    const std::byte* at = octets.data();
    std::size_t left = octets.size();
    std::uint64_t sum = sum_;
    for (; left >= 32; at += 32, left -= 32) {
      sum = plus(sum, word(at));
      sum = plus(sum, word(at + 8));
      sum = plus(sum, word(at + 16));
      sum = plus(sum, word(at + 24));
    }
    for (; left >= 8; at += 8, left -= 8) sum = plus(sum, word(at));
    if (left != 0) {
      std::uint64_t last = 0;
      std::memcpy(&last, at, left);
      sum = plus(sum, last);
    }
    sum_ = sum;
  }
  /// Continues with a 16-bit word, such as a length.
  void add(std::uint16_t value) noexcept { sum_ = plus(sum_, boost::endian::native_to_big(value)); }
  /// Continues with the length and the next header of a pseudo-header (RFC 8200, section 8.1).
  void add_pseudo(std::uint32_t length, std::uint8_t next_header) noexcept {
    add(static_cast<std::uint16_t>(length >> 16));
    add(static_cast<std::uint16_t>(length));
    add(std::uint16_t{next_header});
  }

  /// The sum, folded to 16 bits, not complemented: what a partial checksum is.
  std::uint16_t folded() const noexcept {
    std::uint64_t sum = (sum_ >> 32) + (sum_ & 0xffffffff);
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return boost::endian::big_to_native(static_cast<std::uint16_t>((sum >> 16) + (sum & 0xffff)));
  }
  /// The checksum: the complement of the sum.
  std::uint16_t value() const noexcept { return static_cast<std::uint16_t>(~folded()); }

 private:
  static std::uint64_t word(const std::byte* at) noexcept {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  static std::uint64_t plus(std::uint64_t sum, std::uint64_t value) noexcept {
    sum += value;
    return sum + (sum < value);
  }

  std::uint64_t sum_ = 0;  // of words as they are in memory
};

}  // namespace ilnp::wire
