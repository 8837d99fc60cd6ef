#pragma once

#include <array>
#include <vector>

#include "../base/stream.hpp"
#include "../wire/stream_request.hpp"

namespace ilnp {

/// How much of a handshake message has arrived.
enum class Handshake : std::uint8_t {
  whole,
  waits,  ///< for more
  ended,  ///< the peer has ended its direction
};

/// Reads from a stream into `have` until it has as many octets as `size(have)` says, and none of what follows.
template <class Streams, class Size, ContextLike Cx>
Handshake gather_handshake(Streams& streams, StreamId id, std::vector<std::byte>& have, Size size, Cx& cx) {
  std::array<std::byte, wire::StreamRequest::max_size> more;
  while (have.size() < size(Bytes(have))) {
    const auto got = streams.read(id, MutableBytes(more).first(size(Bytes(have)) - have.size()), cx);
    if (!got) return Handshake::waits;
    if (*got == 0) return Handshake::ended;
    have.insert(have.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  return Handshake::whole;
}

}  // namespace ilnp
