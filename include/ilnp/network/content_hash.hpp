#pragma once

#include <boost/config.hpp>
#include <cstring>

#include "../address.hpp"
#include "../bytes.hpp"

namespace ilnp {

/// A 64-bit hash of some octets, to recognise a copy of a message. Not against forgery: who forges can as well copy.
/// Two strands of sixteen octets a step, so that the multiplications do not wait for each other.
BOOST_FORCEINLINE std::uint64_t content_hash(Bytes bytes, std::uint64_t seed = 0) noexcept {
  const auto word = [](const std::byte* at) {
    std::uint64_t value;
    std::memcpy(&value, at, 8);
    return value;
  };
  const std::byte* at = bytes.data();
  const std::byte* const end = at + bytes.size();
  std::uint64_t a = seed ^ bytes.size() * 0x9fb21c651e98df25, b = ~seed;
  for (; end - at > 32; at += 32)
    a = fold64(a ^ word(at), word(at + 8)), b = fold64(b ^ word(at + 16), word(at + 24));
  if (end - at > 16) a = fold64(a ^ word(at), word(at + 8));
  // The last sixteen, though some of them may have been taken already.
  if (bytes.size() >= 16) return fold64(a ^ word(end - 16), b ^ word(end - 8));
  std::uint64_t rest[2] = {};
  if (at != end) std::memcpy(rest, at, bytes.size());
  return fold64(a ^ rest[0], b ^ rest[1]);
}

}  // namespace ilnp
