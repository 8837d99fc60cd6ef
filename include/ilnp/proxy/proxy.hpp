#pragma once

#include "../layer.hpp"
#include "../wire/utf8.hpp"
#include "counters.hpp"
#include "mapping_table.hpp"

namespace ilnp {

/// The proxy as a layer (docs/protocol.md, "The proxy"): lets programs that know nothing of the overlay talk through it. Below it speaks with
/// nodes and ports; above with local UDP ports. What a local program sent from a port goes to where that port is mapped, and
/// what arrives for the port goes to the program. The local port is the STP port too. One thread.
template <TransportLayer Next>
class Proxy {
 public:
  /// All arguments go to the layers below.
  template <class... Args>
  explicit Proxy(Args&&... args) : next_(std::forward<Args>(args)...) {}

  /// Maps `local_port` to `remote`. Errors: `invalid_port`, `invalid_host_name`, `port_in_use` (it is mapped already).
  error_code map(std::uint16_t local_port, Remote remote) {
    if (const error_code error = check(local_port, remote)) return error;
    if (const error_code error = next_.bind(local_port)) return error;
    mappings_.add(local_port, std::move(remote));
    return {};
  }
  /// Maps `local_port` to `remote`, whatever it was mapped to before. Errors: as `map`.
  error_code replace(std::uint16_t local_port, Remote remote) {
    if (const error_code error = check(local_port, remote)) return error;
    mappings_.remove(local_port);
    next_.unbind(local_port);
    return map(local_port, std::move(remote));
  }
  /// Ends the mapping of `local_port`. Error: `not_mapped`.
  error_code unmap(std::uint16_t local_port) {
    if (!mappings_.remove(local_port)) return Errc::not_mapped;
    next_.unbind(local_port);
    return {};
  }

  /// What a local program sent from `local_port`. Errors: `not_mapped`, `unknown_host`, those of the transport.
  template <ContextLike Cx>
  error_code send(std::uint16_t local_port, Bytes payload, Cx& cx) {
    auto* mapping = mappings_.find(local_port);
    if (!mapping) return ++counters_.refused_not_mapped, Errc::not_mapped;
    const auto nid = resolve(*mapping, cx);
    if (!nid) return ++counters_.refused_unknown_host, nid.error();
    mapping->last = *nid;
    if (const error_code error = next_.send(local_port, *nid, mapping->remote.port, payload, cx))
      return ++counters_.refused_by_transport, error;
    ++counters_.sent;
    return {};
  }

  /// Calls `up(std::uint16_t local_port, Bytes)` for what a local program is to get.
  template <ContextLike Cx, class Up>
  void on_receive(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.on_receive(from, frame, cx,
                     [&](const DatagramSource& source, Bytes payload) { receive(source, payload, cx, up); });
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx,
                   [&](const DatagramSource& source, Bytes payload) { receive(source, payload, cx, up); });
  }

  TimePoint next_deadline() const noexcept { return next_.next_deadline(); }
  std::size_t max_payload() const noexcept { return next_.max_payload(); }
  std::size_t mappings() const noexcept { return mappings_.size(); }

  /// Calls `f(local_port, const Remote&)` for each mapping, by local port, ascending.
  template <class F>
  void for_each_mapping(F&& f) {
    for (const std::uint16_t port : mappings_.ports()) f(port, std::as_const(mappings_.find(port)->remote));
  }

  const ProxyCounters& counters() const noexcept { return counters_; }
  Next& next_layer() noexcept { return next_; }
  const Next& next_layer() const noexcept { return next_; }

 private:
  static error_code check(std::uint16_t local_port, const Remote& remote) noexcept {
    if (local_port == 0 || remote.port == 0) return Errc::invalid_port;
    if (!wire::is_host_name(as_bytes(remote.host))) return Errc::invalid_host_name;
    return {};
  }

  template <ContextLike Cx>
  result<Nid> resolve(MappingTable::Mapping& mapping, Cx& cx) {
    if constexpr (requires { next_.resolve(mapping.remote.host, mapping.known, cx); }) {
      return next_.resolve(mapping.remote.host, mapping.known, cx);
    } else {
      return next_.resolve(mapping.remote.host, cx);
    }
  }

  template <ContextLike Cx, class Up>
  void receive(const DatagramSource& source, Bytes payload, Cx& cx, Up& up) {
    auto* mapping = mappings_.find(source.destination_port);
    if (!mapping) return void(++counters_.dropped_not_mapped);
    if (!mapping->remote.any) {
      if (const auto nid = resolve(*mapping, cx)) mapping->last = *nid;
      if (source.nid != mapping->last) return void(++counters_.dropped_wrong_host);
    }
    ++counters_.delivered;
    up(source.destination_port, payload);
  }

  Next next_;
  MappingTable mappings_;
  ProxyCounters counters_;
};

}  // namespace ilnp
