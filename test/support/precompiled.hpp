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

#include "ilnp/base/address.hpp"
#include "ilnp/base/bytes.hpp"
#include "ilnp/base/context.hpp"
#include "ilnp/base/error.hpp"
#include "ilnp/base/layer.hpp"
#include "ilnp/base/packet.hpp"
#include "ilnp/base/random.hpp"
#include "support/print.hpp"
