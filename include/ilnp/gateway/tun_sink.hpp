#pragma once

#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "../base/layer.hpp"
#include "../posix/tun_device.hpp"
#include "../tun/joiner.hpp"

namespace ilnp {

/// Counters of a TUN device since the start; they count packets unless noted. Among them are those of the joiner.
struct TunDeviceCounters : tun::JoinCounters {
  static constexpr std::string_view layer = "device";

  std::uint64_t reads = 0;        ///< calls that gave a packet, or a long one
  std::uint64_t not_written = 0;  ///< the interface was down, or the kernel did not take them
  /// Joined writes that the kernel did not take; their packets were written one by one.
  std::uint64_t join_refused = 0;

  /// Calls `f(name, value)` for each.
  template <class F>
  void for_each(F&& f) const {
    f("reads", reads);
    f("not_written", not_written);
    f("join_refused", join_refused);
    JoinCounters::for_each(f);
  }
};

/// Writes what a node hands up for the host to a TUN device, joined where packets belong together. Created before the node, which
/// gets `to()`. What comes before `connect` is lost. `Device` is `TunDevice`, or anything with its `write`. One thread.
template <class Device = TunDevice>
class BasicTunSink {
 public:
  /// After so many joined writes of a protocol in a row that the kernel refused, nothing of it is joined any more.
  static constexpr unsigned max_refused = 8;

  /// What a node calls. Refers to the sink.
  struct To {
    BasicTunSink* sink;  ///< must outlive the node
    /// Takes a packet, which is borrowed until `flush`.
    void operator()(const ToHost& to, Bytes rest) const { sink->joiner_.push(to, rest, Write{sink}); }
    /// Not packets of an unknown protocol: those are counted as dropped.
    template <class Other>
    requires(!std::same_as<Other, NetworkSource>) void operator()(const Other&, Bytes) const noexcept {}
    /// Writes what waits, at the end of a batch.
    void flush() const { sink->flush(); }
  };
  /// For the node.
  To to() noexcept { return {this}; }

  /// Writes to `device` from now on; it must outlive the use of the sink. Null: nowhere. `join`: the kernel takes joined packets.
  void connect(Device* device, bool join_tcp = true, bool join_udp = true) noexcept {
    device_ = device;
    if (!join_tcp) joiner_.stop_joining(wire::IpProtocol::tcp);
    if (!join_udp) joiner_.stop_joining(wire::IpProtocol::udp);
  }

  /// Writes what waits to be joined; for the end of a batch.
  void flush() { joiner_.flush(Write{this}); }

  /// Without `reads`.
  TunDeviceCounters counters() const noexcept {
    TunDeviceCounters counters = counters_;
    static_cast<tun::JoinCounters&>(counters) = joiner_.counters();
    return counters;
  }

 private:
  struct Write {
    BasicTunSink* sink;
    void operator()(const wire::VirtioNetHeader& virtio, Bytes head, std::span<const Bytes> parts) const {
      sink->write(virtio, head, parts);
    }
  };

  static iovec vector_of(Bytes octets) noexcept {
    return {const_cast<std::byte*>(octets.data()), octets.size()};  // writev does not change it
  }

  void write(const wire::VirtioNetHeader& virtio, Bytes head, std::span<const Bytes> parts) {
    if (!device_) return void(counters_.not_written += parts.size());
    std::array<std::byte, wire::VirtioNetHeader::size> header;
    virtio.write_to(header);
    std::array<iovec, 2 + tun::Joiner::max_packets> vectors;
    vectors[0] = vector_of(header);
    vectors[1] = vector_of(head);
    std::size_t count = 2;
    for (const Bytes part : parts) vectors[count++] = vector_of(part);
    const error_code error = device_->write(std::span(vectors.data(), count));
    const bool joined = virtio.gso_type != wire::VirtioNetHeader::gso_none;
    unsigned& refused = refused_[virtio.gso_type == wire::VirtioNetHeader::gso_udp];
    if (!error) {
      if (joined) refused = 0;
      return;
    }
    if (!joined || error.value() != EINVAL) return void(counters_.not_written += parts.size());
    ++counters_.join_refused;
    if (++refused >= max_refused)
      joiner_.stop_joining(virtio.gso_type == wire::VirtioNetHeader::gso_udp ? wire::IpProtocol::udp
                                                                             : wire::IpProtocol::tcp);
    write_one_by_one(head, parts);
  }

  /// Each payload lies behind its own header, as it arrived.
  void write_one_by_one(Bytes head, std::span<const Bytes> parts) {
    const std::size_t size = head.size() - wire::Ipv6Header::size;
    const std::array<std::byte, wire::VirtioNetHeader::size> none{};
    std::array<std::byte, wire::Ipv6Header::size> ip;
    std::copy_n(head.begin(), ip.size(), ip.begin());
    for (const Bytes part : parts) {
      const Bytes whole(part.data() - size, size + part.size());
      wire::set_payload_length(ip, static_cast<std::uint16_t>(whole.size()));
      const std::array vectors{vector_of(none), vector_of(ip), vector_of(whole)};
      if (device_->write(vectors)) ++counters_.not_written;
    }
  }

  Device* device_ = nullptr;
  tun::Joiner joiner_;
  std::array<unsigned, 2> refused_{};  // in a row: TCP, UDP
  TunDeviceCounters counters_;
};

/// For a real device.
using TunSink = BasicTunSink<>;

}  // namespace ilnp
