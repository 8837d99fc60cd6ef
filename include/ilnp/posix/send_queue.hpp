#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "../base/arena.hpp"
#include "../base/bytes.hpp"
#include "endpoint.hpp"
#include "segmentation.hpp"
#include "send_failures.hpp"
#include "socket.hpp"
#include "train_check.hpp"
#include "trains.hpp"

namespace ilnp {

/// Datagrams that wait to leave through one UDP socket of either family. They leave in the order in which
/// they were pushed, many with one system call (`sendmmsg`); neighbours of equal size for the same address
/// leave as one buffer that the kernel or the device splits (UDP GSO). A datagram without a head leaves from where
/// it lies. One with a head is put together here: a train of 64 that the kernel has to gather from 128 parts costs
/// it ten times what the copy does (docs/performance.md). Allocates once, at construction. Movable; one thread.
///
///     ilnp::SendQueue queue(fd);
///     queue.push(to, head, payload);   // payload is borrowed until flush(), or keep()
///     queue.flush();                   // does not fail: see counters()
///     queue.send(to, head, payload);   // one datagram at once; says what went wrong
///
/// Where the kernel or a device refuses a train, its datagrams are sent singly. If trains are refused altogether, no
/// more are made; if only such long datagrams are (longer than the link's MTU), those go singly until `forget_refusals()`.
/// None are made if the kernel is known, or was seen, to corrupt them (`train_fault`).
class SendQueue {
 public:
  static constexpr std::size_t max_train = 64;             ///< datagrams; older kernels allow no more
  static constexpr std::size_t max_train_octets = 65000;   ///< with headers it must stay below 65536
  static constexpr std::size_t max_messages = 256;         ///< buffers handed to the kernel in one call
  static constexpr std::size_t max_parts = 2048;           ///< areas of memory that they are gathered from
  static constexpr std::size_t arena_octets = 256 * 1024;  ///< datagrams with heads
  static constexpr std::size_t max_head = 65536;           ///< octets of one: a whole frame
  /// How long a flush waits, all in all, for room in the socket's buffer before it gives datagrams up,
  /// milliseconds.
  static constexpr int patience = 10;

  struct Counters {
    std::uint64_t datagrams = 0;  ///< sent
    std::uint64_t buffers = 0;    ///< in so many buffers (a train counts once)
    std::uint64_t errors = 0;     ///< datagrams that a flush could not send
    std::uint64_t refusals = 0;   ///< trains that were refused, and sent singly
    std::uint64_t fallbacks = 0;  ///< 1 once trains are no longer made, because they cannot be
  };

  /// `socket` stays the caller's, and open. If the kernel has not been tried, it is at `port` (0: any) of the loopback address.
  explicit SendQueue(int socket, Segmentation segmentation = Segmentation::automatic, std::uint16_t port = 0)
      : socket_(socket),
        arena_(std::make_unique_for_overwrite<std::byte[]>(arena_octets)),
        parts_(std::make_unique_for_overwrite<iovec[]>(max_parts)),
        messages_(std::make_unique_for_overwrite<Message[]>(max_messages)),
        headers_(std::make_unique_for_overwrite<mmsghdr[]>(max_messages)) {
    const TrainsOff why = segmentation == Segmentation::off ? TrainsOff::configured
                          : !supports_segmentation(socket)  ? TrainsOff::unsupported
                                                            : train_fault(port);
    if (why != TrainsOff::no) fall_back(why);
  }

  bool empty() const noexcept { return message_count_ == 0; }
  const Counters& counters() const noexcept { return counters_; }
  /// Why the last datagram that a flush could not send was not sent.
  error_code last_error() const noexcept { return last_error_; }

  /// Why no trains are made.
  TrainsOff trains_off() const noexcept { return trains_off_; }

  /// From here on it notes the destinations to which datagrams cannot be sent.
  void note_failures() { failures_ = std::make_unique<SendFailures>(); }
  /// Null unless it does.
  SendFailures* failures() noexcept { return failures_.get(); }

  /// Sends one datagram per call instead of trains, or goes back to trains if the kernel has them. For tests
  /// and measurements.
  void set_coalescing(bool on) noexcept {
    longest_segment_ = on && trains_off_ == TrainsOff::no ? max_train_octets : 0;
  }

  /// Tries trains of long datagrams again: call it now and then, for MTUs change.
  void forget_refusals() noexcept {
    if (longest_segment_ != 0) longest_segment_ = max_train_octets;
  }

  /// Where the head of the next datagram is best written, up to the end of what is returned; valid until the
  /// next `push`, `send` or `flush`. Flushes when the queue is full. `size` is at most `max_head`.
  MutableBytes headroom(std::size_t size) noexcept {
    assert(size <= max_head);
    headroom_.expect_free();
    make_room(size);
    return headroom_.lend({arena_.get() + arena_used_, size});
  }

  /// Queues a datagram that consists of `head`, at most `max_head` octets, and `payload`, borrowed until
  /// `flush()`. Flushes by itself when it is full. `alone` keeps it out of trains.
  void push(const Endpoint& to, Bytes head, Bytes payload, bool alone = false) noexcept {
    assert(head.size() <= max_head);
    const std::size_t size = head.size() + payload.size();
    // Into the arena goes all of a datagram that has a head; of one that is too long for any train, the head.
    const std::size_t copied = head.empty() || size > max_train_octets ? head.size() : size;
    make_room(copied);
    if (message_count_ == 0 || !joins(messages_[message_count_ - 1], to, size, alone)) {
      if (message_count_ == max_messages) flush();
      open(to, size, alone || size == 0 || size > longest_segment_);
    }
    Message& message = messages_[message_count_ - 1];
    std::byte* place = arena_.get() + arena_used_;
    if (copied != 0 && head.data() != place) std::memmove(place, head.data(), head.size());
    borrowed_.borrow(payload);
    headroom_.give_back();
    if (copied != head.size()) {
      std::memcpy(place + head.size(), payload.data(), payload.size());
      payload = {};
    }
    arena_used_ += copied;
    if (copied != 0) append({place, copied});
    if (!payload.empty()) append(payload);
    message.octets += size;
    ++message.count;
    if (size < message.segment || message.count == max_train) message.closed = true;
  }

  /// Hands everything to the kernel; what was borrowed is free again afterwards. What cannot be sent is
  /// counted.
  void flush() noexcept {
    borrowed_.end();
    headroom_.give_back();
    for (std::size_t i = 0; i < message_count_; ++i) prepare(i);
    patience_left_ = patience;
    for (std::size_t at = 0; at < message_count_;) {
      const int sent =
          ::sendmmsg(socket_, &headers_[at], static_cast<unsigned>(message_count_ - at), MSG_DONTWAIT);
      for (int i = 0; i < sent; ++i, ++at) count_sent(messages_[at].to, messages_[at].count);
      if (sent > 0) continue;
      const int error = errno;
      if (error == EINTR || (error == EAGAIN && wait_for_room())) continue;
      if (messages_[at].count > 1 && is_segmentation_refused(error)) {
        send_singly(at, error);
      } else {
        count_error(messages_[at].to, error, messages_[at].count);
      }
      ++at;
    }
    poison({arena_.get(), arena_used_});
    message_count_ = part_count_ = arena_used_ = kept_parts_ = 0;
  }

  /// Nothing that was borrowed so far is needed any more: it is copied, or leaves if there is no room for it.
  void keep() noexcept {
    headroom_.expect_free();  // the copies go where it is
    borrowed_.end();
    for (; kept_parts_ < part_count_; ++kept_parts_) {
      iovec& lies = parts_[kept_parts_];
      const auto* const octets = static_cast<const std::byte*>(lies.iov_base);
      if (is_own(octets)) continue;
      if (arena_used_ + lies.iov_len > arena_octets) return flush();
      std::memcpy(arena_.get() + arena_used_, octets, lies.iov_len);
      lies.iov_base = arena_.get() + arena_used_;
      arena_used_ += lies.iov_len;
    }
  }

  /// Sends one datagram at once; nothing may be queued. Waits a few milliseconds at most for room. Error: the
  /// kernel's.
  error_code send(const Endpoint& to, Bytes head, Bytes payload) noexcept {
    assert(empty());
    iovec parts[] = {part(head), part(payload)};
    patience_left_ = patience;
    const auto error = send_parts(to, parts, 2);
    headroom_.give_back();
    if (is_own(head.data())) poison({arena_.get() + (head.data() - arena_.get()), head.size()});
    if (!error) {
      count_sent(to, 1);
    } else if (failures_) {
      failures_->failed(to, error.value(), 1);
    }
    return error;
  }

 private:
  struct Message {
    Endpoint to;
    std::size_t segment;  ///< size of each datagram; only the last may be shorter
    std::size_t octets;
    std::size_t count;
    bool closed;
    SegmentSizeControl control;
  };

  /// For `size` octets in the arena, and a payload elsewhere.
  void make_room(std::size_t size) noexcept {
    if (part_count_ + 2 > max_parts || arena_used_ + size > arena_octets) flush();
  }

  bool is_own(const std::byte* octet) const noexcept {
    return octet >= arena_.get() && octet < arena_.get() + arena_octets;
  }

  static iovec part(Bytes octets) noexcept {
    return {const_cast<std::byte*>(octets.data()), octets.size()};  // the kernel only reads it
  }

  bool joins(const Message& last, const Endpoint& to, std::size_t size, bool alone) const noexcept {
    return !last.closed && !alone && size != 0 && size <= last.segment &&
           last.octets + size <= max_train_octets && last.to == to;
  }

  void open(const Endpoint& to, std::size_t size, bool alone) noexcept {
    Message& message = messages_[message_count_];
    message.to = to;
    message.segment = size;
    message.octets = message.count = 0;
    message.closed = alone;
    headers_[message_count_].msg_hdr = {};
    headers_[message_count_].msg_hdr.msg_iov = &parts_[part_count_];
    ++message_count_;
  }

  /// Adds a part to the last message; lengthens the part before if they touch in memory.
  void append(Bytes octets) noexcept {
    msghdr& header = headers_[message_count_ - 1].msg_hdr;
    if (header.msg_iovlen != 0) {
      iovec& last = header.msg_iov[header.msg_iovlen - 1];
      if (static_cast<std::byte*>(last.iov_base) + last.iov_len == octets.data()) {
        last.iov_len += octets.size();
        return;
      }
    }
    parts_[part_count_++] = part(octets);
    ++header.msg_iovlen;
  }

  void prepare(std::size_t index) noexcept {
    Message& message = messages_[index];
    msghdr& header = headers_[index].msg_hdr;
    header.msg_name = message.to.data();
    header.msg_namelen = message.to.size();
    if (message.count > 1) message.control.attach(header, message.segment);
  }

  /// True if there may be room in the socket's buffer now.
  bool wait_for_room() noexcept {
    if (patience_left_ == 0) return false;
    pollfd waiting{socket_, POLLOUT, 0};
    return --patience_left_, (void)::poll(&waiting, 1, 1), true;
  }

  error_code send_parts(const Endpoint& to, iovec* parts, std::size_t count) noexcept {
    msghdr header{};
    header.msg_name = const_cast<sockaddr*>(to.data());
    header.msg_namelen = to.size();
    header.msg_iov = parts;
    header.msg_iovlen = count;
    for (;;) {
      if (::sendmsg(socket_, &header, MSG_DONTWAIT) >= 0) return {};
      const int error = errno;
      if (error == EINTR || (error == EAGAIN && wait_for_room())) continue;
      return {error, boost::system::system_category()};
    }
  }

  void send_singly(std::size_t index, int refusal) noexcept {
    ++counters_.refusals;
    const Message& message = messages_[index];
    const msghdr& header = headers_[index].msg_hdr;
    bool any = false;
    for_each_segment(header.msg_iov, header.msg_iovlen, message.segment,
                     [&](iovec* parts, std::size_t count) {
                       const auto error = send_parts(message.to, parts, count);
                       if (error) return count_error(message.to, error.value(), 1);
                       count_sent(message.to, 1);
                       any = true;
                     });
    if (!any) return;  // it was not the train that was refused
    if (is_segmentation_refused_altogether(refusal, message.segment)) {
      fall_back(TrainsOff::refused);
    } else {
      longest_segment_ = std::min(longest_segment_, message.segment - 1);
    }
  }

  void fall_back(TrainsOff why) noexcept {
    trains_off_ = why;
    longest_segment_ = 0;
    counters_.fallbacks = why != TrainsOff::configured;
  }
  void count_sent(const Endpoint& to, std::size_t datagrams) noexcept {
    counters_.datagrams += datagrams;
    ++counters_.buffers;
    if (failures_) failures_->sent(to, datagrams);
  }
  void count_error(const Endpoint& to, int error, std::size_t datagrams) noexcept {
    counters_.errors += datagrams;
    if (failures_) failures_->failed(to, error, datagrams);
    last_error_ = {error, boost::system::system_category()};
  }

  int socket_;
  std::size_t longest_segment_ = max_train_octets;  ///< longer datagrams do not go into trains; 0: no trains
  std::size_t message_count_ = 0;
  std::size_t part_count_ = 0;
  std::size_t arena_used_ = 0;
  std::size_t kept_parts_ = 0;  ///< the first so many lie in the arena
  int patience_left_ = patience;
  TrainsOff trains_off_ = TrainsOff::no;
  Counters counters_;
  error_code last_error_;
  [[no_unique_address]] Headroom headroom_;
  [[no_unique_address]] BorrowCheck borrowed_;
  std::unique_ptr<SendFailures> failures_;
  std::unique_ptr<std::byte[]> arena_;
  std::unique_ptr<iovec[]> parts_;
  std::unique_ptr<Message[]> messages_;
  std::unique_ptr<mmsghdr[]> headers_;
};

}  // namespace ilnp
