#pragma once

#include <cstring>

#include "../address.hpp"
#include "../bytes.hpp"

namespace ilnp {

/// A 64-bit hash of some octets, to recognise a copy of a message. Not against forgery: who forges can as well copy.
/// Eight octets a step.
inline std::uint64_t content_hash(Bytes bytes, std::uint64_t seed = 0) noexcept {
  constexpr std::uint64_t multiplier = 0x9fb21c651e98df25;
  std::uint64_t hash = seed ^ (bytes.size() * multiplier);
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    hash = (hash ^ word) * multiplier;
    hash ^= hash >> 32;
    bytes = bytes.subspan(8);
  }
  std::uint64_t tail = 0;
  if (!bytes.empty()) std::memcpy(&tail, bytes.data(), bytes.size());
  return mix64(hash ^ tail);
}

}  // namespace ilnp
