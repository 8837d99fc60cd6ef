#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../address.hpp"

namespace ilnp {

/// A connection of the stream proxy, from the handshake on.
struct StreamConnection {
  enum class State : std::uint8_t {
    connecting,  ///< by this node; `handshake` is the request
    asking,      ///< the request is sent; `handshake` is what has arrived of the reply
    asked,       ///< by a peer; `handshake` is what has arrived of the request
    wanted,      ///< the shell connects it
    open,
  };
  State state;
  Nid peer;
  bool own = false;     ///< this node has opened it
  bool excess = false;  ///< beyond the peer's limit: it is only told so
  bool plain = false;
  std::vector<std::byte> handshake = {};
};

}  // namespace ilnp
