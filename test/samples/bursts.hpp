#pragma once

#include <string>
#include <vector>

#include "docs/sample_layers.hpp"
#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/node_config.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test {

/// Both at once, one on the other.
template <class Link>
using Both = Proxy<CodedDatagrams<STP<CodedPackets<CodedPackets<ILNP<Link>, Deflate>, Seal>>, Deflate>>;

/// The datagram of that number: of some length, and of octets that can be compressed, or cannot.
inline std::vector<std::byte> datagram(std::uint32_t number) {
  std::vector<std::byte> octets(4 + (number * 37) % 1300);
  std::memcpy(octets.data(), &number, 4);
  for (std::size_t at = 4; at < octets.size(); ++at)
    octets[at] = number % 3 == 0 ? std::byte(mix64(number + at)) : std::byte('a' + at / 16 % 3);
  return octets;
}
/// Its number, if it is whole; else none.
inline std::optional<std::uint32_t> number_of(Bytes octets) {
  std::uint32_t number = 0;
  if (octets.size() < 4) return std::nullopt;
  std::memcpy(&number, octets.data(), 4);
  return std::ranges::equal(octets, datagram(number)) ? std::optional(number) : std::nullopt;
}

}  // namespace ilnp::test
