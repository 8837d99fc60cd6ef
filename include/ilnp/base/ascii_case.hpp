#pragma once

#include <string_view>

namespace ilnp {

/// Turns 'A' to 'Z' into lower case and leaves all other octets alone (RFC 4343).
constexpr char ascii_lower(char octet) noexcept {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet - 'A' + 'a') : octet;
}
/// True if the texts differ only in the case of ASCII letters. Other characters are compared octet by octet.
constexpr bool equal_but_for_case(std::string_view one, std::string_view other) noexcept {
  if (one.size() != other.size()) return false;
  for (std::size_t i = 0; i < one.size(); ++i)
    if (ascii_lower(one[i]) != ascii_lower(other[i])) return false;
  return true;
}

}  // namespace ilnp
