#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../address.hpp"

namespace ilnp {

/// A connection of the stream proxy's, on its way to being put through.
struct StreamConnection {
  enum class State : std::uint8_t {
    connecting,  ///< by this node; `handshake` is the request
    asking,      ///< the request is sent; `handshake` is what has come of the answer
    asked,       ///< by a peer; `handshake` is what has come of the request
    wanted,      ///< the shell puts it through
    open,
  };
  State state;
  Nid peer;
  bool own = false;     ///< this node has opened it
  bool excess = false;  ///< one too many of the peer's: it is only to be told so
  bool plain = false;
  std::vector<std::byte> handshake = {};
};

}  // namespace ilnp
