#pragma once

#include <set>

#include "ilnp/wire/stp_header.hpp"
#include "network.hpp"

namespace ilnp::test {

/// A model of the reference implementation: its ports on top of its network layer. Resolves the name for every datagram. A
/// packet that is too short for its header makes it deaf for good. Models `TransportLayer`, so that it stands wherever one
/// of the toolkit's own nodes does.
template <Underlay U>
class ReferenceNode {
 public:
  template <class... Args>
  explicit ReferenceNode(Args&&... args) : next_(std::forward<Args>(args)...) {}

  error_code bind(std::uint16_t port) {
    if (port == 0) return Errc::invalid_port;
    return ports_.insert(port).second ? error_code{} : make_error_code(Errc::port_in_use);
  }
  void unbind(std::uint16_t port) { ports_.erase(port); }

  /// To the oldest place of the host of that name.
  template <ContextLike Cx>
  error_code send_to(std::uint16_t source_port, std::string_view host, std::uint16_t destination_port,
                     Bytes payload, Cx& cx) {
    const auto place = next_.resolve_place(host, cx);
    return place ? send_any(source_port, *place, destination_port, payload, cx) : Errc::unknown_host;
  }
  template <ContextLike Cx>
  error_code send(std::uint16_t source_port, Nid to, std::uint16_t destination_port, Bytes payload, Cx& cx) {
    return send_any(source_port, to, destination_port, payload, cx);
  }

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    if (deaf_) return;
    next_.feed(from, frame, cx,
               [&](const NetworkSource& source, MutableBytes packet) { receive(source, packet, up); });
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx,
                   [&](const NetworkSource& source, MutableBytes packet) { receive(source, packet, up); });
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
  }
  TimePoint next_deadline() const noexcept { return next_.next_deadline(); }

  template <ContextLike Cx>
  error_code start(Cx& cx) {
    return next_.start(cx);
  }
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    return next_.resolve(name, cx);
  }
  /// It looks the name up for every datagram.
  template <ContextLike Cx>
  error_code resolve(std::string_view name, ResolvedName& known, Cx& cx) {
    const auto nid = resolve(name, cx);
    if (!nid) return nid.error();
    known.value = *nid;
    return {};
  }
  template <ContextLike Cx>
  bool holds(const ResolvedName&, Cx&) const noexcept {
    return false;
  }
  std::size_t max_payload() const noexcept { return next_.max_payload() - wire::StpHeader::size; }
  std::size_t max_payload(Nid) const noexcept { return max_payload(); }
  bool deaf() const noexcept { return deaf_; }
  const ReferenceCounters& counters() const noexcept { return next_.counters(); }
  ReferenceNetwork<U>& next_layer() noexcept { return next_; }
  const ReferenceNetwork<U>& next_layer() const noexcept { return next_; }

 private:
  static constexpr auto protocol = static_cast<std::uint8_t>(wire::NextHeader::stp);

  template <class To, ContextLike Cx>
  error_code send_any(std::uint16_t source_port, const To& to, std::uint16_t destination_port, Bytes payload,
                      Cx& cx) {
    if (payload.size() > max_payload()) return Errc::message_too_long;
    Packet packet(next_.headroom(wire::StpHeader::size), payload);
    wire::StpHeaderRepr{source_port, destination_port}.write_to(packet.prepend(wire::StpHeader::size));
    return next_.send(to, protocol, packet, cx);
  }

  template <class Up>
  void receive(const NetworkSource& source, MutableBytes packet, Up& up) {
    if (source.next_header != protocol) return;
    const auto header = wire::StpHeader::parse(packet);
    if (!header) return void(deaf_ = true);
    if (!ports_.contains(header->destination_port())) return;
    up(DatagramSource{source.source.nid, header->source_port(), header->destination_port(), source},
       packet.subspan(wire::StpHeader::size));
  }

  ReferenceNetwork<U> next_;
  std::set<std::uint16_t> ports_;
  bool deaf_ = false;
};

}  // namespace ilnp::test
