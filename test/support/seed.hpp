#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace ilnp::test {

/// The seed of a test with random input, printed so that a failure can be had again. The environment variable
/// ILNP_TEST_SEED, a decimal number, sets another.
inline std::uint64_t seed(const std::string& test) {
  std::uint64_t value = 20240607;
  if (const char* text = std::getenv("ILNP_TEST_SEED")) value = std::stoull(text);
  std::cout << test << ": seed " << value << std::endl;
  return value;
}

}  // namespace ilnp::test
