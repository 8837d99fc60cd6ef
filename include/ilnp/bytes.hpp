#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ilnp {

/// Borrowed octets, read only. Never owns; the lender says how long they stay valid.
using Bytes = std::span<const std::byte>;

/// Borrowed octets that the borrower may change in place (a received frame whose hop limit is lowered).
using MutableBytes = std::span<std::byte>;

/// The octets of a text, without a terminator. Valid as long as the text is.
inline Bytes as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Octets seen as text, without a check of their encoding. Valid as long as the octets are.
inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ilnp
