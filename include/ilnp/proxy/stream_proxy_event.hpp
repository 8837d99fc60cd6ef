#pragma once

#include "../stream.hpp"

namespace ilnp {

/// What the stream proxy hands up about a connection. `wanted` comes with the octets of the host, empty for this one.
struct StreamProxyEvent {
  enum class Kind : std::uint8_t {
    wanted,    ///< a peer wants to connect to `port`: call `answer`
    opened,    ///< `open` has succeeded
    readable,  ///< as for a stream
    writable,
    closed,  ///< it has ended or failed; see `error`
  };
  StreamId stream;
  Kind kind;
  error_code error;
  std::uint16_t port = 0;
};

}  // namespace ilnp
