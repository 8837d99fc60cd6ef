#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include <string>
#include <vector>

#include "../address.hpp"

namespace ilnp {

/// Where the datagrams of a local program go.
struct Remote {
  std::string host;        ///< host name in the overlay
  std::uint16_t port = 0;  ///< STP port there
  bool any = false;        ///< datagrams from any node reach the program, not only those of `host`
};

/// Local UDP port -> remote. Bounded by the number of ports. One look-up is one probe of a flat hash table.
class MappingTable {
 public:
  struct Mapping {
    Remote remote;
    Nid last;  ///< whom the name meant last; 0 before it was first resolved
  };

  Mapping* find(std::uint16_t local_port) noexcept {
    const auto at = mappings_.find(local_port);
    return at == mappings_.end() ? nullptr : &at->second;
  }
  /// False if there is one already.
  bool add(std::uint16_t local_port, Remote remote) {
    return mappings_.try_emplace(local_port, Mapping{std::move(remote), Nid{}}).second;
  }
  bool remove(std::uint16_t local_port) noexcept { return mappings_.erase(local_port) != 0; }
  std::size_t size() const noexcept { return mappings_.size(); }

  /// The local ports, ascending.
  std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
    for (const auto& entry : mappings_) ports.push_back(entry.first);
    std::ranges::sort(ports);
    return ports;
  }

 private:
  boost::unordered_flat_map<std::uint16_t, Mapping> mappings_;
};

}  // namespace ilnp
