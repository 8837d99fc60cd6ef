#pragma once

#include <sys/socket.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "../base/bytes.hpp"
#include "../base/lifetime.hpp"
#include "endpoint.hpp"
#include "segmentation.hpp"

namespace ilnp {

/// Datagrams that wait to be sent, put together as the kernel takes them: one message for each train, that is for neighbours of
/// equal size for the same address (the last may be shorter). A datagram without a head is sent from where it lies. One with a head
/// is put together here: a train of 64 that the kernel has to gather from 128 parts costs it ten times what the copy does
/// (docs/performance.md). Makes no system call. Allocates once, at construction. Movable; one thread.
///
/// Where there is no room for more it calls `flush()`, a function of the caller, which sends all messages and then calls `clear()`.
class TrainBuilder {
 public:
  static constexpr std::size_t max_train = 64;             ///< datagrams; older kernels allow no more
  static constexpr std::size_t max_train_octets = 65000;   ///< with headers it must stay below 65536
  static constexpr std::size_t max_messages = 256;         ///< buffers handed to the kernel in one call
  static constexpr std::size_t max_parts = 2048;           ///< areas of memory that they are gathered from
  static constexpr std::size_t arena_octets = 256 * 1024;  ///< datagrams with heads
  static constexpr std::size_t max_head = 65536;           ///< octets of one: a whole frame

  /// What is passed to the kernel as one buffer.
  struct Message {
    Endpoint to;                 ///< the destination
    std::size_t segment;         ///< size of each datagram; only the last may be shorter
    std::size_t octets;          ///< in all its datagrams
    std::size_t count;           ///< datagrams
    bool closed;                 ///< takes no more
    SegmentSizeControl control;  ///< says how long each datagram is
  };

  TrainBuilder()
      : arena_(std::make_unique_for_overwrite<std::byte[]>(arena_octets)),
        parts_(std::make_unique_for_overwrite<iovec[]>(max_parts)),
        messages_(std::make_unique_for_overwrite<Message[]>(max_messages)),
        headers_(std::make_unique_for_overwrite<mmsghdr[]>(max_messages)) {}

  std::size_t size() const noexcept { return message_count_; }
  const Message& operator[](std::size_t index) const noexcept { return messages_[index]; }
  /// Of the messages, for `sendmmsg`; complete after `prepare`.
  mmsghdr* headers() noexcept { return headers_.get(); }

  /// Where the head of the next datagram is best written, up to the end of what is returned; valid until the next `push` or
  /// `clear`. `size` is at most `max_head`.
  template <class Flush>
  MutableBytes headroom(std::size_t size, Flush&& flush) noexcept {
    assert(size <= max_head);
    headroom_.expect_free();
    make_room(size, flush);
    return headroom_.lend({arena_.get() + arena_used_, size});
  }

  /// Adds a datagram that consists of `head`, at most `max_head` octets, and `payload`, borrowed until `clear` or `keep`. It shares a
  /// message with others only if it is no longer than `longest`, and never if `alone`.
  template <class Flush>
  void push(const Endpoint& to, Bytes head, Bytes payload, bool alone, std::size_t longest,
            Flush&& flush) noexcept {
    assert(head.size() <= max_head);
    const std::size_t size = head.size() + payload.size();
    // Into the arena goes all of a datagram that has a head; of one that is too long for any train, the head.
    const std::size_t copied = head.empty() || size > max_train_octets ? head.size() : size;
    make_room(copied, flush);
    if (message_count_ == 0 || !joins(messages_[message_count_ - 1], to, size, alone)) {
      if (message_count_ == max_messages) flush();
      open(to, size, alone || size == 0 || size > longest);
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

  /// Nothing that was borrowed so far is needed any more: it was copied. False if there is no room for that; then the messages must
  /// be sent.
  bool keep() noexcept {
    headroom_.expect_free();  // the copies go where it is
    borrowed_.end();
    for (; kept_parts_ < part_count_; ++kept_parts_) {
      iovec& lies = parts_[kept_parts_];
      const auto* const octets = static_cast<const std::byte*>(lies.iov_base);
      if (is_own(octets)) continue;
      if (arena_used_ + lies.iov_len > arena_octets) return false;
      std::memcpy(arena_.get() + arena_used_, octets, lies.iov_len);
      lies.iov_base = arena_.get() + arena_used_;
      arena_used_ += lies.iov_len;
    }
    return true;
  }

  /// The messages are about to be sent.
  void prepare() noexcept {
    borrowed_.end();
    headroom_.give_back();
    for (std::size_t i = 0; i < message_count_; ++i) prepare(i);
  }
  /// They have been sent: nothing is borrowed any more.
  void clear() noexcept {
    poison({arena_.get(), arena_used_});
    message_count_ = part_count_ = arena_used_ = kept_parts_ = 0;
  }
  /// A datagram whose head was written to the headroom was sent without being pushed.
  void give_back(Bytes head) noexcept {
    headroom_.give_back();
    if (is_own(head.data())) poison({arena_.get() + (head.data() - arena_.get()), head.size()});
  }

  /// For the kernel, which only reads it.
  static iovec part(Bytes octets) noexcept { return {const_cast<std::byte*>(octets.data()), octets.size()}; }

 private:
  /// For `size` octets in the arena, and a payload elsewhere.
  template <class Flush>
  void make_room(std::size_t size, Flush& flush) noexcept {
    if (part_count_ + 2 > max_parts || arena_used_ + size > arena_octets) flush();
  }

  bool is_own(const std::byte* octet) const noexcept {
    return octet >= arena_.get() && octet < arena_.get() + arena_octets;
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

  std::size_t message_count_ = 0;
  std::size_t part_count_ = 0;
  std::size_t arena_used_ = 0;
  std::size_t kept_parts_ = 0;  ///< the first so many lie in the arena
  [[no_unique_address]] Headroom headroom_;
  [[no_unique_address]] BorrowCheck borrowed_;
  std::unique_ptr<std::byte[]> arena_;
  std::unique_ptr<iovec[]> parts_;
  std::unique_ptr<Message[]> messages_;
  std::unique_ptr<mmsghdr[]> headers_;
};

}  // namespace ilnp
