#pragma once

// What nearly every test includes, parsed once. Only headers that seldom change; tests still include what
// they use.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ilnp/address.hpp"
#include "ilnp/bytes.hpp"
#include "ilnp/context.hpp"
#include "ilnp/error.hpp"
#include "ilnp/layer.hpp"
#include "ilnp/packet.hpp"
#include "ilnp/random.hpp"
#include "support/print.hpp"
