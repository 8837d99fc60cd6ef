#pragma once

#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ilnp/base/bytes.hpp"
#include "ilnp/base/random.hpp"

namespace ilnp::test {

using Octets = std::vector<std::byte>;

inline Octets octets(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
inline Octets octets(std::string_view text) { return octets(as_bytes(text)); }

/// Octets from hex digits; blanks between them do not count.
inline Octets hex(std::string_view text) {
  Octets out;
  int high = -1;
  for (const char digit : text) {
    if (digit == ' ' || digit == '\n') continue;
    const auto value = std::string_view("0123456789abcdef").find(digit);
    if (value == std::string_view::npos) throw std::invalid_argument("not a hex digit");
    if (high < 0) {
      high = static_cast<int>(value);
    } else {
      out.push_back(static_cast<std::byte>(high << 4 | static_cast<int>(value)));
      high = -1;
    }
  }
  if (high >= 0) throw std::invalid_argument("half an octet");
  return out;
}

/// Hex digits, two an octet, for a message that a person reads.
inline std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte octet : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

inline Octets joined(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// `size` random octets in a buffer of exactly that size, so that a sanitizer sees one octet read too far.
inline Octets random_octets(Random& random, std::size_t size) {
  Octets out(size);
  for (std::byte& octet : out) octet = static_cast<std::byte>(random.below(256));
  return out;
}

/// `valid` with up to four octets changed, and now and then cut off or grown at the end.
inline Octets mutated(Random& random, Octets valid) {
  const std::uint64_t changes = random.below(5);
  for (std::uint64_t i = 0; i < changes && !valid.empty(); ++i)
    valid[random.below(valid.size())] = static_cast<std::byte>(random.below(256));
  if (random.below(4) == 0) valid.resize(random.below(valid.size() + 1));
  if (random.below(8) == 0) valid.resize(valid.size() + random.below(64), std::byte{0x61});
  valid.shrink_to_fit();
  return valid;
}

}  // namespace ilnp::test
