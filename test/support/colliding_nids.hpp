#pragma once

#include <vector>

#include "ilnp/base/address.hpp"

namespace ilnp::test {

/// NIDs that a stranger chooses so that `std::hash` puts them all into one bucket of a `std::unordered_map`, which has a prime
/// number of them: a table that is made so needs a time for each that grows with their number.
inline std::vector<Nid> colliding_nids(std::size_t count) {
  constexpr std::uint64_t buckets =
      std::uint64_t{10273} * 20753;  // the numbers for ten and for twenty thousand
  std::vector<Nid> nids;
  for (std::uint64_t i = 1; i <= count; ++i) {
    std::uint64_t x = i * buckets;  // the hash; what follows is `mix64` backwards
    x = (x ^ (x >> 31) ^ (x >> 62)) * 0x319642b2d24d8ec3;
    x = (x ^ (x >> 27) ^ (x >> 54)) * 0x96de1b173f119089;
    nids.emplace_back(x ^ (x >> 30) ^ (x >> 60));
  }
  return nids;
}

}  // namespace ilnp::test
