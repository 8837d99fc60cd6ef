#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace ilnp::test {

/// What `config.validate()` says after `spoil(config)`; nothing if it accepts that.
template <class Config, class Spoil>
std::string refusal(Config config, Spoil&& spoil) {
  std::forward<Spoil>(spoil)(config);
  try {
    config.validate();
    return {};
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
}

}  // namespace ilnp::test
