#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "address.hpp"
#include "bytes.hpp"
#include "context.hpp"
#include "error.hpp"
#include "packet.hpp"

namespace ilnp {

/// Where a frame came in. `sender` is an opaque name of the node that put it on the network, the same for all
/// frames of that node on all its locators; it can only be compared.
struct FrameSource {
  Locator interface;
  std::uint64_t sender;
  /// The same for all senders on one machine, as far as the underlay can tell; 0 if it cannot.
  std::uint64_t host = 0;

  /// Whom that is counted for which frames like this one bring into tables.
  constexpr std::uint64_t share() const noexcept { return host != 0 ? host : sender; }
};

namespace detail {
struct AnyUp {
  template <class... Args>
  void operator()(Args&&...) const noexcept {}
};
}  // namespace detail

/// The bottom of every stack: carries frames between the nodes that have joined a locator.
///
/// - `join(l)` / `leave(l)`: become, or cease to be, a member of a network. Joining twice is no error.
/// - `begin_batch()`: from here on `send` queues, until `flush`.
/// - `headroom(size)`: room for `size` octets (at most `Packet::max_headroom`) where the headers of the next packet are best
///   written; valid until the next `headroom`, `send` or `flush`.
/// - `send(l, packet, cx)`: one frame to all other members. Within a batch the payload is queued by reference and leaves at
///   `flush`; outside of one it has been sent, or copied, when `send` returns. Error: why it was not sent.
/// - `on_receive(from, frame, cx, up)`: what came in, on its way up: calls `up(from, frame)` or drops.
/// - `on_timer(cx)`: does what is due; true if the link has come back, and the node should announce itself again.
/// - `max_frame()`: the largest frame, octets.
template <class U>
concept Underlay = requires(U& u, const U& cu, Locator l, const Packet& packet, Context<>& cx,
                            FrameSource from, MutableBytes frame, detail::AnyUp up) {
  { u.join(l) } -> std::same_as<error_code>;
  { u.leave(l) } -> std::same_as<error_code>;
  u.begin_batch();
  { u.headroom(std::size_t()) } -> std::same_as<MutableBytes>;
  { u.send(l, packet, cx) } -> std::same_as<error_code>;
  u.on_receive(from, frame, cx, up);
  { u.on_timer(cx) } -> std::same_as<bool>;
  { cu.next_deadline() } -> std::same_as<TimePoint>;
  u.flush(cx);
  { cu.max_frame() } -> std::same_as<std::size_t>;
};

/// What a network layer says of a packet that it hands up.
struct NetworkSource {
  Ilv source;
  Ilv destination;
  Locator interface;         ///< the locator that it came in on
  std::uint8_t next_header;  ///< who is to read the payload
  std::uint8_t hop_limit;    ///< as received
  std::uint64_t share = 0;   ///< whom it is counted for: see `FrameSource`; 0 for this node itself
};

/// Carries packets between nodes that are named by their NID, wherever they are.
///
/// - `headroom(size)`: the underlay's, with room for the network layer's header and for `size` octets of headers above it.
/// - `send(nid, next_header, packet, cx)`: see `Errc` for what can go wrong.
/// - `on_receive(from, frame, cx, up)` calls `up(NetworkSource, Bytes)` for each packet for this node.
/// - `on_timer(cx, up)` does what is due at `next_deadline()`.
/// - `resolve(name, cx)`: the NID of a host name, or `Errc::unknown_host`.
/// - `max_payload()`: of a packet, octets.
template <class N>
concept NetworkLayer = requires(N& n, const N& cn, Nid nid, std::uint8_t next_header, Packet& packet,
                                Context<>& cx, FrameSource from, MutableBytes frame, detail::AnyUp up,
                                std::string_view name) {
  { n.headroom(std::size_t()) } -> std::same_as<MutableBytes>;
  { n.send(nid, next_header, packet, cx) } -> std::same_as<error_code>;
  n.on_receive(from, frame, cx, up);
  n.on_timer(cx, up);
  { cn.next_deadline() } -> std::same_as<TimePoint>;
  { n.resolve(name, cx) } -> std::same_as<result<Nid>>;
  { cn.local_nid() } -> std::same_as<Nid>;
  { cn.max_payload() } -> std::same_as<std::size_t>;
};

/// What a transport says of a datagram that it hands up.
struct DatagramSource {
  Nid nid;                         ///< who sent it
  std::uint16_t port;              ///< from which port
  std::uint16_t destination_port;  ///< to which port of this node
  NetworkSource network;           ///< how it came
};

/// Carries datagrams between ports of nodes that are named by their NID.
///
/// - `bind(port)`: from then on its datagrams are handed up. Errors: `invalid_port`, `port_in_use`. `unbind` ends that.
/// - `send(source_port, nid, destination_port, payload, cx)`: the payload is borrowed as that of a `Packet`. Errors: see `Errc`.
/// - `on_receive(from, frame, cx, up)` calls `up(const DatagramSource&, Bytes)` for each datagram to a port that is bound; its
///   octets are valid during the call. `on_timer(cx, up)` does what is due at `next_deadline()`, and may call it too.
/// - `resolve(name, cx)`: as the network layer's.
/// - `max_payload()`: of a datagram, octets.
template <class T>
concept TransportLayer = requires(T& t, const T& ct, Nid nid, std::uint16_t port, Bytes payload,
                                  Context<>& cx, FrameSource from, MutableBytes frame, detail::AnyUp up,
                                  std::string_view name) {
  { t.bind(port) } -> std::same_as<error_code>;
  t.unbind(port);
  { t.send(port, nid, port, payload, cx) } -> std::same_as<error_code>;
  t.on_receive(from, frame, cx, up);
  t.on_timer(cx, up);
  { ct.next_deadline() } -> std::same_as<TimePoint>;
  { t.resolve(name, cx) } -> std::same_as<result<Nid>>;
  { ct.max_payload() } -> std::same_as<std::size_t>;
};

/// A transport that another layer can put headers on, and that hands up what comes for port 0 (which no program can have)
/// once that layer has asked for it.
template <class T>
concept PacketTransport = TransportLayer<T> &&
    requires(T& t, const T& ct, Nid nid, std::uint16_t port, Packet& packet, Context<>& cx) {
  t.accept_reserved_port();
  { t.headroom(std::size_t()) } -> std::same_as<MutableBytes>;
  { t.send(port, nid, port, packet, cx) } -> std::same_as<error_code>;
  { ct.bound(port) } -> std::same_as<bool>;
};

/// The largest datagram of a transport that travels in one frame, whatever the layers on it take apart, octets.
template <class Layer>
std::size_t frame_payload(const Layer& layer) noexcept {
  if constexpr (requires { requires TransportLayer<std::remove_cvref_t<decltype(layer.next_layer())>>; }) {
    return frame_payload(layer.next_layer());
  } else {
    return layer.max_payload();
  }
}

/// The innermost layer of a stack: its underlay. Follows `next_layer()` down.
template <class Layer>
auto& lowest_layer(Layer& layer) noexcept {
  if constexpr (requires { layer.next_layer(); }) {
    return lowest_layer(layer.next_layer());
  } else {
    return layer;
  }
}

/// The layer of a stack (counted from the top) that is a network layer.
template <class Layer>
auto& network_layer(Layer& layer) noexcept {
  if constexpr (NetworkLayer<std::remove_const_t<Layer>>) {
    return layer;
  } else {
    return network_layer(layer.next_layer());
  }
}

/// This node shuts down: tells those with which it has traffic, if a layer of the stack can. To be called before it is stopped.
template <class Layer, ContextLike Cx>
void say_goodbye(Layer& layer, Cx& cx) {
  if constexpr (requires { layer.say_goodbye(cx); }) {
    layer.say_goodbye(cx);
  } else if constexpr (requires { layer.next_layer(); }) {
    say_goodbye(layer.next_layer(), cx);
  }
}

/// Calls `f(layer, name, value)` for each counter of a stack, from the top down: `layer` is the name of the layer that
/// counts. For people and programs that look; nothing of it is on the packet path.
template <class Layer, class F>
void for_each_counter(const Layer& layer, F&& f) {
  if constexpr (requires { std::remove_cvref_t<decltype(layer.counters())>::layer; }) {
    using Counters = std::remove_cvref_t<decltype(layer.counters())>;
    layer.counters().for_each([&](std::string_view name, std::uint64_t value) {
      f(std::string_view(Counters::layer), name, value);
    });
  }
  if constexpr (requires { layer.next_layer(); }) for_each_counter(layer.next_layer(), f);
}

}  // namespace ilnp
