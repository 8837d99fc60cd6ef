#pragma once

#include "../stream.hpp"

namespace ilnp {

/// What the stream proxy hands up of a connection. With `wanted` come the octets of the host, empty for this one.
struct StreamProxyEvent {
  enum class Kind : std::uint8_t {
    wanted,    ///< a peer wants to be put through to `port`: `answer` is to be called
    opened,    ///< what `open` began is put through
    readable,  ///< as of a stream
    writable,
    closed,  ///< it is over, or has not come about; see `error`
  };
  StreamId stream;
  Kind kind;
  error_code error;
  std::uint16_t port = 0;
};

}  // namespace ilnp
