#pragma once

#include <cstddef>

namespace ilnp::test {

/// How often operator new was called in this program.
std::size_t allocations() noexcept;

}  // namespace ilnp::test
