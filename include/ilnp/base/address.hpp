#pragma once

#include <boost/system/result.hpp>
#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "error.hpp"
#include "multiply.hpp"

namespace ilnp {

using boost::system::result;

namespace detail {

/// Splits `text` into exactly `N` groups of one to four hex digits joined by ':'. `::` is not allowed.
template <std::size_t N>
constexpr bool parse_groups(std::string_view text, std::uint64_t (&words)[N / 4]) noexcept {
  std::size_t at = 0;
  for (std::size_t group = 0; group < N; ++group) {
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; at < text.size() && text[at] != ':'; ++at, ++digits) {
      const char c = text[at];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      value = value << 4 | static_cast<std::uint64_t>(digit);
    }
    if (digits < 1 || digits > 4) return false;
    words[group / 4] = words[group / 4] << 16 | value;
    if (group + 1 < N) {
      if (at == text.size()) return false;
      ++at;
    }
  }
  return at == text.size();
}

}  // namespace detail

/// A 64-bit name with a type of its own, so that a locator cannot be passed for an identifier. A value; trivially
/// copyable.
template <class Tag>
class Name64 {
 public:
  constexpr Name64() noexcept = default;
  /// From the value in host order: `Locator(0xa)` is `0:0:0:a`.
  constexpr explicit Name64(std::uint64_t value) noexcept : value_(value) {}

  /// In host order.
  constexpr std::uint64_t value() const noexcept { return value_; }
  friend constexpr auto operator<=>(Name64, Name64) noexcept = default;

  /// Parses four groups of up to four hex digits, in any case (`0:0:0:a`). Error: `Errc::invalid_address`.
  static constexpr result<Name64> parse(std::string_view text) noexcept {
    std::uint64_t words[1] = {};
    if (!detail::parse_groups<4>(text, words)) return Errc::invalid_address;
    return Name64(words[0]);
  }

 private:
  std::uint64_t value_ = 0;
};

/// Names a network (L64 of RFC 6740). A node joins locators; each one that it has joined is an interface.
using Locator = Name64<struct LocatorTag>;

/// Names a node (NID of RFC 6740). It does not change when the node moves.
using Nid = Name64<struct NidTag>;

/// Identifier-locator vector: where a node is and who it is. Laid out like an IPv6 address.
struct Ilv {
  Locator locator;  ///< where the node is
  Nid nid;          ///< which node it is

  friend constexpr auto operator<=>(const Ilv&, const Ilv&) noexcept = default;

  /// Parses eight groups, the locator first. Error: `Errc::invalid_address`.
  static constexpr result<Ilv> parse(std::string_view text) noexcept {
    std::uint64_t words[2] = {};
    if (!detail::parse_groups<8>(text, words)) return Errc::invalid_address;
    return Ilv{Locator(words[0]), Nid(words[1])};
  }
};

/// The destination locator of discovery messages, with the NID 0: all nodes of the network.
inline constexpr Locator all_nodes_locator{0xff02'0000'0000'0001};

/// Canonical text: lower case, no leading zeros, four groups.
template <class Tag>
std::string to_string(Name64<Tag> name) {
  std::string text;
  for (int shift = 48; shift >= 0; shift -= 16) {
    char group[4];
    const auto end = std::to_chars(group, group + sizeof group, name.value() >> shift & 0xffff, 16).ptr;
    text.append(group, end);
    if (shift != 0) text += ':';
  }
  return text;
}

/// Canonical text: eight groups, the locator first.
inline std::string to_string(const Ilv& ilv) { return to_string(ilv.locator) + ':' + to_string(ilv.nid); }

/// Writes the canonical text.
template <class Tag>
std::ostream& operator<<(std::ostream& out, Name64<Tag> name) {
  return out << to_string(name);
}
/// Writes the canonical text.
inline std::ostream& operator<<(std::ostream& out, const Ilv& ilv) { return out << to_string(ilv); }

/// A well-mixed hash of a 64-bit value (the finaliser of SplitMix64): similar values get unrelated hashes.
constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// What is combined with the result must not be moved between the two halves, or both of them occupy a register until then.
#if defined(__has_builtin)
#if __has_builtin(__builtin_assoc_barrier)
#define ILNP_KEEP_TOGETHER(expression) __builtin_assoc_barrier(expression)
#endif
#endif
#ifndef ILNP_KEEP_TOGETHER
#define ILNP_KEEP_TOGETHER(expression) (expression)
#endif

/// Folds the halves of the 128-bit product. 0 if one factor is 0.
constexpr std::uint64_t fold64(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = multiply(a, b);
  return ILNP_KEEP_TOGETHER(product.low ^ product.high);
}

#undef ILNP_KEEP_TOGETHER

}  // namespace ilnp

/// For a program's own containers. Values that strangers choose belong in keyed tables (hash_key.hpp).
template <class Tag>
struct std::hash<ilnp::Name64<Tag>> {
  using is_avalanching = void;
  /// Well mixed, without a secret.
  std::size_t operator()(ilnp::Name64<Tag> name) const noexcept { return ilnp::mix64(name.value()); }
};

/// For a program's own containers, as for `Name64`.
template <>
struct std::hash<ilnp::Ilv> {
  using is_avalanching = void;
  /// Well mixed, without a secret.
  std::size_t operator()(const ilnp::Ilv& ilv) const noexcept {
    return ilnp::mix64(ilnp::mix64(ilv.locator.value()) + ilv.nid.value());
  }
};
