#pragma once

#include "field.hpp"

namespace ilnp::wire {

/// True if `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF, nothing
/// truncated. `controls`: whether ASCII control characters are allowed.
inline bool is_utf8(Bytes text, bool controls = true) noexcept {
  const auto octet = [&](std::size_t at) { return std::to_integer<unsigned>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned lead = octet(at);
    if (lead < 0x80) {
      if (!controls && (lead < 0x20 || lead == 0x7f)) return false;
      ++at;
      continue;
    }
    const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || text.size() - at < length) return false;
    for (std::size_t next = 1; next < length; ++next)
      if ((octet(at + next) & 0xc0) != 0x80) return false;
    if (length >= 3) {
      const unsigned second = octet(at + 1);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0)) return false;
      if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90)) return false;
    }
    at += length;
  }
  return true;
}

/// The longest host name, in octets (as in RFC 1035, section 2.3.4).
inline constexpr std::size_t max_host_name = 255;

/// True for 1 to 255 octets of UTF-8 without control characters.
inline bool is_host_name(Bytes name) noexcept {
  return !name.empty() && name.size() <= max_host_name && is_utf8(name, false);
}

}  // namespace ilnp::wire
