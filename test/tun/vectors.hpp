#pragma once

#include <fstream>
#include <ilnp/base/bytes.hpp>
#include <ilnp/tun/to_host.hpp>
#include <ilnp/wire/tun_header.hpp>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace ilnp::test {

using Octets = std::vector<std::byte>;

/// A file of test/vectors/tun.
inline Octets tun_vector(const std::string& name) {
  std::ifstream file(std::string(ILNP_TEST_VECTORS) + "/tun/" + name + ".bin", std::ios::binary);
  if (!file) throw std::runtime_error("no vector " + name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Bytes octets = as_bytes(text);
  return {octets.begin(), octets.end()};
}

/// The records of a file: 16 bits of length each, and as many octets.
inline std::vector<Octets> tun_records(const std::string& name) {
  const Octets file = tun_vector(name);
  std::vector<Octets> records;
  for (Bytes rest = file; !rest.empty();) {
    const std::size_t size = wire::load<std::uint16_t>(rest, 0);
    records.emplace_back(rest.begin() + 2, rest.begin() + 2 + static_cast<std::ptrdiff_t>(size));
    rest = rest.subspan(2 + size);
  }
  return records;
}

/// A packet of a tunnel as `Tun` hands it up, from `octets`, an IPv6 packet.
inline ToHost to_host_of(Bytes octets) {
  ToHost to{};
  std::copy_n(octets.begin(), to.ipv6.size(), to.ipv6.begin());
  to.source = Nid(wire::load<std::uint64_t>(octets, 16));
  return to;
}

}  // namespace ilnp::test
