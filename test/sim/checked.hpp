#pragma once

#include <boost/test/unit_test.hpp>

#include "ilnp/base/adaptor.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/print.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

inline NetworkConfig at(std::uint64_t nid, std::vector<Locator> locators) {
  NetworkConfig config;
  config.nid = Nid(nid);
  config.host_name = "node " + std::to_string(nid);
  config.locators = {std::move(locators)};
  return config;
}

/// Runs `world`, and returns the violation that a check reported; empty if there was none.
inline std::string said(sim::World& world, Duration duration) {
  try {
    world.run_for(duration);
  } catch (const sim::Violation& violation) {
    return violation.what();
  }
  return {};
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ilnp::test
