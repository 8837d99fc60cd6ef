#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>

#include "adaptor.hpp"

namespace ilnp {

/// Names one stream of a node; the name is not reused for a very long time. Can only be compared.
struct StreamId {
  std::uint64_t value = 0;  ///< 0: none

  friend bool operator==(const StreamId&, const StreamId&) = default;
};

/// The peer of a stream, and the ports.
struct StreamPeer {
  Nid nid;                       ///< the other node
  std::uint16_t port = 0;        ///< at the peer
  std::uint16_t local_port = 0;  ///< at this node
};

/// Reports that there is something to do on a stream. Each change is reported once, as with edge-triggered `epoll`: the
/// receiver reads or writes until the call would block.
struct StreamEvent {
  /// What has happened.
  enum class Kind : std::uint8_t {
    accepted,   ///< a new stream to a listening port
    connected,  ///< `connect` has succeeded
    readable,   ///< `read` returns octets, or the end
    writable,   ///< `write` accepts octets again, after it did not accept all
    closed,     ///< the stream has ended, and its name is no longer valid; see `error`
  };
  StreamId stream;   ///< to which stream
  Kind kind;         ///< what
  error_code error;  ///< of `closed`: why, or none if both directions have ended in order
};

/// A transport that also has streams.
///
/// - `listen(port)`, `connect(nid, port, cx)`: see `Sctp`.
/// - `write` and `read` return how many octets they moved, or `would_block`; a read of 0 octets is the end.
/// - `shutdown` ends the direction to the peer; `reset` ends both at once; `close` says that nobody will read any more.
/// - `feed` and `on_timer` call `up(const StreamEvent&, MutableBytes())`, in addition to what a transport hands up.
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

namespace detail {
/// The part of an adaptor that is about streams that exist: layers that open streams of another kind have it too.
template <StreamTransport Next>
class LayerOverStreams : public TransportAdaptor<Next> {
 protected:
  using TransportAdaptor<Next>::next_;

 public:
  using TransportAdaptor<Next>::TransportAdaptor;

  std::optional<StreamPeer> peer(StreamId id) const { return next_.peer(id); }
  template <ContextLike Cx>
  result<std::size_t> write(StreamId id, Bytes octets, Cx& cx) {
    return next_.write(id, octets, cx);
  }
  template <ContextLike Cx>
  result<std::size_t> read(StreamId id, MutableBytes into, Cx& cx) {
    return next_.read(id, into, cx);
  }
  template <ContextLike Cx>
  error_code shutdown(StreamId id, Cx& cx) {
    return next_.shutdown(id, cx);
  }
  template <ContextLike Cx>
  void reset(StreamId id, Cx& cx) {
    next_.reset(id, cx);
  }
};
}  // namespace detail

/// For layers that stand on a transport with streams and are one: `StreamProxy<Mine<Sctp<STP<ILNP<McastUdp>>>>>`; see
/// adaptor.hpp.
template <StreamTransport Next>
class StreamAdaptor : public detail::LayerOverStreams<Next> {
 protected:
  using detail::LayerOverStreams<Next>::next_;

 public:
  using detail::LayerOverStreams<Next>::LayerOverStreams;

  error_code listen(std::uint16_t port) { return next_.listen(port); }
  void unlisten(std::uint16_t port) { next_.unlisten(port); }
  template <ContextLike Cx>
  result<StreamId> connect(Nid to, std::uint16_t port, Cx& cx) {
    return next_.connect(to, port, cx);
  }
  /// The same from another port of the transport than the usual one.
  template <ContextLike Cx>
  requires requires(Next& next, Nid to, std::uint16_t port, Cx& cx) { next.connect(to, port, port, cx); }
  result<StreamId> connect(Nid to, std::uint16_t port, std::uint16_t transport_port, Cx& cx) {
    return next_.connect(to, port, transport_port, cx);
  }
  template <ContextLike Cx>
  void close(StreamId id, Cx& cx) {
    next_.close(id, cx);
  }
};

}  // namespace ilnp

/// For a program's own containers.
template <>
struct std::hash<ilnp::StreamId> {
  /// Well mixed, without a secret.
  std::size_t operator()(const ilnp::StreamId& id) const noexcept {
    return std::hash<std::uint64_t>()(id.value);
  }
};
