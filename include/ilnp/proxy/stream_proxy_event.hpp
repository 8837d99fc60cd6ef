#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>

#include "../base/stack.hpp"
#include "../base/stream.hpp"
#include "../wire/stream_request.hpp"

namespace ilnp {

/// What the stream proxy hands up about a connection. `wanted` comes with the octets of the host, empty for this one.
struct StreamProxyEvent {
  /// What has happened.
  enum class Kind : std::uint8_t {
    wanted,    ///< a peer wants to connect to `port`: call `answer`
    opened,    ///< `open` has succeeded
    readable,  ///< as for a stream
    writable,
    closed,  ///< it has ended or failed; see `error`
  };
  StreamId stream;         ///< to which connection
  Kind kind;               ///< what
  error_code error;        ///< why it is `closed`; none if it has ended in order
  std::uint16_t port = 0;  ///< of `wanted`
};

/// The layer of a stack that connects local programs, as `StreamGateway` needs it. `StreamProxy` is one.
///
/// - `open(nid, port, host, cx)`: a program wants a connection. Events report the result. `resolve`: as the network layer's.
/// - `answer(id, code, cx)`: the result of a connection that a peer `wanted`. `peer(id)`: which peer.
/// - `write`, `read`, `shutdown`, `reset`: as those of a `StreamTransport`.
template <class P>
concept LocalStreamProxy = requires(P& p, const P& cp, Nid nid, std::uint16_t port, std::string_view name,
                                    StreamId id, wire::StreamReplyCode code, Bytes octets, MutableBytes into,
                                    Context<>& cx) {
  { p.open(nid, port, name, cx) } -> std::same_as<result<StreamId>>;
  { p.resolve(name, cx) } -> std::same_as<result<Nid>>;
  p.answer(id, code, cx);
  { cp.peer(id) } -> std::same_as<std::optional<StreamPeer>>;
  { p.write(id, octets, cx) } -> std::same_as<result<std::size_t>>;
  { p.read(id, into, cx) } -> std::same_as<result<std::size_t>>;
  { p.shutdown(id, cx) } -> std::same_as<error_code>;
  p.reset(id, cx);
};

namespace detail {
template <class Layer>
using IsLocalStreamProxy = std::bool_constant<LocalStreamProxy<Layer>>;
}  // namespace detail

/// The uppermost such layer of a stack, whatever lies on it; the lowest layer if there is none.
template <class Layer>
auto& stream_proxy_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsLocalStreamProxy>(layer);
}
/// The type of `stream_proxy_layer(stack)`.
template <class Stack>
using StreamProxyOf = std::remove_cvref_t<decltype(stream_proxy_layer(std::declval<Stack&>()))>;

}  // namespace ilnp
