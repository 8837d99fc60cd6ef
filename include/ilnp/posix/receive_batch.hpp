#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "../base/bytes.hpp"
#include "../base/list.hpp"
#include "endpoint.hpp"

namespace ilnp {

/// The content of one buffer from the kernel: one datagram, or several of one sender to one address, side by side
/// (UDP GRO). Valid until the next `ReceiveBatch::receive`; the octets may be changed in
/// place.
struct ReceivedTrain {
  const Endpoint& source;          ///< of the sender
  const in6_pktinfo* destination;  ///< destination address and interface; null without `IPV6_RECVPKTINFO`
  MutableBytes octets;             ///< all datagrams
  std::size_t segment_size;        ///< of each datagram; only the last may be shorter
  bool truncated;                  ///< the last datagram was longer than the buffer and was truncated
  const in_pktinfo* destination_v4 = nullptr;  ///< the same as `destination`, with `IP_PKTINFO`

  /// The number of datagrams, at least one: an empty datagram is one too.
  std::size_t count() const noexcept {
    return octets.size() <= segment_size ? 1 : (octets.size() + segment_size - 1) / segment_size;
  }

  /// Calls `each(MutableBytes datagram)` for all of them, in the order in which they were sent.
  template <class Each>
  void for_each(Each&& each) const {
    MutableBytes rest = octets;
    for (; rest.size() > segment_size; rest = rest.subspan(segment_size)) each(rest.first(segment_size));
    each(rest);
  }
};

/// Receives many datagrams with one system call, for a UDP socket of either family. Allocates once, at
/// construction; memory that no datagram has filled stays untouched. Movable; one thread.
///
///     ilnp::enable_receive_coalescing(fd);                        // once, if wanted: UDP GRO
///     ilnp::ReceiveBatch batch;
///     batch.receive(fd, [&](const ilnp::ReceivedTrain& train) {   // when fd is readable; does not block
///       train.for_each([&](ilnp::MutableBytes datagram) { use(train.source, datagram); });
///     });                                                         // octets stay valid until the next receive()
class ReceiveBatch {
 public:
  /// Large enough for any UDP datagram and any train of them.
  static constexpr std::size_t buffer_size = 65536;

  /// At most `buffers` trains per call (up to 64 datagrams each), which bounds the duration of a call.
  explicit ReceiveBatch(std::size_t buffers = 32) : capacity_(buffers), slots_(buffers), headers_(buffers) {
    octets_.resize_for_overwrite(buffers * stride);
    for (std::size_t i = 0; i < buffers; ++i) {
      Slot& slot = slots_[i];
      slot.buffer = {octets_.data() + i * stride, buffer_size};
      msghdr& header = headers_[i].msg_hdr;
      header.msg_name = slot.source.data();
      header.msg_iov = &slot.buffer;
      header.msg_iovlen = 1;
      header.msg_control = slot.control;
      reset(header);
    }
  }

  std::size_t capacity() const noexcept { return capacity_; }

  /// Receives what waits at `socket`, at most `capacity()` trains, and calls `sink(const ReceivedTrain&)` for
  /// each. Does not block. Returns the number of trains; 0 if nothing waits or the socket has an error, which
  /// is thereby cleared.
  template <class Sink>
  std::size_t receive(int socket, Sink&& sink) {
    for (std::size_t i = 0; i < used_; ++i) reset(headers_[i].msg_hdr);
    used_ = 0;
    int received;
    do {
      received = ::recvmmsg(socket, headers_.data(), static_cast<unsigned>(capacity_), MSG_DONTWAIT, nullptr);
    } while (received < 0 && errno == EINTR);
    if (received <= 0) return 0;
    used_ = static_cast<std::size_t>(received);
    for (std::size_t i = 0; i < used_; ++i) sink(train(i));
    return used_;
  }

 private:
  struct Slot {
    Endpoint source;
    iovec buffer;
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int)) + 64];
  };

  /// A little more than the buffer: neighbours a power of two apart would compete for the same cache lines.
  static constexpr std::size_t stride = buffer_size + 320;

  static void reset(msghdr& header) noexcept {
    header.msg_namelen = Endpoint::capacity();
    header.msg_controllen = sizeof Slot::control;
    header.msg_flags = 0;
  }

  ReceivedTrain train(std::size_t index) noexcept {
    msghdr& header = headers_[index].msg_hdr;
    Slot& slot = slots_[index];
    slot.source.resize(header.msg_namelen);
    const std::size_t size = headers_[index].msg_len;
    std::size_t segment = size;
    const in6_pktinfo* destination = nullptr;
    const in_pktinfo* destination_v4 = nullptr;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
      if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
        destination = reinterpret_cast<const in6_pktinfo*>(CMSG_DATA(item));
      } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
        destination_v4 = reinterpret_cast<const in_pktinfo*>(CMSG_DATA(item));
      } else if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == UDP_GRO) {
        int given = 0;
        std::memcpy(&given, CMSG_DATA(item), sizeof given);
        if (given > 0) segment = static_cast<std::size_t>(given);
      }
    }
    return {slot.source,
            destination,
            {octets_.data() + index * stride, size},
            segment,
            (header.msg_flags & MSG_TRUNC) != 0,
            destination_v4};
  }

  std::size_t capacity_;
  std::size_t used_ = 0;
  List<std::byte> octets_;
  List<Slot> slots_;
  List<mmsghdr> headers_;
};

}  // namespace ilnp
