#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>

#include "../base/adaptor.hpp"
#include "../base/stack.hpp"
#include "endpoint.hpp"

namespace ilnp {

/// Streams over datagrams (docs/behaviour.md, "Streams"): reliable, ordered octets between ports of nodes that are named by their
/// identifier. The protocol is SCTP (RFC 9260), by usrsctp; its packets are the datagrams of one port of the transport (the inner
/// part of RFC 6951). Each stream is an association of its own. It is bound to the peer's identifier, so it does not notice a
/// move.
///
/// Hands up `StreamEvent`s without data: `read` and `write` move the data. Datagrams for other ports pass
/// unchanged: the layer is also a `TransportLayer`. One thread, the same for all of a process (see `SctpLibrary`).
template <TransportLayer Next>
class Sctp : public TransportAdaptor<Next> {
  using TransportAdaptor<Next>::next_;

 public:
  static constexpr std::size_t min_payload = 524;  ///< of the transport, the minimum for usrsctp

  /// Throws `std::invalid_argument` if `config` is invalid or the transport insufficient. The other arguments go to the layers
  /// below.
  template <class... Args>
  explicit Sctp(const SctpConfig& config, Args&&... args)
      : TransportAdaptor<Next>(std::forward<Args>(args)...),
        port_(config.port),
        endpoint_((config.validate(), config), frame_payload(next_)) {
    if (frame_payload(next_) < min_payload)
      throw std::invalid_argument("streams need datagrams of at least " + std::to_string(min_payload) +
                                  " octets");
    if (const error_code error = next_.bind(port_))
      throw std::invalid_argument("port " + std::to_string(port_) + " of streams: " + error.message());
  }

  /// Lets peers open streams to `port` from now on. Errors: `invalid_port`, `port_in_use`.
  error_code listen(std::uint16_t port) { return endpoint_.listen(port); }
  /// Accepts no more; existing streams stay.
  void unlisten(std::uint16_t port) { endpoint_.unlisten(port); }

  /// Starts a stream to `port` of the node `to`. The event `connected` or `closed` reports the result (`connection_refused`,
  /// `timed_out`, or why packets could not be sent). Errors: `invalid_port`, `queue_full` (too many streams, or peers),
  /// `no_stream_memory`, `port_in_use` (no local port is free), those of the system.
  template <ContextLike Cx>
  result<StreamId> connect(Nid to, std::uint16_t port, Cx& cx) {
    return connect(to, port, port_, cx);
  }
  /// The same, if the peer's SCTP uses another port of its transport than this node's.
  template <ContextLike Cx>
  result<StreamId> connect(Nid to, std::uint16_t port, std::uint16_t transport_port, Cx& cx) {
    const Turn<Cx> turn(*this, cx);
    return endpoint_.connect(to, transport_port, port, cx, frame_payload(next_, to));
  }
  /// The peer and ports of a stream; none if there is no such stream.
  std::optional<StreamPeer> peer(StreamId id) const noexcept { return endpoint_.peer(id); }

  /// As `SctpEndpoint::write`. What has to be sent goes to the transport before it returns, here and below.
  template <ContextLike Cx>
  result<std::size_t> write(StreamId id, Bytes octets, Cx& cx) {
    const Turn<Cx> turn(*this, cx);
    return endpoint_.write(id, octets, cx.now());
  }
  /// As `SctpEndpoint::read`.
  template <ContextLike Cx>
  result<std::size_t> read(StreamId id, MutableBytes into, Cx& cx) {
    const Turn<Cx> turn(*this, cx);
    return endpoint_.read(id, into, cx.now());
  }
  /// As `SctpEndpoint::shutdown`.
  template <ContextLike Cx>
  error_code shutdown(StreamId id, Cx& cx) {
    const Turn<Cx> turn(*this, cx);
    return endpoint_.shutdown(id, cx.now());
  }
  /// As `SctpEndpoint::reset`.
  template <ContextLike Cx>
  void reset(StreamId id, Cx& cx) {
    const Turn<Cx> turn(*this, cx);
    endpoint_.reset(id, cx.now());
  }
  /// As `SctpEndpoint::close`.
  template <ContextLike Cx>
  void close(StreamId id, Cx& cx) {
    const Turn<Cx> turn(*this, cx);
    endpoint_.close(id, cx.now());
  }

  /// Calls `up(const StreamEvent&, MutableBytes)`, and `up(const DatagramSource&, MutableBytes)` for datagrams to other ports.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, receiver(cx, up));
    {
      const Turn<Cx> turn(*this, cx);
      endpoint_.on_timer(cx.now());
    }
    tell(up);
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    transmit(cx);
    next_.end_batch(cx);
    endpoint_.output().end_batch();
  }
  TimePoint next_deadline() const noexcept {
    return std::min(next_.next_deadline(), endpoint_.next_deadline());
  }

  // Datagrams, as in the transport below.

  void unbind(std::uint16_t port) {
    if (port != port_) next_.unbind(port);
  }

  std::size_t streams() const noexcept { return endpoint_.streams(); }
  const SctpCounters& counters() const noexcept { return endpoint_.counters(); }

 private:
  /// Sends the produced packets at the end of a call.
  template <class Cx>
  class Turn {
   public:
    Turn(Sctp& layer, Cx& cx) noexcept : layer_(layer), cx_(cx) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { layer_.transmit(cx_); }

   private:
    Sctp& layer_;
    Cx& cx_;
  };

  template <class Cx>
  void transmit(Cx& cx) {
    endpoint_.output().take([&](const SctpOutput::Packet& packet) {
      const error_code error = next_.send(port_, packet.to, packet.port, packet.octets, cx);
      ++(error ? endpoint_.counters().packets_not_sent : endpoint_.counters().packets_sent);
      if (SctpPeer* peer = error ? endpoint_.peers().find(packet.to, packet.port) : nullptr)
        peer->last_error = error;
    });
  }

  template <class Cx, class Up>
  auto receiver(Cx& cx, Up& up) {
    return taking<DatagramSource>(
        [this, &cx, &up](const DatagramSource& source, MutableBytes payload) {
          receive(source, payload, cx, up);
        },
        up);
  }
  template <class Cx, class Up>
  void receive(const DatagramSource& source, MutableBytes payload, Cx& cx, Up& up) {
    if (source.destination_port != port_) return up(source, payload);
    {
      const Turn<Cx> turn(*this, cx);
      endpoint_.input(source.nid, source.port, source.network.share, payload, cx);
    }
    tell(up);
  }

  template <class Up>
  void tell(Up& up) {
    while (const auto event = endpoint_.next_event()) {
      if (event->kind == StreamEvent::Kind::accepted)
        if (const auto names = endpoint_.peer(event->stream))
          endpoint_.limit_packets(event->stream, frame_payload(next_, names->nid));
      up(*event, MutableBytes());
    }
  }

  std::uint16_t port_;
  SctpEndpoint endpoint_;
};

}  // namespace ilnp
