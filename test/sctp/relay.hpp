#pragma once

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cstring>
#include <set>
#include <span>
#include <vector>

#include "ilnp/base/layer.hpp"
#include "ilnp/base/random.hpp"

namespace ilnp::test {

using boost::asio::ip::udp;

/// Carries datagrams between two UDP sockets on the loopback address, and loses some of them. What no buffer takes is lost too.
class LossyRelay {
 public:
  LossyRelay(boost::asio::io_context& io, double loss, std::uint64_t seed)
      : ends_{udp::socket(io, local()), udp::socket(io, local())},
        bound_(static_cast<std::uint64_t>(loss * 0x1p32)),
        random_(seed) {
    for (std::size_t end = 0; end < 2; ++end) {
      ends_[end].non_blocking(true);
      ends_[end].set_option(boost::asio::socket_base::receive_buffer_size(1 << 20));
      wait(end);
    }
  }
  /// Where the socket sends that is at this end.
  udp::endpoint address(std::size_t end) const { return ends_[end].local_endpoint(); }
  int lost() const { return lost_; }
  int carried() const { return carried_; }

 private:
  static udp::endpoint local() { return {boost::asio::ip::address_v4::loopback(), 0}; }

  void wait(std::size_t end) {
    ends_[end].async_wait(udp::socket::wait_read, [this, end](const error_code& error) {
      if (error) return;
      carry(end);
      wait(end);
    });
  }
  void carry(std::size_t end) {
    for (int i = 0; i < 64; ++i) {
      error_code error;
      const std::size_t size = ends_[end].receive_from(boost::asio::buffer(buffer_), from_[end], 0, error);
      if (error) return;
      if ((random_() >> 32) < bound_) {
        ++lost_;
      } else if (from_[1 - end].port() != 0) {
        ends_[1 - end].send_to(boost::asio::buffer(buffer_.data(), size), from_[1 - end], 0, error);
        ++carried_;
      }
    }
  }

  std::array<udp::socket, 2> ends_;
  std::array<udp::endpoint, 2> from_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(2048);
  std::uint64_t bound_;
  Random random_;
  int lost_ = 0;
  int carried_ = 0;
};

/// An underlay on one end of a relay. Within a batch it keeps payloads by reference, as the real one does.
class RelayedLink {
 public:
  RelayedLink(boost::asio::io_context* io, const udp::endpoint& relay)
      : socket_(*io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    socket_.connect(relay);
    socket_.non_blocking(true);
    socket_.set_option(boost::asio::socket_base::receive_buffer_size(1 << 20));
    // The node watches a descriptor of its own: Asio has this one already.
    descriptor_ = ::dup(socket_.native_handle());
  }
  RelayedLink(const RelayedLink&) = delete;
  RelayedLink& operator=(const RelayedLink&) = delete;
  ~RelayedLink() { ::close(descriptor_); }

  error_code join(Locator locator) { return joined_.insert(locator), error_code(); }
  error_code leave(Locator locator) { return joined_.erase(locator), error_code(); }
  void begin_batch() { batching_ = true; }
  MutableBytes headroom(std::size_t size) { return MutableBytes(room_).first(size); }

  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx&) {
    Frame frame{locator, {packet.head().begin(), packet.head().end()}, packet.payload()};
    if (batching_) {
      queue_.push_back(std::move(frame));
    } else {
      transmit(frame);
    }
    return {};
  }
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    if (joined_.contains(from.interface)) up(from, frame);
  }
  template <class Cx>
  bool on_timer(Cx&) {
    return false;
  }
  TimePoint next_deadline() const { return never; }
  template <class Cx>
  void end_batch(Cx&) {
    batching_ = false;
    for (const Frame& frame : queue_) transmit(frame);
    queue_.clear();
  }
  void keep_queued() {
    for (Frame& frame : queue_) {
      frame.head.insert(frame.head.end(), frame.payload.begin(), frame.payload.end());
      frame.payload = {};
    }
  }
  std::size_t max_frame() const { return 1440; }

  std::span<const int> native_handles() const { return {&descriptor_, 1}; }
  template <class Sink>
  std::size_t receive(Sink&& sink) {
    std::size_t count = 0;
    for (auto& buffer : buffers_) {  // one for each frame: all of them stay valid until the next call
      error_code error;
      const std::size_t size = socket_.receive(boost::asio::buffer(buffer), 0, error);
      if (error || size < 8) break;
      std::uint64_t locator = 0;
      std::memcpy(&locator, buffer.data(), 8);
      sink(FrameSource{Locator(locator), 1}, MutableBytes(buffer).subspan(8, size - 8));
      ++count;
    }
    return count;
  }
  bool drained() const { return false; }

 private:
  struct Frame {
    Locator locator;
    std::vector<std::byte> head;
    Bytes payload;
  };
  void transmit(const Frame& frame) {
    const std::uint64_t locator = frame.locator.value();
    const std::array<boost::asio::const_buffer, 3> pieces{
        boost::asio::buffer(&locator, 8), boost::asio::buffer(frame.head),
        boost::asio::buffer(frame.payload.data(), frame.payload.size())};
    error_code lost;
    socket_.send(pieces, 0, lost);
  }

  udp::socket socket_;
  int descriptor_ = -1;
  bool batching_ = false;
  std::set<Locator> joined_;
  std::vector<Frame> queue_;
  std::array<std::byte, 1440> room_;
  std::vector<std::array<std::byte, 2048>> buffers_{32};
};

static_assert(PollableUnderlay<RelayedLink>);

}  // namespace ilnp::test
