#pragma once

#include <cstdint>

#include "multiply.hpp"

namespace ilnp {

/// A small, fast, seedable source of random numbers (SplitMix64, Steele et al. 2014): the same seed gives the
/// same numbers with every compiler. Whoever sees a few of them can predict the rest; values that nobody may predict are
/// drawn by `secret`, from a separate source. A value; one thread.
class Random {
 public:
  /// Returns 64 unpredictable bits, such as `system_secret` in posix/system_secret.hpp.
  using SecretSource = std::uint64_t (*)();

  /// For simulations and tests: secrets come from the seed as well, in a separate stream, so that drawing one does not
  /// shift other numbers.
  constexpr explicit Random(std::uint64_t seed) noexcept
      : state_(seed), secret_state_(seed ^ 0x5851f42d4c957f2d) {}
  /// For a node on a real network: secrets come from `source`.
  constexpr Random(std::uint64_t seed, SecretSource source) noexcept : state_(seed), source_(source) {}

  /// 64 bits, each equally likely to be 0 or 1.
  constexpr std::uint64_t operator()() noexcept { return next(state_); }

  /// 64 unpredictable bits: for keys, nonces, and everything else that a stranger must not guess.
  constexpr std::uint64_t secret() { return source_ ? source_() : next(secret_state_); }

  /// Uniform in [0, bound); 0 for a bound of 0. Multiply and shift (Lemire 2019), with the rejection that
  /// makes it exact.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    if (bound == 0) return 0;
    Wide product = multiply((*this)(), bound);
    if (product.low < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (product.low < threshold) product = multiply((*this)(), bound);
    }
    return product.high;
  }

 private:
  static constexpr std::uint64_t next(std::uint64_t& state) noexcept {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
  std::uint64_t secret_state_ = 0;
  SecretSource source_ = nullptr;
};

}  // namespace ilnp
