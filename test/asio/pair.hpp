#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ilnp/asio/node.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/transport/stp.hpp>
#include <set>
#include <vector>

#include "support/print.hpp"

namespace ilnp::test {

/// A cable between two nodes, for tests of the shell: frames go through a pair of UNIX sockets, whose descriptors become
/// readable like those of a real underlay. Within a batch it keeps payloads by reference, as the real one does.
class CableEnd {
 public:
  explicit CableEnd(int descriptor) : descriptor_(descriptor) {}

  error_code join(Locator locator) {
    if (locator == refused) return Errc::not_joined;
    joined_.insert(locator);
    return {};
  }
  error_code leave(Locator locator) {
    joined_.erase(locator);
    return {};
  }
  void begin_batch() { batching_ = true; }

  MutableBytes headroom(std::size_t size) { return MutableBytes(room_).first(size); }
  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx&) {
    if (!joined_.contains(locator)) return Errc::not_joined;
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
    ++batches;
    batching_ = false;
    for (const Frame& frame : queue_) transmit(frame);
    queue_.clear();
  }
  std::size_t max_frame() const { return 1440; }
  void keep_queued() {
    for (Frame& frame : queue_) {
      frame.head.insert(frame.head.end(), frame.payload.begin(), frame.payload.end());
      frame.payload = {};
    }
  }
  int batches = 0;  ///< that have ended

  std::span<const int> native_handles() const { return {&descriptor_, 1}; }
  template <class Sink>
  std::size_t receive(Sink&& sink) {
    std::size_t count = 0;
    std::array<std::size_t, max_batch> sizes;
    for (; count < max_batch; ++count) {
      const ssize_t size = ::recv(descriptor_, buffers_[count].data(), buffers_[count].size(), MSG_DONTWAIT);
      if (size < 8) break;
      sizes[count] = static_cast<std::size_t>(size);
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t locator = 0;
      std::memcpy(&locator, buffers_[i].data(), 8);
      sink(FrameSource{Locator(locator), 1}, MutableBytes(buffers_[i]).subspan(8, sizes[i] - 8));
    }
    return count;
  }

  bool drained() const { return false; }

  static constexpr Locator refused{0xdead};    ///< cannot be joined
  static constexpr std::size_t max_batch = 8;  ///< frames received at once

 private:
  struct Frame {
    Locator locator;
    std::vector<std::byte> head;
    Bytes payload;
  };

  void transmit(const Frame& frame) {
    const std::uint64_t locator = frame.locator.value();
    std::vector<std::byte> octets(8);
    std::memcpy(octets.data(), &locator, 8);
    octets.insert(octets.end(), frame.head.begin(), frame.head.end());
    octets.insert(octets.end(), frame.payload.begin(), frame.payload.end());
    BOOST_TEST(::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(octets.size()));
  }

  std::array<std::byte, 1440> room_;
  int descriptor_;
  bool batching_ = false;
  std::set<Locator> joined_;
  std::vector<Frame> queue_;
  std::vector<std::vector<std::byte>> buffers_{max_batch, std::vector<std::byte>(2048)};
};

/// The two ends' descriptors, closed at the end.
struct Cable {
  Cable() { BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0); }
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;
  ~Cable() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2];
};

inline NetworkConfig named(const char* name, std::uint64_t nid, Locator locator = Locator(0xa)) {
  NetworkConfig config;
  config.nid = Nid(nid);
  config.locators = {{locator}};
  config.host_name = name;
  return config;
}

/// Runs `io` until `condition` holds; fails the test if it does not within some seconds.
template <class Condition>
void run_until(boost::asio::io_context& io, Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    BOOST_TEST_REQUIRE(std::chrono::steady_clock::now() < end);
    io.restart();
    io.run_one_for(std::chrono::milliseconds(10));
  }
}

/// Runs what is ready.
inline void settle(boost::asio::io_context& io) {
  do io.restart();
  while (io.poll() != 0);
}

inline std::string text(Bytes octets) { return std::string(as_text(octets)); }

}  // namespace ilnp::test
