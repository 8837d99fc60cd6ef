#pragma once

#include <boost/config.hpp>
#include <cstring>

#include "bytes.hpp"
#include "hash_key.hpp"

namespace ilnp {

/// A 64-bit hash of octets, to recognise equal messages. Nobody who does not know `key` can construct two messages with the
/// same hash, whatever their lengths and seeds. Two strands of sixteen octets a step, so that the multiplications do not
/// wait for each other.
BOOST_FORCEINLINE std::uint64_t content_hash(Bytes bytes, const HashKey& key,
                                             std::uint64_t seed = 0) noexcept {
  const auto word = [](const std::byte* at) {
    std::uint64_t value;
    std::memcpy(&value, at, 8);
    return value;
  };
  const auto half_word = [](const std::byte* at) {
    std::uint32_t value;
    std::memcpy(&value, at, 4);
    return value;
  };
  const std::byte* at = bytes.data();
  const std::byte* const end = at + bytes.size();
  std::uint64_t a = key.word(0), b = key.word(5);
  // Counts octets instead of comparing addresses, so that the compiler sees how often for a size that it knows.
  std::size_t left = bytes.size();
  for (; left > 32; left -= 32, at += 32) {
    a = fold64(a ^ word(at), word(at + 8) ^ key.word(3));
    b = fold64(b ^ word(at + 16), word(at + 24) ^ key.word(4));
  }
  if (left > 16) a = fold64(a ^ word(at), word(at + 8) ^ key.word(3));
  // The last sixteen octets, some of which may have been processed already. Overlapping reads of fixed sizes, because a
  // call of memcpy would cost more than the rest.
  std::uint64_t rest[2] = {};
  if (bytes.size() >= 16) {
    rest[0] = word(end - 16), rest[1] = word(end - 8);
  } else if (bytes.size() >= 8) {
    rest[0] = word(at), rest[1] = word(end - 8);
  } else if (bytes.size() >= 4) {
    rest[0] = half_word(at), rest[1] = half_word(end - 4);
  } else if (!bytes.empty()) {
    rest[0] = std::to_integer<std::uint64_t>(bytes.front()) |
              std::to_integer<std::uint64_t>(bytes[bytes.size() / 2]) << 8;
    rest[1] = std::to_integer<std::uint64_t>(bytes.back());
  }
  // These get a multiplication of their own, next to those of the octets, which could compensate for a mere addition.
  const std::uint64_t seed_and_size = fold64(seed ^ key.word(1), bytes.size() ^ key.word(2));
  return fold64(a ^ rest[0], b ^ rest[1] ^ seed_and_size);
}

}  // namespace ilnp
