#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "../base/bytes.hpp"
#include "endpoint.hpp"
#include "segmentation.hpp"
#include "send_failures.hpp"
#include "socket.hpp"
#include "train_builder.hpp"
#include "train_check.hpp"
#include "trains.hpp"

namespace ilnp {

/// Datagrams that wait to leave through one UDP socket of either family. They leave in the order in which
/// they were pushed, many with one system call (`sendmmsg`); neighbours of equal size for the same address
/// leave as one buffer that the kernel or the device splits (UDP GSO; `TrainBuilder`). Allocates once, at construction. Movable;
/// one thread.
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
  static constexpr std::size_t max_messages = TrainBuilder::max_messages;  ///< in one call to the kernel
  static constexpr std::size_t max_parts =
      TrainBuilder::max_parts;  ///< pieces of memory in one call to the kernel
  static constexpr std::size_t arena_octets =
      TrainBuilder::arena_octets;  ///< for heads, and for datagrams that were copied
  static constexpr std::size_t max_head = TrainBuilder::max_head;  ///< octets
  /// How long a flush waits, all in all, for room in the socket's buffer before it gives datagrams up,
  /// milliseconds.
  static constexpr int patience = 10;

  /// Since the start.
  struct Counters {
    std::uint64_t datagrams = 0;  ///< sent
    std::uint64_t buffers = 0;    ///< in so many buffers (a train counts once)
    std::uint64_t errors = 0;     ///< datagrams that a flush could not send
    std::uint64_t refusals = 0;   ///< trains that were refused, and sent singly
    std::uint64_t fallbacks = 0;  ///< 1 once trains are no longer made, because they cannot be
  };

  /// `socket` stays the caller's, and open. If the kernel has not been tried, it is at `port` (0: any) of the loopback address.
  explicit SendQueue(int socket, Segmentation segmentation = Segmentation::automatic, std::uint16_t port = 0)
      : socket_(socket) {
    const TrainsOff why = segmentation == Segmentation::off ? TrainsOff::configured
                          : !supports_segmentation(socket)  ? TrainsOff::unsupported
                                                            : train_fault(port);
    if (why != TrainsOff::no) fall_back(why);
  }

  bool empty() const noexcept { return trains_.size() == 0; }
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
    longest_segment_ = on && trains_off_ == TrainsOff::no ? TrainBuilder::max_train_octets : 0;
  }

  /// Tries trains of long datagrams again: call it now and then, for MTUs change.
  void forget_refusals() noexcept {
    if (longest_segment_ != 0) longest_segment_ = TrainBuilder::max_train_octets;
  }

  /// Where the head of the next datagram is best written, up to the end of what is returned; valid until the
  /// next `push`, `send` or `flush`. Flushes when the queue is full. `size` is at most `max_head`.
  MutableBytes headroom(std::size_t size) noexcept {
    return trains_.headroom(size, [this] { flush(); });
  }

  /// Queues a datagram that consists of `head`, at most `max_head` octets, and `payload`, borrowed until
  /// `flush()`. Flushes by itself when it is full. `alone` keeps it out of trains.
  void push(const Endpoint& to, Bytes head, Bytes payload, bool alone = false) noexcept {
    trains_.push(to, head, payload, alone, longest_segment_, [this] { flush(); });
  }

  /// Hands everything to the kernel; what was borrowed is free again afterwards. What cannot be sent is
  /// counted.
  void flush() noexcept {
    trains_.prepare();
    patience_left_ = patience;
    for (std::size_t at = 0; at < trains_.size();) {
      const auto count = static_cast<unsigned>(trains_.size() - at);
      const int sent = ::sendmmsg(socket_, trains_.headers() + at, count, MSG_DONTWAIT);
      for (int i = 0; i < sent; ++i, ++at) count_sent(trains_[at].to, trains_[at].count);
      if (sent > 0) continue;
      const int error = errno;
      if (error == EINTR || (error == EAGAIN && wait_for_room())) continue;
      if (trains_[at].count > 1 && is_segmentation_refused(error)) {
        send_singly(at, error);
      } else {
        count_error(trains_[at].to, error, trains_[at].count);
      }
      ++at;
    }
    trains_.clear();
  }

  /// Nothing that was borrowed so far is needed any more: it is copied, or leaves if there is no room for it.
  void keep() noexcept {
    if (!trains_.keep()) flush();
  }

  /// Sends one datagram at once; nothing may be queued. Waits a few milliseconds at most for room. Error: the
  /// kernel's.
  error_code send(const Endpoint& to, Bytes head, Bytes payload) noexcept {
    assert(empty());
    iovec parts[] = {TrainBuilder::part(head), TrainBuilder::part(payload)};
    patience_left_ = patience;
    const auto error = send_parts(to, parts, 2);
    trains_.give_back(head);
    if (!error) {
      count_sent(to, 1);
    } else if (failures_) {
      failures_->failed(to, error.value(), 1);
    }
    return error;
  }

 private:
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
    const TrainBuilder::Message& message = trains_[index];
    const msghdr& header = trains_.headers()[index].msg_hdr;
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
  /// Longer datagrams do not go into trains; 0: no trains.
  std::size_t longest_segment_ = TrainBuilder::max_train_octets;
  int patience_left_ = patience;
  TrainsOff trains_off_ = TrainsOff::no;
  Counters counters_;
  error_code last_error_;
  std::unique_ptr<SendFailures> failures_;
  TrainBuilder trains_;
};

}  // namespace ilnp
