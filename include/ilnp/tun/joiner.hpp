#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "../wire/checksum.hpp"
#include "../wire/tcp_header.hpp"
#include "../wire/udp_header.hpp"
#include "../wire/virtio_net_header.hpp"
#include "to_host.hpp"

namespace ilnp::tun {

/// Counters of a `Joiner` since its start.
struct JoinCounters {
  std::uint64_t packets = 0;         ///< that were to be written
  std::uint64_t writes = 0;          ///< in which they were
  std::uint64_t joined_writes = 0;   ///< of those, with several packets each
  std::uint64_t joined_packets = 0;  ///< in those
  std::uint64_t bad_checksum = 0;    ///< not joined, because the host must see it

  /// Calls `f(name, value)` for each.
  template <class F>
  void for_each(F&& f) const {
    f("packets", packets);
    f("writes", writes);
    f("joined_writes", joined_writes);
    f("joined_packets", joined_packets);
    f("bad_checksum", bad_checksum);
  }
};

/// Joins packets for the host that belong together, so that it takes many of them at once: segments of a TCP connection that follow
/// each other, datagrams of one size of a UDP flow. Only those whose checksum it has verified, since nobody verifies that of a joined
/// packet again. Keeps the order within a flow. Between `push` and `flush` it borrows the octets. Allocates nothing. One thread.
class Joiner {
 public:
  static constexpr std::size_t max_items = 8;       ///< flows that are joined at a time; the oldest gives way
  static constexpr std::size_t max_packets = 64;    ///< in one write
  static constexpr std::size_t max_octets = 65535;  ///< of a joined IPv6 packet

  /// Takes a packet. Calls `out(virtio, head, parts)` for each write that cannot wait: `virtio` describes what is written, `head` is
  /// the IPv6 header and, of a joined packet, that of the transport, `parts` (a span of `Bytes`) is what follows. All of them are
  /// valid during the call.
  template <class Out>
  void push(const ToHost& to, Bytes rest, Out&& out) {
    ++counters_.packets;
    const bool tcp = is(to, wire::IpProtocol::tcp);
    const std::size_t header_size = joinable(to, rest, tcp);
    if (const std::size_t i = find(to, rest); i != count_) {
      Item& item = items_[order_[i]];
      if (header_size != 0 && append(item, to, rest, header_size)) return;
      write(item, out);
      remove(i);
    }
    if (header_size == 0) return write_alone(to, rest, out);
    if (count_ == max_items) {
      write(items_[order_.front()], out);
      remove(0);
    }
    open(to, rest, tcp, header_size);
  }

  /// Writes all that waits, the oldest flow first. Afterwards nothing is borrowed.
  template <class Out>
  void flush(Out&& out) {
    for (std::size_t i = 0; i < count_; ++i) write(items_[order_[i]], out);
    count_ = 0;
  }

  /// Joins nothing of this protocol from now on: for a kernel that refuses it.
  void stop_joining(wire::IpProtocol protocol) noexcept {
    (protocol == wire::IpProtocol::tcp ? joins_tcp_ : joins_udp_) = false;
  }
  const JoinCounters& counters() const noexcept { return counters_; }

 private:
  /// Packets of one flow that are written at once.
  struct Item {
    ToHost to;    ///< of the first
    Bytes first;  ///< its octets
    bool tcp = false;
    bool closed = false;  ///< nothing can follow
    bool push = false;    ///< the last one has PSH
    std::size_t header_size = 0;
    std::size_t gso_size = 0;  ///< payload of the first
    std::size_t octets = 0;    ///< of payload in all
    std::size_t count = 0;
    std::array<Bytes, max_packets> payloads;

    Bytes header() const noexcept { return first.first(header_size); }
  };

  static bool is(const ToHost& to, wire::IpProtocol protocol) noexcept {
    return wire::load<std::uint8_t>(to.ipv6, 6) == static_cast<std::uint8_t>(protocol);
  }
  static bool same(Bytes one, Bytes other, std::size_t at, std::size_t size) noexcept {
    return std::memcmp(one.data() + at, other.data() + at, size) == 0;
  }
  /// With timestamps, as almost every segment has them, this needs no call.
  static bool same_after(Bytes one, Bytes other, std::size_t at, std::size_t end) noexcept {
    return end == 32 ? same(one, other, at, 32 - at) : same(one, other, at, end - at);
  }

  /// The size of the header if the packet may be joined to others; else 0.
  std::size_t joinable(const ToHost& to, Bytes rest, bool tcp) {
    if (to.partial) return 0;
    if (tcp) {
      const auto header = wire::TcpHeader::parse(rest);
      constexpr std::uint16_t relevant = 0x0fff & ~wire::TcpHeader::psh;  // reserved bits and flags
      if (!joins_tcp_ || !header || header->payload().empty() ||
          (wire::load<std::uint16_t>(rest, 12) & relevant) != wire::TcpHeader::ack)
        return 0;
      return verified(to, rest) ? header->size() : 0;
    }
    if (!joins_udp_ || !is(to, wire::IpProtocol::udp)) return 0;
    const auto header = wire::UdpHeader::parse(rest);
    if (!header || header->length() != rest.size() || header->payload().empty() || header->checksum() == 0)
      return 0;
    return verified(to, rest) ? wire::UdpHeader::size : 0;
  }
  bool verified(const ToHost& to, Bytes rest) {
    wire::Checksum sum;
    sum.add(Bytes(to.ipv6).subspan(8, 32));
    sum.add_pseudo(static_cast<std::uint32_t>(rest.size()), wire::load<std::uint8_t>(to.ipv6, 6));
    sum.add(rest);
    if (sum.folded() == 0xffff) return true;
    ++counters_.bad_checksum;
    return false;
  }

  /// The open item of the packet's flow: `count_` if there is none.
  std::size_t find(const ToHost& to, Bytes rest) const noexcept {
    std::size_t i = 0;
    if (rest.size() < 4) return count_;
    for (; i < count_; ++i) {
      const Item& item = items_[order_[i]];
      if (same(item.to.ipv6, to.ipv6, 6, 1) && same(item.to.ipv6, to.ipv6, 8, 32) &&
          same(item.first, rest, 0, 4))
        break;
    }
    return i;
  }

  bool append(Item& item, const ToHost& to, Bytes rest, std::size_t header_size) noexcept {
    const Bytes payload = rest.subspan(header_size);
    // Version and traffic class; the hop limit.
    if (item.closed || item.count == max_packets || header_size != item.header_size ||
        payload.size() > item.gso_size || header_size + item.octets + payload.size() > max_payload ||
        !same(item.to.ipv6, to.ipv6, 0, 2) || !same(item.to.ipv6, to.ipv6, 7, 1))
      return false;
    if (item.tcp) {
      const auto next = wire::load<std::uint32_t>(item.first, wire::TcpHeader::sequence_offset) +
                        static_cast<std::uint32_t>(item.octets);
      // Acknowledgement; window; urgent pointer and options.
      if (wire::load<std::uint32_t>(rest, wire::TcpHeader::sequence_offset) != next ||
          !same(item.first, rest, 8, 4) || !same(item.first, rest, 14, 2) ||
          !same_after(item.first, rest, 18, header_size))
        return false;
    }
    take(item, rest, payload);
    return true;
  }
  void take(Item& item, Bytes rest, Bytes payload) noexcept {
    item.payloads[item.count++] = payload;
    item.octets += payload.size();
    item.push = item.tcp &&
                (wire::load<std::uint8_t>(rest, wire::TcpHeader::flags_offset) & wire::TcpHeader::psh) != 0;
    item.closed = item.push || payload.size() < item.gso_size;
  }

  void open(const ToHost& to, Bytes rest, bool tcp, std::size_t header_size) noexcept {
    std::uint8_t free = 0;
    while (std::find(order_.begin(), order_.begin() + count_, free) != order_.begin() + count_) ++free;
    order_[count_++] = free;
    Item& item = items_[free];
    item.to = to;
    item.first = rest;
    item.tcp = tcp;
    item.header_size = header_size;
    item.gso_size = rest.size() - header_size;
    item.octets = item.count = 0;
    take(item, rest, rest.subspan(header_size));
  }
  void remove(std::size_t i) noexcept {
    std::copy(order_.begin() + i + 1, order_.begin() + count_, order_.begin() + i);
    --count_;
  }

  template <class Out>
  void write_alone(const ToHost& to, Bytes rest, Out& out) {
    ++counters_.writes;
    wire::VirtioNetHeader virtio;
    if (to.partial) {
      virtio.flags = wire::VirtioNetHeader::needs_checksum;
      virtio.checksum_start = wire::Ipv6Header::size;
      virtio.checksum_offset = checksum_offset(is(to, wire::IpProtocol::tcp));
    }
    out(virtio, Bytes(to.ipv6), std::span<const Bytes>(&rest, 1));
  }
  template <class Out>
  void write(const Item& item, Out& out) {
    if (item.count == 1) return write_alone(item.to, item.first, out);
    ++counters_.writes;
    ++counters_.joined_writes;
    counters_.joined_packets += item.count;
    std::array<std::byte, wire::Ipv6Header::size + wire::TcpHeader::max_size> head;
    const MutableBytes ip = MutableBytes(head).first(wire::Ipv6Header::size);
    const MutableBytes transport = MutableBytes(head).subspan(wire::Ipv6Header::size, item.header_size);
    std::memcpy(ip.data(), item.to.ipv6.data(), ip.size());
    std::memcpy(transport.data(), item.first.data(), transport.size());
    const auto length = static_cast<std::uint16_t>(item.header_size + item.octets);
    wire::set_payload_length(ip, length);
    if (!item.tcp) {
      wire::store(transport, wire::UdpHeader::length_offset, length);
    } else if (item.push) {
      auto flags = wire::load<std::uint8_t>(transport, wire::TcpHeader::flags_offset);
      flags |= wire::TcpHeader::psh;
      wire::store(transport, wire::TcpHeader::flags_offset, flags);
    }
    // The kernel takes a partial checksum as verified, and completes it where it has to.
    wire::Checksum sum;
    sum.add(Bytes(ip).subspan(8, 32));
    sum.add_pseudo(length, wire::load<std::uint8_t>(ip, 6));
    wire::store(transport, checksum_offset(item.tcp), sum.folded());
    const wire::VirtioNetHeader virtio{
        wire::VirtioNetHeader::needs_checksum,
        item.tcp ? wire::VirtioNetHeader::gso_tcp6 : wire::VirtioNetHeader::gso_udp,
        static_cast<std::uint16_t>(wire::Ipv6Header::size + item.header_size),
        static_cast<std::uint16_t>(item.gso_size),
        wire::Ipv6Header::size,
        checksum_offset(item.tcp)};
    out(virtio, Bytes(head).first(wire::Ipv6Header::size + item.header_size),
        std::span<const Bytes>(item.payloads.data(), item.count));
  }
  static constexpr std::uint16_t checksum_offset(bool tcp) noexcept {
    return static_cast<std::uint16_t>(tcp ? wire::TcpHeader::checksum_offset
                                          : wire::UdpHeader::checksum_offset);
  }

  static constexpr std::size_t max_payload = max_octets - wire::Ipv6Header::size;
  bool joins_tcp_ = true;
  bool joins_udp_ = true;
  std::array<Item, max_items> items_;
  std::array<std::uint8_t, max_items> order_{};  // of the open ones, the oldest first
  std::size_t count_ = 0;
  JoinCounters counters_;
};

}  // namespace ilnp::tun
