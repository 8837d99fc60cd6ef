#pragma once

#include <algorithm>
#include <bitset>
#include <boost/config.hpp>
#include <optional>

#include "../base/layer.hpp"
#include "../base/reply_limit.hpp"
#include "../wire/goodbye.hpp"
#include "../wire/ilnp_header.hpp"
#include "../wire/stp_header.hpp"
#include "counters.hpp"
#include "pings.hpp"

namespace ilnp {

/// The skinny transport protocol (docs/behaviour.md, "Datagrams"): datagrams between ports, unreliable and unordered like UDP.
/// Knows its peers by identifier, never by locator, so a flow survives a move. Models `PacketTransport`. One thread.
template <NetworkLayer Next>
class STP {
 public:
  static constexpr std::size_t max_goodbyes = 256;  ///< sent by `say_goodbye`

  /// All arguments go to the layers below.
  template <class... Args>
  explicit STP(Args&&... args) : next_(std::forward<Args>(args)...) {}

  /// Hands datagrams to `port` up from now on. Errors: `invalid_port` (0), `port_in_use`.
  error_code bind(std::uint16_t port) noexcept {
    if (port == 0) return Errc::invalid_port;
    if (bound_.test(port)) return Errc::port_in_use;
    bound_.set(port);
    return {};
  }
  /// Drops datagrams to `port` again. No effect if it is not bound.
  void unbind(std::uint16_t port) noexcept {
    if (port != 0) bound_.reset(port);
  }
  bool bound(std::uint16_t port) const noexcept { return bound_.test(port); }

  /// Also hands up datagrams to port 0, which no program can use: for a layer above this one.
  void accept_reserved_port() noexcept { bound_.set(0); }

  /// The best place for the headers of the next packet: `size` octets of the layers above, this layer's, and those below.
  MutableBytes headroom(std::size_t size) { return next_.headroom(wire::StpHeader::size + size); }

  /// Sends one datagram from `source_port` to `destination_port` of the node `to`. Errors: `message_too_long` (more than
  /// `max_payload(to)`), those of the network layer.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(std::uint16_t source_port, Nid to, std::uint16_t destination_port,
                                    Bytes payload, Cx& cx) {
    Packet packet(next_.headroom(wire::StpHeader::size), payload);
    return send(source_port, to, destination_port, packet, cx);
  }
  /// The same for a payload with headers in front.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(std::uint16_t source_port, Nid to, std::uint16_t destination_port,
                                    Packet& packet, Cx& cx) {
    [[maybe_unused]] const Packet::Sending sending(packet);
    if (packet.size() > max_payload(to)) return ++counters_.refused_too_long, Errc::message_too_long;
    wire::StpHeaderRepr{source_port, destination_port}.write_to(packet.prepend(wire::StpHeader::size));
    if (const error_code error = next_.send(to, protocol, packet, cx)) return error;
    ++counters_.sent;
    return {};
  }

  /// Calls `up(const DatagramSource&, MutableBytes)` for a datagram to a port that is bound, and `up(const NetworkSource&,
  /// MutableBytes)` for a packet of another protocol, if `up` takes that; else it is dropped.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, receiver(cx, up));
  }

  /// This node is shutting down: says goodbye to up to `max_goodbyes` nodes with which it has traffic, first to those to which it
  /// has sent something. A lost goodbye does no harm.
  template <ContextLike Cx>
  void say_goodbye(Cx& cx) {
    if constexpr (requires { next_.correspondents(); }) {
      for (const Nid peer : next_.correspondents().most_active(max_goodbyes, cx.now())) {
        Packet packet(next_.headroom(wire::StpHeader::size + wire::Goodbye::size), {});
        wire::GoodbyeRepr{}.write_to(packet.prepend(wire::Goodbye::size));
        if (!send(reserved_port, peer, reserved_port, packet, cx)) ++counters_.goodbyes_sent;
      }
    }
  }

  /// Asks the node `to` for a reply, to measure the path; `hop_limit` is the node's own by default. Returns the identifier of the
  /// ping. The reply is shown as `event::PingAnswered`, and then `pings()` has it. There may be none: pings and replies can be lost,
  /// nodes without this extension never reply, and no node replies to everything. Errors: those of the network layer.
  template <ContextLike Cx>
  BOOST_NOINLINE result<std::uint64_t> ping(Nid to, std::optional<std::uint8_t> hop_limit, Cx& cx) {
    const std::uint64_t identifier = cx.secret();
    Packet packet(next_.headroom(wire::StpHeader::size + wire::PingMessage::size), {});
    wire::PingRepr{identifier}.write_to(packet.prepend(wire::PingMessage::size));
    wire::StpHeaderRepr{reserved_port, reserved_port}.write_to(packet.prepend(wire::StpHeader::size));
    const std::uint8_t hops = hop_limit ? *hop_limit : next_.hop_limit();
    if (const error_code error = next_.send(to, protocol, packet, cx, hops)) return error;
    ++counters_.pings_sent;
    pings_.add(identifier, to, hops, cx.now());
    return identifier;
  }
  /// The latest pings and their replies.
  const Pings& pings() const noexcept { return pings_; }

  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
  }
  TimePoint next_deadline() const noexcept { return next_.next_deadline(); }
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    return next_.resolve(name, cx);
  }
  /// The same; see `ResolvedName`.
  template <ContextLike Cx>
  requires requires(Next& next, ResolvedName& known, Cx& cx) { next.resolve(std::string_view(), known, cx); }
  error_code resolve(std::string_view name, ResolvedName& known, Cx& cx) {
    return next_.resolve(name, known, cx);
  }
  /// Whether what `resolve` found is still valid. Looks nothing up.
  template <ContextLike Cx>
  requires requires(const Next& next, ResolvedName& known, Cx& cx) { next.holds(known, cx); }
  bool holds(const ResolvedName& known, Cx& cx) const noexcept { return next_.holds(known, cx); }
  /// The largest datagram in octets: 1396 with the default frame size.
  std::size_t max_payload() const noexcept {
    return std::max(next_.max_payload(), wire::StpHeader::size) - wire::StpHeader::size;
  }
  /// The same for one to `nid`.
  std::size_t max_payload(Nid nid) const noexcept {
    return std::max(next_.max_payload(nid), wire::StpHeader::size) - wire::StpHeader::size;
  }
  const TransportCounters& counters() const noexcept { return counters_; }
  Next& next_layer() noexcept { return next_; }
  const Next& next_layer() const noexcept { return next_; }

 private:
  static constexpr auto protocol = static_cast<std::uint8_t>(wire::NextHeader::stp);
  static constexpr std::uint16_t reserved_port = 0;

  template <ContextLike Cx, class Up>
  auto receiver(Cx& cx, Up& up) {
    return taking<NetworkSource>([this, &cx, &up](const NetworkSource& source,
                                                  MutableBytes packet) { receive(source, packet, cx, up); },
                                 up);
  }
  template <ContextLike Cx, class Up>
  void receive(const NetworkSource& source, MutableBytes packet, Cx& cx, Up& up) {
    if (source.next_header != protocol) {
      if (!offer(up, source, packet)) ++counters_.dropped_unknown_next_header;
      return;
    }
    const auto header = wire::StpHeader::parse(packet);
    if (!header) return void(++counters_.dropped_too_short);
    if (header->destination_port() == reserved_port) [[unlikely]] {
      const Ilv here{source.destination.locator, next_.local_nid()};
      if (receive_message({source.source, here, source.interface, protocol, source.hop_limit, source.share},
                          header->payload(), cx))
        return;
    }
    if (!bound_.test(header->destination_port())) return void(++counters_.dropped_port_not_bound);
    ++counters_.delivered;
    up(DatagramSource{source.source.nid, header->source_port(), header->destination_port(), source},
       packet.subspan(wire::StpHeader::size));
  }

  /// A datagram to port 0. False if it is no message of this layer, or malformed: then it may be for a layer above. Takes
  /// its own `NetworkSource`, so that the fast path need not have one in memory.
  template <ContextLike Cx>
  BOOST_NOINLINE bool receive_message(NetworkSource source, Bytes payload, Cx& cx) {
    if (wire::Goodbye::parse(payload)) return receive_goodbye(source.source.nid, cx), true;
    const auto ping = wire::PingMessage::parse(payload);
    if (!ping) return false;
    if (ping->kind() == wire::PingKind::ping) return answer(source, *ping, cx), true;
    const PingReply* const reply = pings_.receive(source, *ping, cx.now());
    if (!reply) return ++counters_.dropped_ping_not_asked, true;
    ++counters_.ping_replies_received;
    cx.observe(event::PingAnswered{*reply});
    return true;
  }

  template <ContextLike Cx>
  void receive_goodbye(Nid from, Cx& cx) {
    ++counters_.goodbyes_received;
    if constexpr (requires { next_.doubt(from, cx); }) next_.doubt(from, cx);
  }

  /// The reply goes to the node that the ping names as its source, as long as it is not sent too many. Pings in the name of a node
  /// that is not known have no reply, and take the place of no other.
  template <ContextLike Cx>
  void answer(const NetworkSource& from, const wire::PingMessage& ping, Cx& cx) {
    if (!ping_limit_) ping_limit_.emplace().rekey(HashKey(cx));
    if (!ping_limit_->may_admit(from.source.nid, from.share, false, cx.now()))
      return void(++counters_.dropped_pings_too_many);
    Packet packet(next_.headroom(wire::StpHeader::size + wire::PingMessage::size), {});
    wire::PingReplyRepr{wire::PingCode::reached, from.hop_limit,           ping.identifier(),
                        from.source.locator,     from.destination.locator, from.interface}
        .write_to(packet.prepend(wire::PingMessage::size));
    wire::StpHeaderRepr{reserved_port, reserved_port}.write_to(packet.prepend(wire::StpHeader::size));
    if (next_.send(from.source.nid, protocol, packet, cx)) return;
    ping_limit_->count(from.source.nid, from.share, false);
    ++counters_.pings_answered;
  }

  Next next_;
  std::bitset<65536> bound_;
  TransportCounters counters_;
  Pings pings_;
  std::optional<PingLimit> ping_limit_;  // from the first ping on
};

}  // namespace ilnp
