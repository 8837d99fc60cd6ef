#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>

#include "layer.hpp"

namespace ilnp {

/// Names one stream of a node, and no other after it for a very long time. Can only be compared.
struct StreamId {
  std::uint64_t value = 0;  ///< 0: none

  friend bool operator==(const StreamId&, const StreamId&) = default;
};

/// Whom a stream leads to, and between which ports.
struct StreamPeer {
  Nid nid;
  std::uint16_t port = 0;        ///< there
  std::uint16_t local_port = 0;  ///< here
};

/// What a layer with streams says of one: that there is something to do. Each is said once for each change, as with
/// edge-triggered `epoll`: who is told reads, or writes, until it would block.
struct StreamEvent {
  enum class Kind : std::uint8_t {
    accepted,   ///< a new stream, to a port that is listened on
    connected,  ///< what `connect` began has come about
    readable,   ///< `read` gives octets, or the end
    writable,   ///< `write` takes octets again, after it had not taken all
    closed,     ///< it is over, and its name means nothing any more; see `error`
  };
  StreamId stream;
  Kind kind;
  error_code error;  ///< of `closed`: why, or none if both directions have ended in order
};

/// A transport that carries streams too.
///
/// - `listen(port)`, `connect(nid, port, cx)`: see `Sctp`.
/// - `write` and `read` give how many octets they have moved, or `would_block`; a read of 0 octets is the end.
/// - `shutdown` ends the direction to the peer; `reset` both, at once; `close` says that nobody will read any more.
/// - `on_receive` and `on_timer` call `up(const StreamEvent&, Bytes())`, besides what a transport hands up.
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
