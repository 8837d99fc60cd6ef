#pragma once

// Datagrams in batches, as the kernel offers them: what the null programs and the load generator do, and no more. It
// includes nothing of the toolkit, for the toolkit is measured against it.

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace bench {

/// What arrived in one buffer: datagrams of `segment` octets each, the last perhaps shorter.
struct Train {
  std::byte* data;
  std::size_t size;
  std::size_t segment;
  const in6_pktinfo* to;

  std::size_t count() const { return size <= segment ? 1 : (size + segment - 1) / segment; }
};

/// What came with `header`: `size` octets at `data`.
inline Train train_of(std::byte* data, std::size_t size, msghdr& header) {
  Train train{data, size, size, nullptr};
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
      train.to = reinterpret_cast<const in6_pktinfo*>(CMSG_DATA(item));
    } else if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(item), sizeof segment);
      if (segment > 0) train.segment = static_cast<std::size_t>(segment);
    }
  }
  return train;
}

/// recvmmsg, with UDP GRO if the socket has it.
class Incoming {
 public:
  explicit Incoming(std::size_t buffers = 32)
      : octets_(std::make_unique_for_overwrite<std::byte[]>(buffers * stride)),
        slots_(buffers),
        headers_(buffers) {
    for (std::size_t i = 0; i < buffers; ++i) {
      slots_[i].part = {octets_.get() + i * stride, 65536};
      headers_[i].msg_hdr = {};
      headers_[i].msg_hdr.msg_name = &slots_[i].from;
      headers_[i].msg_hdr.msg_iov = &slots_[i].part;
      headers_[i].msg_hdr.msg_iovlen = 1;
      headers_[i].msg_hdr.msg_control = slots_[i].control;
    }
  }

  /// Octets of each buffer that are copied; the rest is only counted.
  void look_at(std::size_t octets) {
    for (Slot& slot : slots_) slot.part.iov_len = octets;
  }

  std::size_t receive(int socket, int flags = MSG_DONTWAIT) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      headers_[i].msg_hdr.msg_namelen = sizeof slots_[i].from;
      headers_[i].msg_hdr.msg_controllen = sizeof slots_[i].control;
    }
    const int got = ::recvmmsg(socket, headers_.data(), static_cast<unsigned>(slots_.size()), flags, nullptr);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

  Train train(std::size_t index) {
    return train_of(octets_.get() + index * stride, headers_[index].msg_len, headers_[index].msg_hdr);
  }

 private:
  struct Slot {
    sockaddr_storage from;
    iovec part;
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int)) + 64];
  };
  static constexpr std::size_t stride = 65536 + 320;
  std::unique_ptr<std::byte[]> octets_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> headers_;
};

/// sendmmsg; neighbours of one size for one address leave as one buffer (UDP GSO).
class Outgoing {
 public:
  static constexpr std::size_t max_train = 64;
  explicit Outgoing(bool segmentation = true, std::size_t messages = 256)
      : segmentation_(segmentation), messages_(messages), headers_(messages), parts_(16 * messages) {}

  /// Takes a train, by reference, until `flush`.
  void add(int socket, const sockaddr_in6& to, const Train& train) {
    for (std::size_t at = 0; at < train.size || (at == 0 && train.size == 0);) {
      const std::size_t step = segmentation_ ? train.size - at : std::min(train.segment, train.size - at);
      put(socket, to, train.data + at, step, train.segment);
      at += step;
      if (train.size == 0) break;
    }
  }

  void flush(int socket) {
    for (std::size_t at = 0; at < used_;) {
      const int sent = ::sendmmsg(socket, &headers_[at], static_cast<unsigned>(used_ - at), 0);
      if (sent < 0 && errno != EINTR) {
        ++at;
        ++errors;
      }
      if (sent > 0) at += static_cast<std::size_t>(sent);
    }
    clear();
  }

  /// What waits, for who hands it to the kernel in a way of his own and then says `clear`.
  std::span<const mmsghdr> messages() const { return {headers_.data(), used_}; }
  void clear() { used_ = parts_used_ = 0; }

  std::uint64_t errors = 0;

 private:
  struct Message {
    const sockaddr_in6* to;
    std::size_t segment, size, count;
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(std::uint16_t))];
  };

  void put(int socket, const sockaddr_in6& to, std::byte* data, std::size_t size, std::size_t segment) {
    const std::size_t count = size <= segment ? 1 : (size + segment - 1) / segment;
    if (parts_used_ == parts_.size()) flush(socket);
    Message* last = used_ != 0 ? &messages_[used_ - 1] : nullptr;
    const bool joins = segmentation_ && last != nullptr && last->to == &to && last->segment == segment &&
                       last->size == last->count * segment && last->count + count <= max_train &&
                       last->size + size <= 65000;
    if (!joins) {
      if (used_ == messages_.size()) flush(socket);
      last = &messages_[used_];
      last->to = &to;
      last->segment = segment;
      last->size = last->count = 0;
      msghdr& header = headers_[used_++].msg_hdr;
      header = {};
      header.msg_name = const_cast<sockaddr_in6*>(&to);
      header.msg_namelen = to.sin6_family == AF_INET ? sizeof(sockaddr_in) : sizeof to;
      header.msg_iov = &parts_[parts_used_];
    }
    last->size += size;
    last->count += count;
    msghdr& header = headers_[used_ - 1].msg_hdr;
    parts_[parts_used_++] = {data, size};
    ++header.msg_iovlen;
    if (last->count > 1 && header.msg_controllen == 0) {
      header.msg_control = last->control;
      header.msg_controllen = sizeof last->control;
      cmsghdr* item = CMSG_FIRSTHDR(&header);
      item->cmsg_level = IPPROTO_UDP;
      item->cmsg_type = UDP_SEGMENT;
      item->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto value = static_cast<std::uint16_t>(segment);
      std::memcpy(CMSG_DATA(item), &value, sizeof value);
    }
  }

  bool segmentation_;
  std::size_t used_ = 0, parts_used_ = 0;
  std::vector<Message> messages_;
  std::vector<mmsghdr> headers_;
  std::vector<iovec> parts_;
};

}  // namespace bench
