#pragma once

#include <boost/config.hpp>
#include <cstdint>
#include <string_view>

#include "../base/layer.hpp"
#include "../base/list.hpp"
#include "../wire/utf8.hpp"
#include "counters.hpp"
#include "mapping_table.hpp"

/// Events that a proxy shows through `cx.observe(event)`. All views are valid only during the call.
namespace ilnp::event {

/// A local program sends through a mapping to an unknown host. Shown once, when this begins.
struct FarEndMissing {
  std::uint16_t local_port;  ///< that is mapped
  std::string_view host;     ///< of the mapping
};

/// The host of that mapping is now known.
struct FarEndFound {
  std::uint16_t local_port;  ///< that is mapped
  std::string_view host;     ///< of the mapping
};

}  // namespace ilnp::event

namespace ilnp {

/// The proxy as a layer (docs/behaviour.md, "The proxy"): lets programs that know nothing of the overlay talk through it. Below
/// it, addresses are nodes and ports; above it, local UDP ports. What a local program sends from a port goes to where that port
/// is mapped; what arrives for the port goes to the program. The local port is also the STP port. One thread.
template <ResolvingTransport Next>
class Proxy {
 public:
  /// All arguments go to the layers below.
  template <class... Args>
  explicit Proxy(Args&&... args) : next_(std::forward<Args>(args)...) {}

  /// Mappings to `host` that are made from now on belong to that local socket of the proxy instead of the first. So a port can be
  /// mapped to several hosts, and a program distinguishes them by where their datagrams come from. Errors: `invalid_host_name`,
  /// `host_in_use` (it already has a socket).
  error_code use_socket(std::string host, std::uint8_t socket) {
    if (!wire::is_host_name(as_bytes(host))) return Errc::invalid_host_name;
    if (socket_of(host) != 0) return Errc::host_in_use;
    sockets_.push_back({std::move(host), socket});
    return {};
  }

  /// Maps a local port to `remote`. Errors: `invalid_port`, `invalid_host_name`, `port_in_use` (it is already mapped).
  error_code map(LocalPort local, Remote remote) {
    if (const error_code error = check(local, remote)) return error;
    local = place(local, remote);
    if (mappings_.find(local)) return Errc::port_in_use;
    if (!mappings_.first(local.port)) {
      if (const error_code error = next_.bind(local.port)) return error;
    }
    mappings_.add(local, std::move(remote));
    return {};
  }
  /// Maps a local port to `remote` and replaces its mapping at the same local socket. Errors: as `map`.
  error_code replace(LocalPort local, Remote remote) {
    if (const error_code error = check(local, remote)) return error;
    remove(place(local, remote));
    return map(local, std::move(remote));
  }
  /// Removes all mappings of a local port, or those to `host`. Error: `not_mapped`.
  error_code unmap(std::uint16_t local_port, std::string_view host = {}) {
    bool any = false;
    for (auto* mapping = mappings_.first(local_port); mapping;) {
      auto* const next = mapping->other.get();
      if (host.empty() || mapping->remote.host == host) any = remove({local_port, mapping->socket});
      mapping = next;
    }
    return any ? error_code() : Errc::not_mapped;
  }

  /// A local program sent this from a port. Errors: `not_mapped`, `unknown_host`, those of the transport.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(LocalPort local, Bytes payload, Cx& cx) {
    return send(mappings_.find(local), local.port, payload, cx);
  }
  /// The same, at whichever socket the port is mapped; the oldest mapping applies.
  template <ContextLike Cx>
  error_code send_at_any_socket(std::uint16_t local_port, Bytes payload, Cx& cx) {
    return send(mappings_.first(local_port), local_port, payload, cx);
  }

  /// Calls `up(LocalPort, MutableBytes)` for what a local program is to receive. Everything
  /// that is not a datagram (of streams, or of another transport) goes up unchanged.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, receiver(cx, up));
  }

  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
  }

  TimePoint next_deadline() const noexcept { return next_.next_deadline(); }
  std::size_t max_payload() const noexcept { return next_.max_payload(); }
  /// The longest payload from `local`: that for the mapping's host, once it is known.
  std::size_t max_payload(LocalPort local) {
    const MappingTable::Mapping* mapping = mappings_.find(local);
    return mapping && mapping->known.value != Nid{} ? next_.max_payload(mapping->known.value) : max_payload();
  }
  std::size_t mappings() const noexcept { return mappings_.size(); }

  /// Calls `f(LocalPort, const Remote&)` for each mapping, by local port, ascending.
  template <class F>
  void for_each_mapping(F&& f) {
    for (const std::uint16_t port : mappings_.ports())
      for (const auto* mapping = mappings_.first(port); mapping; mapping = mapping->other.get())
        f(LocalPort(port, mapping->socket), mapping->remote);
  }

  const ProxyCounters& counters() const noexcept { return counters_; }
  Next& next_layer() noexcept { return next_; }
  const Next& next_layer() const noexcept { return next_; }

 private:
  static error_code check(LocalPort local, const Remote& remote) noexcept {
    if (local.port == 0 || remote.port == 0) return Errc::invalid_port;
    if (!wire::is_host_name(as_bytes(remote.host))) return Errc::invalid_host_name;
    return {};
  }

  /// Ensures that the resolved host of the mapping is valid. Error: `unknown_host`.
  template <ContextLike Cx>
  error_code resolve(MappingTable::Mapping& mapping, Cx& cx) {
    if (next_.holds(mapping.known, cx)) return {};
    return next_.resolve(mapping.remote.host, mapping.known, cx);
  }

  std::uint8_t socket_of(std::string_view host) const noexcept {
    for (const auto& [name, socket] : sockets_)
      if (name == host) return socket;
    return 0;
  }
  LocalPort place(LocalPort local, const Remote& remote) const noexcept {
    return local.socket != 0 ? local : LocalPort(local.port, socket_of(remote.host));
  }
  bool remove(LocalPort local) {
    const bool removed = mappings_.remove(local);
    if (removed && !mappings_.first(local.port)) next_.unbind(local.port);
    return removed;
  }

  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(MappingTable::Mapping* mapping, std::uint16_t local_port, Bytes payload,
                                    Cx& cx) {
    if (!mapping) return ++counters_.refused_not_mapped, Errc::not_mapped;
    if (const error_code error = resolve(*mapping, cx)) {
      ++counters_.refused_unknown_host;
      miss(*mapping, local_port, cx);
      return error;
    }
    if (mapping->missing) {
      mapping->missing = false;
      cx.observe(event::FarEndFound{local_port, mapping->remote.host});
    }
    if (const error_code error =
            next_.send(local_port, mapping->known.value, mapping->remote.port, payload, cx))
      return ++counters_.refused_by_transport, error;
    ++counters_.sent;
    return {};
  }

  template <ContextLike Cx>
  void miss(MappingTable::Mapping& mapping, std::uint16_t local_port, Cx& cx) {
    if (std::exchange(mapping.missing, true)) return;
    ++counters_.far_ends_missing;
    cx.observe(event::FarEndMissing{local_port, mapping.remote.host});
  }

  template <ContextLike Cx, class Up>
  auto receiver(Cx& cx, Up& up) {
    return taking<DatagramSource>(
        [this, &cx, &up](const DatagramSource& source, MutableBytes payload) {
          receive(source, payload, cx, up);
        },
        up);
  }
  template <ContextLike Cx, class Up>
  void receive(const DatagramSource& source, MutableBytes payload, Cx& cx, Up& up) {
    MappingTable::Mapping* any = nullptr;
    for (auto* mapping = mappings_.first(source.destination_port); mapping; mapping = mapping->other.get()) {
      if (mapping->remote.any && !mapping->other && !any) return deliver(*mapping, source, payload, up);
      (void)resolve(*mapping, cx);
      if (source.nid == mapping->known.value) return deliver(*mapping, source, payload, up);
      if (mapping->remote.any && !any) any = mapping;
    }
    if (any) return deliver(*any, source, payload, up);
    if (mappings_.first(source.destination_port)) return void(++counters_.dropped_wrong_host);
    ++counters_.dropped_not_mapped;
  }
  template <class Up>
  void deliver(const MappingTable::Mapping& mapping, const DatagramSource& source, MutableBytes payload,
               Up& up) {
    ++counters_.delivered;
    up(LocalPort(source.destination_port, mapping.socket), payload);
  }

  Next next_;
  MappingTable mappings_;
  List<std::pair<std::string, std::uint8_t>> sockets_;  // hosts that have one of their own
  ProxyCounters counters_;
};

}  // namespace ilnp
