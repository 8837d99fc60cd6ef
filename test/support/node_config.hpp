#pragma once

#include "ilnp/network/config.hpp"
#include "support/locators.hpp"

namespace ilnp::test {

/// What most tests give a node: a name, an identifier, and where it goes, one set of locators after the other.
inline NetworkConfig node_config(std::uint64_t nid, std::string name,
                                 std::vector<std::vector<Locator>> locators) {
  NetworkConfig config;
  config.nid = Nid(nid);
  config.host_name = std::move(name);
  config.locators = std::move(locators);
  return config;
}

}  // namespace ilnp::test
