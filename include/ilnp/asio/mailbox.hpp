#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <utility>

#include "../base/layer.hpp"
#include "../base/list.hpp"

namespace ilnp {

/// A received datagram: a copy that belongs to the reader.
struct Datagram {
  DatagramSource source{};  ///< where it came from
  List<std::byte> payload;  ///< its octets, copied
};

/// The datagrams to a port that wait until its owner reads them. Memory is kept for later ones, so that reading into the
/// reader's own buffers does not allocate in steady state. One thread.
class Mailbox {
 public:
  /// What a reader waits for.
  using Timer = boost::asio::steady_timer;
  static constexpr std::size_t max_waiting = 256;  ///< when it is full, datagrams are dropped and counted
  static constexpr std::size_t max_spare = 8;      ///< datagrams for which memory is kept

  /// `executor`: that of the socket, on which its timer runs.
  explicit Mailbox(const boost::asio::any_io_executor& executor)
      : arrival_(executor, Timer::time_point::max()) {}

  /// Copies a datagram for the next reader, and wakes one. A full mailbox drops and counts it.
  void put(const DatagramSource& source, Bytes payload) {
    if (waiting_.size() == max_waiting) return void(++dropped_);
    if (spare_.empty()) spare_.emplace_back();
    spare_.front().source = source;
    spare_.front().payload.assign(payload.data(), payload.data() + payload.size());
    waiting_.splice(waiting_.end(), spare_, spare_.begin());
    arrival_.cancel_one();
  }

  bool empty() const noexcept { return waiting_.empty(); }
  /// The size of the first datagram, octets; 0 if there is none.
  std::size_t available() const noexcept { return empty() ? 0 : waiting_.front().payload.size(); }

  /// Takes the first datagram; there must be one.
  Datagram take() {
    Datagram datagram = std::move(waiting_.front());
    discard();
    return datagram;
  }
  /// The same into `buffers`; returns how many octets they took. The rest is lost, and counted.
  template <class Buffers>
  std::size_t take(const Buffers& buffers, DatagramSource* source) {
    const Datagram& first = waiting_.front();
    const std::size_t size = boost::asio::buffer_copy(buffers, boost::asio::buffer(first.payload));
    if (size < first.payload.size()) ++truncated_;
    if (source) *source = first.source;
    discard();
    return size;
  }

  /// Completes, with an error, when there may be something to take: see `put`, `pass_on`, `cancel`.
  Timer& arrival() noexcept { return arrival_; }
  /// An operation that was woken for a datagram but does not take it calls this to wake another.
  void pass_on() {
    if (!empty()) arrival_.cancel_one();
  }
  /// Wakes all waiting operations.
  void cancel() { arrival_.cancel(); }

  /// Datagrams for which there was no room.
  std::uint64_t dropped() const noexcept { return dropped_; }
  /// Datagrams that were longer than the buffers of their reader.
  std::uint64_t truncated() const noexcept { return truncated_; }

 private:
  void discard() {
    spare_.splice(spare_.end(), waiting_, waiting_.begin());
    if (spare_.size() > max_spare) spare_.pop_front();
  }

  std::list<Datagram> waiting_;
  std::list<Datagram> spare_;
  Timer arrival_;  // never expires
  std::uint64_t dropped_ = 0;
  std::uint64_t truncated_ = 0;
};

}  // namespace ilnp
