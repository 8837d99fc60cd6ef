#pragma once

#include <array>
#include <vector>

#include "ilnp/base/stack.hpp"
#include "ilnp/transport/stp.hpp"
#include "ilnp/tun/tun.hpp"
#include "support/hand_fed.hpp"

namespace ilnp::test {

/// The prefix of the captures of whole connections (test/vectors/tun).
inline constexpr std::uint64_t tunnel_prefix = 0xfd77'1122'3344'0000;

inline wire::Ipv6Address address_of(Nid nid) { return {tunnel_prefix, nid.value()}; }

/// An IPv6 packet; `rest` is what follows its header.
inline Octets ipv6(const wire::Ipv6Address& from, const wire::Ipv6Address& to, std::uint8_t next_header,
                   const Octets& rest) {
  Octets packet(wire::Ipv6Header::size);
  wire::Ipv6HeaderRepr{0, static_cast<std::uint16_t>(rest.size()), next_header, 64, from, to}.write_to(
      packet);
  return joined(std::move(packet), rest);
}

inline Octets udp(std::uint16_t from, std::uint16_t to, std::size_t payload = 4) {
  Octets out(wire::UdpHeader::size + payload, std::byte{'u'});
  wire::UdpHeaderRepr{from, to, static_cast<std::uint16_t>(out.size())}.write_to(out);
  return out;
}

inline Octets tcp(std::uint16_t from, std::uint16_t to, std::uint8_t flags) {
  Octets out(wire::TcpHeader::min_size);
  wire::store(out, 0, from);
  wire::store(out, 2, to);
  wire::store(out, 4, std::uint32_t{1000});
  wire::store(out, 12, std::uint8_t{5 << 4});
  wire::store(out, wire::TcpHeader::flags_offset, flags);
  return out;
}

inline Octets icmp(std::uint8_t type, std::uint8_t code = 0, const Octets& rest = {}) {
  Octets out(wire::Icmpv6Message::size);
  wire::store(out, 0, type);
  wire::store(out, 1, code);
  return joined(std::move(out), rest);
}

/// A packet of a tunnel as a payload of the network layer.
inline Octets tunnelled(std::uint8_t next_header, const Octets& rest, bool partial = false) {
  Octets out(wire::TunHeader::size);
  wire::TunHeaderRepr{next_header, 0, 64, partial}.write_to(out);
  return joined(std::move(out), rest);
}

/// A length probe or a reply, of `size` octets, as a payload of the network layer.
inline Octets length_message(wire::TunProbeKind kind, std::uint16_t longest, std::uint32_t nonce,
                             std::size_t size) {
  Octets out(size);
  wire::StpHeaderRepr{0, 0}.write_to(out);
  wire::TunProbeRepr{kind, longest, nonce}.write_to(MutableBytes(out).subspan(wire::StpHeader::size));
  return out;
}

/// A node with a tunnel: the test feeds it reads of its host, frames and time, and sees what it sends and gives to the host.
template <class Stack>
class TunnelFed {
 public:
  static constexpr std::uint8_t stp = 42, tunnel = 47;

  explicit TunnelFed(TunConfig config = {}, std::uint64_t nid = 0xa, std::size_t max_frame = 1440)
      : stack(with_prefix(std::move(config)), node_config(nid, "alice", {{a}}), max_frame),
        self{a, Nid(nid)} {
    if (network_layer(stack).start(cx)) throw std::logic_error("the node does not start");
    run(Duration{});
    take();
  }

  void feed(const Octets& frame, std::uint64_t sender) {
    Octets octets = frame;
    stack.feed(FrameSource{a, sender}, MutableBytes(octets), cx, up());
    stack.end_batch(cx);
  }
  void feed(Ilv source, std::uint8_t next_header, const Octets& payload) {
    feed(frame(source, self, next_header, payload), source.nid.value());
  }
  void meet(Ilv who, std::string_view name) {
    feed(discovery(who, name), who.nid.value());
    take();
  }
  void read(Octets packet, const wire::VirtioNetHeader& virtio = {}) {
    tun_layer(stack).from_host(virtio, packet, cx, up());
    stack.end_batch(cx);
  }
  /// A datagram of the host to `to`: `size` octets with its IPv6 header.
  void send(Nid to, std::size_t size = 52, std::uint16_t port = 1000) {
    read(ipv6(address_of(self.nid), address_of(to), 17, udp(port, 53, size - 48)));
  }

  void run(Duration length) { advance(stack, cx, length, up()); }

  /// The payloads with this next header that were sent since the last call of one of these; the others are forgotten.
  std::vector<Octets> sent(std::uint8_t next_header) {
    std::vector<Octets> out;
    for (const auto& each : std::exchange(lowest_layer(stack).sent, {}))
      if (wire::load<std::uint8_t>(each.octets, 6) == next_header)
        out.emplace_back(each.octets.begin() + 40, each.octets.end());
    return out;
  }
  void take() { lowest_layer(stack).sent.clear(); }
  /// The packets that the host got since the last call.
  std::vector<Octets> host() { return std::exchange(to_host_, {}); }
  /// Type, code and word of the ICMPv6 errors among them, as text.
  std::vector<std::string> errors() {
    std::vector<std::string> out;
    for (const Octets& packet : host()) {
      const auto ip = wire::Ipv6Header::parse(packet);
      if (!ip || ip->next_header() != 58) continue;
      out.push_back(std::to_string(wire::load<std::uint8_t>(packet, 40)) + '/' +
                    std::to_string(wire::load<std::uint8_t>(packet, 41)) + ' ' +
                    std::to_string(wire::load<std::uint32_t>(packet, 44)));
    }
    return out;
  }

  /// Replies as `who` to the last probe, which must have been sent since the last call.
  void reply(Ilv who, std::uint16_t longest = 1436) {
    const auto probes = sent(stp);
    if (probes.empty()) throw std::logic_error("no probe");
    reply_to(probes.back(), who, longest);
  }
  void reply_to(const Octets& probe, Ilv who, std::uint16_t longest = 1436) {
    feed(who, stp,
         length_message(wire::TunProbeKind::reply, longest, wire::load<std::uint32_t>(probe, 8),
                        probe.size()));
  }
  /// `who` becomes a peer that has replied.
  void befriend(Ilv who, std::string_view name) {
    meet(who, name);
    send(who.nid);
    reply(who);
    take();
    host();
  }

  const TunCounters& counted() { return tun_layer(stack).counters(); }

  auto up() {
    return [this]<class Source>(const Source& source, Bytes octets) {
      if constexpr (std::same_as<Source, ToHost>) {
        Octets packet(source.ipv6.begin(), source.ipv6.end());
        packet.insert(packet.end(), octets.begin(), octets.end());
        to_host_.push_back(std::move(packet));
      } else {
        others.emplace_back(as_text(octets));
      }
    };
  }

  static TunConfig with_prefix(TunConfig config) {
    if (config.prefix == 0) config.prefix = tunnel_prefix;
    return config;
  }

  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  Stack stack;
  Ilv self;
  std::vector<std::string> others;  ///< what came up besides packets for the host

 private:
  std::vector<Octets> to_host_;
};

using OneTunnel = TunnelFed<Tun<ILNP<MemoryUnderlay>>>;

}  // namespace ilnp::test
