#pragma once

#include <optional>
#include <string_view>

#include "../base/stack.hpp"
#include "../wire/virtio_net_header.hpp"
#include "core.hpp"
#include "names.hpp"

namespace ilnp::tun {

/// The part of `Tun` that serves names to its host (docs/behaviour.md, "Names of interfaces"). One thread.
template <NetworkLayer Next>
class NameService : public Core<Next> {
 protected:
  using Core<Next>::arena_;
  using Core<Next>::counters_;
  using Core<Next>::deliver;
  using Core<Next>::next_;
  using Core<Next>::own_;
  using Core<Next>::prefix_;
  using Core<Next>::unreachable;
  using Core<Next>::wake;

 public:
  static constexpr unsigned queries_per_second = 256;  ///< of names

  /// As `Core`.
  template <class... Args>
  explicit NameService(const TunConfig& config, Args&&... args)
      : Core<Next>(config, std::forward<Args>(args)...), names_(prefix_) {}

  /// Calls `f(Nid, std::string_view name)` for this node and all others whose name is known and theirs, if the layers below can
  /// tell. Valid during the call.
  template <class F>
  void for_each_name(TimePoint now, F&& f) const {
    const auto& network = network_layer(next_);
    if constexpr (requires {
                    network.hosts();
                    network.config().host_name;
                  }) {
      f(this->local_nid(), std::string_view(network.config().host_name));
      network.hosts().for_each(now, [&](Nid nid, const auto& host, bool owns_name) {
        // What looks like an identifier means that one, whoever calls itself so.
        if (owns_name && !host.name.empty() && NameServer::spelled(host.name).value_or(nid) == nid)
          f(nid, std::string_view(host.name));
      });
    }
  }

 protected:
  /// A packet of the host for the name server.
  template <ContextLike Cx, class Up>
  BOOST_NOINLINE void serve(const wire::Ipv6Header& ip, const wire::VirtioNetHeader& virtio,
                            MutableBytes packet, Cx& cx, Up& up) {
    constexpr std::uint16_t dns_port = 53;
    if (ip.next_header() == static_cast<std::uint8_t>(wire::IpProtocol::tcp)) {
      const auto segment = wire::TcpHeader::parse(ip.payload());
      if (!segment || segment->has(wire::TcpHeader::rst) || !this->admit_error(cx.now())) return;
      const OwnPacket reply = tcp_reset(arena_, *segment, ip.destination(), own_);
      if (!reply.rest.empty()) deliver(reply.ip, {}, reply.rest, up);
      return;
    }
    if (ip.next_header() != static_cast<std::uint8_t>(wire::IpProtocol::udp) ||
        virtio.gso_type != wire::VirtioNetHeader::gso_none)
      return void(++counters_.dropped_no_destination);
    const auto datagram = wire::UdpHeader::parse(ip.payload());
    if (!datagram) return void(++counters_.dropped_malformed_read);
    if (datagram->destination_port() != dns_port) return unreachable(wire::Unreachable::port, packet, cx, up);
    if (!queries_.admit(cx.now())) return void(++counters_.dropped_too_many);
    const std::uint16_t port = datagram->source_port();
    if (answer(datagram->payload(), port, false, cx, up)) return;
    if (!waiting_.add(datagram->payload(), port, cx.now())) {
      (void)answer(datagram->payload(), port, true, cx, up);
    } else {
      wake(cx.now() + this->step);
    }
  }
  /// False if the answer is not known yet.
  template <ContextLike Cx, class Up>
  bool answer(Bytes query, std::uint16_t port, bool last, Cx& cx, Up& up) {
    MutableBytes octets = arena_.take(wire::UdpHeader::size + wire::DnsReply::max_size);
    if (octets.empty()) return true;
    Lookup<Cx> lookup{*this, cx};
    const std::size_t size = names_.answer(query, octets.subspan(wire::UdpHeader::size), last, lookup);
    if (size == NameServer::later || size == 0) return arena_.shrink(octets, 0), size == 0;
    octets = arena_.shrink(octets, wire::UdpHeader::size + size);
    ++counters_.names_answered;
    const OwnPacket reply = udp_datagram(octets, 53, port, {prefix_, anycast_nid.value()}, own_);
    deliver(reply.ip, {}, reply.rest, up);
    return true;
  }

  /// Looks names up for the name server.
  template <class Cx>
  struct Lookup {
    NameService& layer;  ///< whose names they are
    Cx& cx;              ///< of this call

    /// The node of this name; none if it is unknown so far.
    std::optional<Nid> find(std::string_view name) {
      const result<Nid> nid = layer.next_.resolve(name, cx);
      return nid ? std::optional(*nid) : std::nullopt;
    }
    /// The name of this node; empty if it is unknown.
    std::string_view name_of(Nid wanted) {
      std::string_view found;
      layer.for_each_name(cx.now(), [&](Nid nid, std::string_view name) {
        if (nid == wanted) found = name;
      });
      return found;
    }
  };

  WaitingQueries waiting_;  ///< for names that are not known yet

 private:
  NameServer names_;
  RateLimit queries_{queries_per_second, 64};
};

}  // namespace ilnp::tun
