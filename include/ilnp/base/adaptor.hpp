#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "layer.hpp"

namespace ilnp {

// Base classes for layers between two others. An adaptor owns the layer below, `next_`, and forwards to it every member that a
// layer of its kind has, and the optional ones that the layer below has. A layer contains only the members that it changes. One
// that it declares hides all overloads of that name, so a layer that changes how datagrams are sent declares every `send`.

namespace detail {
template <class Self, class... Args>
concept NotACopyOf = !(sizeof...(Args) == 1 && (std::derived_from<std::remove_cvref_t<Args>, Self> && ...));

/// What the adaptors have in common: the layer below, and the members that layers of every kind have.
template <class Next>
class LayerOver {
 public:
  using next_layer_type = Next;
  using adaptor = LayerOver;  ///< tells a layer's own counters from those that it only forwards

  /// All arguments go to the layer below.
  template <class... Args>
  requires NotACopyOf<LayerOver, Args...>
  explicit LayerOver(Args&&... args) : next_(std::forward<Args>(args)...) {}

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, std::forward<Up>(up));
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
  }
  TimePoint next_deadline() const { return next_.next_deadline(); }
  decltype(auto) counters() const requires requires(const Next& next) { next.counters(); }
  { return next_.counters(); }
  Next& next_layer() noexcept { return next_; }
  const Next& next_layer() const noexcept { return next_; }

 protected:
  Next next_;
};

/// What adaptors for network layers and for transports have in common: names, and payloads to a node.
template <class Next>
class LayerOverNodes : public LayerOver<Next> {
 protected:
  using LayerOver<Next>::next_;

 public:
  using LayerOver<Next>::LayerOver;

  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, std::forward<Up>(up));
  }
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    return next_.resolve(name, cx);
  }
  std::size_t max_payload() const { return next_.max_payload(); }
  std::size_t max_payload(Nid nid) const { return next_.max_payload(nid); }

  // Of a `ResolvingTransport`, and of a network layer for its sake.

  template <ContextLike Cx>
  requires requires(Next& next, ResolvedName& known, Cx& cx) { next.resolve(std::string_view(), known, cx); }
  error_code resolve(std::string_view name, ResolvedName& known, Cx& cx) {
    return next_.resolve(name, known, cx);
  }
  template <ContextLike Cx>
  requires requires(const Next& next, ResolvedName& known, Cx& cx) { next.holds(known, cx); }
  bool holds(const ResolvedName& known, Cx& cx) const { return next_.holds(known, cx); }
};
}  // namespace detail

/// For layers that stand on an underlay and are one: `ILNP<Mine<McastUdp>>`.
template <Underlay Next>
class UnderlayAdaptor : public detail::LayerOver<Next> {
 protected:
  using detail::LayerOver<Next>::next_;

 public:
  using detail::LayerOver<Next>::LayerOver;

  error_code join(Locator locator) { return next_.join(locator); }
  error_code leave(Locator locator) { return next_.leave(locator); }
  void begin_batch() { next_.begin_batch(); }
  MutableBytes headroom(std::size_t size) { return next_.headroom(size); }
  template <ContextLike Cx>
  error_code send(Locator locator, const Packet& packet, Cx& cx) {
    return next_.send(locator, packet, cx);
  }
  template <ContextLike Cx>
  bool on_timer(Cx& cx) {
    return next_.on_timer(cx);
  }
  std::size_t max_frame() const { return next_.max_frame(); }

  // Of a `ClassifyingUnderlay`: one that changes the beginning of frames hides it, or gives another classifier.

  void classify(const FrameClassifier& classifier) requires ClassifyingUnderlay<Next> {
    next_.classify(classifier);
  }

  // Of a `PollableUnderlay`.

  decltype(auto) native_handles() const requires PollableUnderlay<Next> { return next_.native_handles(); }
  template <class Sink>
  requires PollableUnderlay<Next> std::size_t receive(Sink&& sink) {
    return next_.receive(std::forward<Sink>(sink));
  }
  void keep_queued() requires PollableUnderlay<Next> { next_.keep_queued(); }
  bool drained() const requires PollableUnderlay<Next> { return next_.drained(); }
};

/// For layers that stand on a network layer and are one: `STP<Mine<ILNP<McastUdp>>>`. A layer that changes packets must do so in
/// `feed` and in `on_timer`, where packets come up that a node sends to itself.
template <NetworkLayer Next>
class NetworkAdaptor : public detail::LayerOverNodes<Next> {
 protected:
  using detail::LayerOverNodes<Next>::next_;

 public:
  using detail::LayerOverNodes<Next>::LayerOverNodes;

  MutableBytes headroom(std::size_t size) { return next_.headroom(size); }
  template <ContextLike Cx>
  error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    return next_.send(to, next_header, packet, cx);
  }
  Nid local_nid() const { return next_.local_nid(); }

  // Of a `StartableNetwork`.

  template <ContextLike Cx>
  requires StartableNetwork<Next> error_code start(Cx& cx) { return next_.start(cx); }
  template <ContextLike Cx>
  requires StartableNetwork<Next>
  void resumed(TimePoint since, Cx& cx) { next_.resumed(since, cx); }
  template <ContextLike Cx>
  requires StartableNetwork<Next>
  void caught_up(Cx& cx) { next_.caught_up(cx); }

  // What a transport uses if it exists.

  /// The same with a hop limit other than this node's.
  template <ContextLike Cx>
  requires requires(Next& next, Nid nid, Packet& packet, Cx& cx) { next.send(nid, 0, packet, cx, 0); }
  error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx, std::uint8_t hop_limit) {
    return next_.send(to, next_header, packet, cx, hop_limit);
  }
  /// The hop limit of the packets that this node sends.
  std::uint8_t hop_limit() const requires requires(const Next& next) { next.hop_limit(); }
  { return next_.hop_limit(); }
  /// `nid` may have gone: checks whether it is still there, and forgets it if not.
  template <ContextLike Cx>
  requires requires(Next& next, Nid nid, Cx& cx) { next.doubt(nid, cx); }
  void doubt(Nid nid, Cx& cx) { next_.doubt(nid, cx); }
  /// The nodes with which there is unicast traffic.
  decltype(auto) correspondents() const requires requires(const Next& next) { next.correspondents(); }
  { return next_.correspondents(); }
};

/// For layers that stand on a transport and are one: `Proxy<Mine<STP<ILNP<McastUdp>>>>`. The same holds for what comes up.
/// Besides datagrams, packets of other transports pass: a layer that changes datagrams takes those alone, by
/// `taking<DatagramSource>`.
template <TransportLayer Next>
class TransportAdaptor : public detail::LayerOverNodes<Next> {
 protected:
  using detail::LayerOverNodes<Next>::next_;

 public:
  using detail::LayerOverNodes<Next>::LayerOverNodes;

  error_code bind(std::uint16_t port) { return next_.bind(port); }
  void unbind(std::uint16_t port) { next_.unbind(port); }
  template <ContextLike Cx>
  error_code send(std::uint16_t source_port, Nid to, std::uint16_t destination_port, Bytes payload, Cx& cx) {
    return next_.send(source_port, to, destination_port, payload, cx);
  }

  // Of a `PacketTransport`.

  bool bound(std::uint16_t port) const requires PacketTransport<Next> { return next_.bound(port); }
  void accept_reserved_port() requires PacketTransport<Next> { next_.accept_reserved_port(); }
  MutableBytes headroom(std::size_t size) requires PacketTransport<Next> { return next_.headroom(size); }
  /// The same for a payload to which headers were added.
  template <ContextLike Cx>
  requires PacketTransport<Next> error_code send(std::uint16_t source_port, Nid to,
                                                 std::uint16_t destination_port, Packet& packet, Cx& cx) {
    return next_.send(source_port, to, destination_port, packet, cx);
  }
};

}  // namespace ilnp
