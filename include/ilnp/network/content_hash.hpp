#pragma once

#include <cstring>

#include "../address.hpp"
#include "../bytes.hpp"

namespace ilnp {

/// A 64-bit hash of some octets, to recognise a copy of a message. Not against forgery: who forges can as well copy.
/// Four strands of eight octets a step, so that the multiplications do not wait for each other.
inline std::uint64_t content_hash(Bytes bytes, std::uint64_t seed = 0) noexcept {
  constexpr std::uint64_t multiplier = 0x9fb21c651e98df25;
  const auto step = [](std::uint64_t hash, const std::byte* at) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    hash = (hash ^ word) * multiplier;
    return hash ^ hash >> 32;
  };
  std::uint64_t a = seed ^ (bytes.size() * multiplier), b = 1, c = 2, d = 3;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 32; left -= 32, at += 32)
    a = step(a, at), b = step(b, at + 8), c = step(c, at + 16), d = step(d, at + 24);
  for (; left >= 8; left -= 8, at += 8) a = step(a, at);
  std::uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, at, left);
  return mix64(a ^ tail ^ mix64(b + mix64(c + mix64(d))));
}

}  // namespace ilnp
