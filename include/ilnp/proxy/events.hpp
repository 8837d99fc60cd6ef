#pragma once

#include <cstdint>
#include <string_view>

/// What a proxy shows through `cx.observe(event)`. All views are valid during the call only.
namespace ilnp::event {

/// A local program sends by a mapping to a host of which nothing is known. Once, when that begins.
struct FarEndMissing {
  std::uint16_t local_port;
  std::string_view host;
};

/// The host of that mapping is known now.
struct FarEndFound {
  std::uint16_t local_port;
  std::string_view host;
};

}  // namespace ilnp::event
