#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "address.hpp"
#include "bytes.hpp"
#include "context.hpp"
#include "epoch.hpp"
#include "error.hpp"
#include "frame_class.hpp"
#include "packet.hpp"

namespace ilnp {

/// What a host name means, cached by a caller that needs it for each packet; 0 before the first look-up. A network layer or a
/// transport may have two members for it: `holds(known, cx)` says whether it is still valid, without a table look-up;
/// `resolve(name, known, cx)` looks it up again, or returns `Errc::unknown_host` and leaves the identifier unchanged.
using ResolvedName = Cached<Nid>;

namespace event {

/// A network layer shows this when a host name that was unknown may be known from now on, or may mean another node: whoever
/// waits for a name tries again then.
struct NamesChanged {};

}  // namespace event

/// Where a frame arrived. `sender` is an opaque id of the node that put it on the network, the same for all frames of that
/// node on all its locators; it can only be compared.
struct FrameSource {
  Locator interface;     ///< the joined locator
  std::uint64_t sender;  ///< see above
  /// The same for all senders on one machine, as far as the underlay can tell; 0 if it cannot.
  std::uint64_t host = 0;

  /// The sender or machine for which table entries count that this frame creates.
  constexpr std::uint64_t share() const noexcept { return host != 0 ? host : sender; }
};

namespace detail {
struct AnyUp {
  template <class... Args>
  void operator()(Args&&...) const noexcept {}
};
}  // namespace detail

/// `Up` can be called with what is handed up as a `Source`.
template <class Up, class Source>
concept Takes = requires(Up& up, const Source& source, MutableBytes octets) {
  up(source, octets);
};

/// Hands octets up, unchanged, if a layer above takes them. Returns false if none does: then the caller counts a drop.
template <class Up, class Source>
constexpr bool offer(Up& up, const Source& source, MutableBytes octets) {
  if constexpr (Takes<Up, Source>) return up(source, octets), true;
  return false;
}

namespace detail {
template <class Own, class F, class Up>
class Taking {
 public:
  constexpr Taking(F own, Up& up) noexcept : own_(std::move(own)), up_(up) {}

  constexpr void operator()(const Own& source, MutableBytes octets) const { own_(source, octets); }
  template <class Other>
  requires(!std::same_as<Other, Own> && Takes<Up, Other>) constexpr void operator()(
      const Other& source, MutableBytes octets) const {
    up_(source, octets);
  }

 private:
  F own_;
  Up& up_;
};
}  // namespace detail

/// The `up` that a layer passes down if it takes what comes up as an `Own`: calls `own` for that, and `up` for everything else.
/// So several transports share a stack (docs/design.md, "A second transport"). Refers to `up`.
template <class Own, class F, class Up>
constexpr auto taking(F own, Up& up) noexcept {
  return detail::Taking<Own, F, Up>(std::move(own), up);
}

/// The bottom of every stack: carries frames between the nodes that have joined a locator.
///
/// - `join(l)` / `leave(l)`: become, or cease to be, a member of a network. Joining twice is no error.
/// - `begin_batch()`: from here on `send` queues, until the batch ends.
/// - `end_batch(cx)`: everything queued leaves; afterwards nothing is borrowed any more.
/// - `headroom(size)`: room for `size` octets (at most `max_frame()`) where the front of the next packet, or all of it, is best
///   written; valid until `send` or `end_batch`. It is taken for one packet at a time: a packet gives it back when it was sent,
///   when `send` failed, or when it is destroyed.
/// - `send(l, packet, cx)`: one frame to all other members. Within a batch the payload is queued by reference and leaves at its
///   end; outside of one it has been sent, or copied, when `send` returns. Error: why it was not sent.
/// - `feed(from, frame, cx, up)`: a frame that arrived: calls `up(from, frame)`, or drops it.
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
  u.feed(from, frame, cx, up);
  { u.on_timer(cx) } -> std::same_as<bool>;
  { cu.next_deadline() } -> std::same_as<TimePoint>;
  u.end_batch(cx);
  { cu.max_frame() } -> std::same_as<std::size_t>;
};

/// An underlay with descriptors to wait for: what `Node` needs of the lowest layer of a stack.
///
/// - `native_handles()`: the descriptors to wait for. The underlay owns them, and they never change.
/// - `receive(sink)` takes what waits there, does not block, and calls `sink(FrameSource, MutableBytes)` for each frame of
///   another node. The frames stay valid, all of them and each in memory of its own, until the batch ends (what is
///   forwarded leaves from there), and may be changed in place. Returns how many it took; 0 means that nothing waits.
/// - `keep_queued()`: within a batch, nothing that `send` has borrowed so far is needed any more: what is queued by reference is
///   copied, or leaves.
/// - `drained()`: the last `receive` took everything. `false` is always correct, and costs one more call.
template <class U>
concept PollableUnderlay = Underlay<U> && requires(U& u, const U& cu, detail::AnyUp sink) {
  { cu.native_handles() } -> std::convertible_to<std::span<const int>>;
  { u.receive(sink) } -> std::same_as<std::size_t>;
  u.keep_queued();
  { cu.drained() } -> std::same_as<bool>;
};

/// An underlay that treats control frames differently from data, as `McastUdp` does.
///
/// - `classify(classifier)`: says how to tell them apart. Called before the first `join`. Throws if it cannot.
template <class U>
concept ClassifyingUnderlay = Underlay<U> && requires(U& u, const FrameClassifier& classifier) {
  u.classify(classifier);
};

/// What a network layer tells about a packet that it hands up.
struct NetworkSource {
  Ilv source;                ///< of the node that sent the packet
  Ilv destination;           ///< to which it was addressed; the locator may be one that this node has left
  Locator interface;         ///< the locator on which it arrived
  std::uint8_t next_header;  ///< the protocol of the payload
  std::uint8_t hop_limit;    ///< as received
  std::uint64_t share = 0;   ///< for whom it counts: see `FrameSource`; 0: this node itself
};

/// Carries packets between nodes that are named by their NID, wherever they are.
///
/// - `headroom(size)`: the underlay's, with room for the network layer's header and for `size` octets of headers above it.
/// - `send(nid, next_header, packet, cx)`: see `Errc` for what can go wrong.
/// - `feed(from, frame, cx, up)` calls `up(NetworkSource, MutableBytes)` for each packet for this node.
/// - `on_timer(cx, up)` does what is due at `next_deadline()`, and may call it too.
/// - `end_batch(cx)`: ends the batch, here and then below; what was handed up is not borrowed any more.
/// - `resolve(name, cx)`: the NID of a host name, or `Errc::unknown_host`.
/// - `max_payload()`: of a packet, octets; `max_payload(nid)`: of one to that node.
template <class N>
concept NetworkLayer = requires(N& n, const N& cn, Nid nid, std::uint8_t next_header, Packet& packet,
                                Context<>& cx, FrameSource from, MutableBytes frame, detail::AnyUp up,
                                std::string_view name) {
  { n.headroom(std::size_t()) } -> std::same_as<MutableBytes>;
  { n.send(nid, next_header, packet, cx) } -> std::same_as<error_code>;
  n.feed(from, frame, cx, up);
  n.on_timer(cx, up);
  n.end_batch(cx);
  { cn.next_deadline() } -> std::same_as<TimePoint>;
  { n.resolve(name, cx) } -> std::same_as<result<Nid>>;
  { cn.local_nid() } -> std::same_as<Nid>;
  { cn.max_payload() } -> std::same_as<std::size_t>;
  { cn.max_payload(nid) } -> std::same_as<std::size_t>;
};

/// A network layer that a shell can start and wake: what `Node` needs of the lowest one of a stack.
///
/// - `start(cx)` joins the first locators; call it once. Error: why it could not; then the node does not run.
/// - `resumed(since, cx)`: nothing was fed from `since` until now, although something was
///   due. What is fed until `caught_up(cx)` is as old as that.
template <class N>
concept StartableNetwork = NetworkLayer<N> && requires(N& n, TimePoint since, Context<>& cx) {
  { n.start(cx) } -> std::same_as<error_code>;
  n.resumed(since, cx);
  n.caught_up(cx);
};

/// What a transport tells about a datagram that it hands up.
struct DatagramSource {
  Nid nid;                         ///< the sender
  std::uint16_t port;              ///< from which port
  std::uint16_t destination_port;  ///< to which port of this node
  NetworkSource network;           ///< how it arrived
};

/// Carries datagrams between ports of nodes that are named by their NID.
///
/// - `bind(port)`: from now on datagrams to it are handed up. Errors: `invalid_port`, `port_in_use`. `unbind` ends that.
/// - `send(source_port, nid, destination_port, payload, cx)`: the payload is borrowed as in a `Packet`. Errors: see `Errc`.
/// - `feed(from, frame, cx, up)` calls `up(const DatagramSource&, MutableBytes)` for each datagram to a bound port.
///   `on_timer(cx, up)` does what is due at `next_deadline()`, and may call it too. A transport hands up once, unchanged, what it
///   does not own, and neither keeps nor answers it: packets with another next header, with their `NetworkSource`, and whatever
///   the layer below hands up as a type of its own. See `taking` and `offer`.
/// - `end_batch(cx)`: as the network layer's.
/// - `resolve(name, cx)`: as the network layer's.
/// - `max_payload()`: of a datagram, octets; `max_payload(nid)`: of one to that node.
template <class T>
concept TransportLayer = requires(T& t, const T& ct, Nid nid, std::uint16_t port, Bytes payload,
                                  Context<>& cx, FrameSource from, MutableBytes frame, detail::AnyUp up,
                                  std::string_view name) {
  { t.bind(port) } -> std::same_as<error_code>;
  t.unbind(port);
  { t.send(port, nid, port, payload, cx) } -> std::same_as<error_code>;
  t.feed(from, frame, cx, up);
  t.on_timer(cx, up);
  t.end_batch(cx);
  { ct.next_deadline() } -> std::same_as<TimePoint>;
  { t.resolve(name, cx) } -> std::same_as<result<Nid>>;
  { ct.max_payload() } -> std::same_as<std::size_t>;
  { ct.max_payload(nid) } -> std::same_as<std::size_t>;
};

/// Does one of these host names now mean the node `nid`? `layer` is a network layer or a transport. Cost: a look-up for each name.
template <class Names, class Layer, ContextLike Cx>
bool means_one_of(const Names& names, Nid nid, Layer& layer, Cx& cx) {
  for (const auto& name : names) {
    const result<Nid> found = layer.resolve(name, cx);
    if (found && *found == nid) return true;
  }
  return false;
}

/// A transport that remembers a resolved name, so that a datagram needs no look-up: what `Proxy` needs.
///
/// - `holds(known, cx)`: the result is still valid. Looks nothing up.
/// - `resolve(name, known, cx)` looks the name up again. Error: `unknown_host`; then the identifier is unchanged.
template <class T>
concept ResolvingTransport = TransportLayer<T> &&
    requires(T& t, const T& ct, std::string_view name, ResolvedName& known, Context<>& cx) {
  { ct.holds(known, cx) } -> std::same_as<bool>;
  { t.resolve(name, known, cx) } -> std::same_as<error_code>;
};

/// A transport that sends packets to which another layer has added headers, and that hands up datagrams to port 0 (which no
/// program can use) once that layer has asked for them.
template <class T>
concept PacketTransport = TransportLayer<T> &&
    requires(T& t, const T& ct, Nid nid, std::uint16_t port, Packet& packet, Context<>& cx) {
  t.accept_reserved_port();
  { t.headroom(std::size_t()) } -> std::same_as<MutableBytes>;
  { t.send(port, nid, port, packet, cx) } -> std::same_as<error_code>;
  { ct.bound(port) } -> std::same_as<bool>;
};

}  // namespace ilnp
