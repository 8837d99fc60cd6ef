#pragma once

#include <cstdint>
#include <string_view>

/// Events that a proxy shows through `cx.observe(event)`. All views are valid only during the call.
namespace ilnp::event {

/// A local program sends through a mapping to an unknown host. Shown once, when this begins.
struct FarEndMissing {
  std::uint16_t local_port;
  std::string_view host;
};

/// The host of that mapping is now known.
struct FarEndFound {
  std::uint16_t local_port;
  std::string_view host;
};

}  // namespace ilnp::event
