#pragma once

#include "ilnp/base/address.hpp"

namespace ilnp::test {

inline constexpr Locator a{0xa}, b{0xb}, c{0xc}, d{0xd};

}  // namespace ilnp::test
