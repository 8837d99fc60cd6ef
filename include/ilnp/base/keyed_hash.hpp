#pragma once

#include <bit>
#include <cstdint>

namespace ilnp {

/// SipHash-2-4 (Aumasson, Bernstein 2012) of one 64-bit word under a 128-bit secret: without the secret, nobody can
/// predict a value or learn the secret from other values.
constexpr std::uint64_t keyed_hash(std::uint64_t word, std::uint64_t secret_low,
                                   std::uint64_t secret_high) noexcept {
  std::uint64_t a = secret_low ^ 0x736f6d6570736575, b = secret_high ^ 0x646f72616e646f6d;
  std::uint64_t c = secret_low ^ 0x6c7967656e657261, d = secret_high ^ 0x7465646279746573;
  const auto mix = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
      c += d, d = std::rotl(d, 16) ^ c;
      a += d, d = std::rotl(d, 21) ^ a;
      c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    }
  };
  const auto absorb = [&](std::uint64_t block) {
    d ^= block;
    mix(2);
    a ^= block;
  };
  absorb(word);
  absorb(std::uint64_t{8} << 56);  // the length, octets
  c ^= 0xff;
  mix(4);
  return a ^ b ^ c ^ d;
}

}  // namespace ilnp
