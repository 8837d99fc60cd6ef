#pragma once

#include <compare>
#include <cstdint>

namespace ilnp {

/// A number of 128 bits.
struct Wide {
  std::uint64_t high;  ///< the upper 64 bits
  std::uint64_t low;   ///< the lower 64 bits

  friend constexpr auto operator<=>(const Wide&, const Wide&) noexcept = default;
};

namespace detail {
/// For machines without a type of 128 bits: the halves of the factors are multiplied one by one.
constexpr Wide multiply_halves(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr std::uint64_t half = 0xffff'ffff;
  const std::uint64_t low = (a & half) * (b & half);
  const std::uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
  const std::uint64_t other = (a & half) * (b >> 32) + (middle & half);
  return {(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32), other << 32 | (low & half)};
}
}  // namespace detail

/// The whole product.
constexpr Wide multiply(std::uint64_t a, std::uint64_t b) noexcept {
#ifdef __SIZEOF_INT128__
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return {static_cast<std::uint64_t>(product >> 64), static_cast<std::uint64_t>(product)};
#else
  return detail::multiply_halves(a, b);
#endif
}

}  // namespace ilnp
