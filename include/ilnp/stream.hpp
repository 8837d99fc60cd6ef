#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>

#include "layer.hpp"

namespace ilnp {

/// Names one stream of a node; the name is not reused for a very long time. Can only be compared.
struct StreamId {
  std::uint64_t value = 0;  ///< 0: none

  friend bool operator==(const StreamId&, const StreamId&) = default;
};

/// The peer of a stream, and the ports.
struct StreamPeer {
  Nid nid;
  std::uint16_t port = 0;        ///< at the peer
  std::uint16_t local_port = 0;  ///< at this node
};

/// Reports that there is something to do on a stream. Each change is reported once, as with edge-triggered `epoll`: the
/// receiver reads or writes until the call would block.
struct StreamEvent {
  enum class Kind : std::uint8_t {
    accepted,   ///< a new stream to a listening port
    connected,  ///< `connect` has succeeded
    readable,   ///< `read` returns octets, or the end
    writable,   ///< `write` accepts octets again, after it did not accept all
    closed,     ///< the stream has ended, and its name is no longer valid; see `error`
  };
  StreamId stream;
  Kind kind;
  error_code error;  ///< of `closed`: why, or none if both directions have ended in order
};

/// A transport that also has streams.
///
/// - `listen(port)`, `connect(nid, port, cx)`: see `Sctp`.
/// - `write` and `read` return how many octets they moved, or `would_block`; a read of 0 octets is the end.
/// - `shutdown` ends the direction to the peer; `reset` ends both at once; `close` says that nobody will read any more.
/// - `on_receive` and `on_timer` call `up(const StreamEvent&, MutableBytes())`, in addition to what a transport hands up.
template <class S>
concept StreamTransport = TransportLayer<S> &&
    requires(S& s, const S& cs, Nid nid, std::uint16_t port, StreamId id, Bytes octets, MutableBytes into,
             Context<>& cx) {
  { s.listen(port) } -> std::same_as<error_code>;
  s.unlisten(port);
  { s.connect(nid, port, cx) } -> std::same_as<result<StreamId>>;
  { cs.peer(id) } -> std::same_as<std::optional<StreamPeer>>;
  { s.write(id, octets, cx) } -> std::same_as<result<std::size_t>>;
  { s.read(id, into, cx) } -> std::same_as<result<std::size_t>>;
  { s.shutdown(id, cx) } -> std::same_as<error_code>;
  s.reset(id, cx);
  s.close(id, cx);
};

}  // namespace ilnp

template <>
struct std::hash<ilnp::StreamId> {
  std::size_t operator()(const ilnp::StreamId& id) const noexcept {
    return std::hash<std::uint64_t>()(id.value);
  }
};
