#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ilnp {

/// Borrowed octets, read-only. The lender states how long they stay valid.
using Bytes = std::span<const std::byte>;

/// Borrowed octets that the borrower may change in place, such as the hop limit of a received frame.
using MutableBytes = std::span<std::byte>;

/// The octets of a text, without a terminator. Valid as long as the text is.
inline Bytes as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Octets as text; the encoding is not checked. Valid as long as the octets are.
inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ilnp
