#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "../tun/tun.hpp"
#include "tun_sink.hpp"

namespace ilnp {

/// Connects the programs of this host to a stack with a tunnel, through a TUN device: what the host sends to the interface goes to the
/// nodes that it names, and their packets come out of it.
///
/// Refers to the node (anything with a `stack_type` and `with`, such as `Node` and `ProxyGateway`) and to the sink of what it hands
/// up; both must outlive it. Owns the device. One thread, as for `Node`.
template <class NodeType, class Device = TunDevice>
class TunGateway {
 public:
  static constexpr std::size_t reads_in_a_batch = 8;  ///< then their packets leave
  static constexpr int max_batches = 4;               ///< then others on the executor have their turn
  static constexpr auto pause =
      std::chrono::milliseconds(100);  ///< before another attempt when reading fails
  static constexpr std::size_t buffer_octets = TunDevice::max_read;  ///< for each read of a batch

  /// `gone(error)` is called once if the interface is no more; then nothing is read.
  TunGateway(const boost::asio::any_io_executor& executor, NodeType& node, BasicTunSink<Device>& sink,
             Device device, std::function<void(const error_code&)> gone)
      : node_(node),
        sink_(sink),
        device_(std::move(device)),
        gone_(std::move(gone)),
        descriptor_(executor),
        timer_(executor),
        buffers_(reads_in_a_batch * buffer_octets) {
    descriptor_.assign(device_.native_handle());
    sink_.connect(&device_, device_.joins_tcp(), device_.joins_udp());
    wait();
  }
  TunGateway(const TunGateway&) = delete;
  TunGateway& operator=(const TunGateway&) = delete;
  ~TunGateway() {
    sink_.connect(nullptr);
    descriptor_.release();  // the device closes it
  }

  /// The device, which the gateway owns.
  const Device& device() const noexcept { return device_; }
  /// Those of the sink too.
  TunDeviceCounters counters() const noexcept {
    TunDeviceCounters counters = sink_.counters();
    counters.reads = reads_;
    return counters;
  }

 private:
  template <class F>
  auto while_alive(F f) {
    return [alive = std::weak_ptr<const int>(alive_), f = std::move(f)](const error_code& error) {
      if (!error && !alive.expired()) f();
    };
  }
  void wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           while_alive([this] { on_readable(); }));
  }

  void on_readable() {
    const WaitAgain again{*this, alive_};  // whatever is thrown
    for (int batch = 0; batch < max_batches; ++batch) {
      error_code error;
      std::size_t count = 0;
      node_.with([&](auto& stack, auto& cx) {
        for (; count < reads_in_a_batch; ++count) {
          const MutableBytes buffer = MutableBytes(buffers_).subspan(count * buffer_octets, buffer_octets);
          const std::size_t size = device_.read(buffer, error);
          if (error) break;
          take(stack, buffer.first(size), cx);
        }
      });
      if (!error) continue;
      if (error != boost::asio::error::would_block) again.after = failed(error);
      break;
    }
  }
  struct WaitAgain {
    enum class After { at_once, later, not_at_all };
    TunGateway& gateway;
    std::weak_ptr<const int> alive;
    mutable After after = After::at_once;
    ~WaitAgain() {
      if (alive.expired() || after == After::not_at_all) return;
      if (after == After::later) {
        gateway.timer_.expires_after(pause);
        gateway.timer_.async_wait(gateway.while_alive([self = &gateway] { self->wait(); }));
      } else {
        gateway.wait();
      }
    }
  };

  template <class Stack, class Cx>
  void take(Stack& stack, MutableBytes read, Cx& cx) {
    ++reads_;
    if (read.size() < wire::VirtioNetHeader::size) return;  // no kernel gives that
    const auto virtio = wire::VirtioNetHeader::parse(read);
    tun_layer(stack).from_host(virtio, read.subspan(wire::VirtioNetHeader::size), cx, sink_.to());
  }

  /// The interface may be down for a while; it may also be no more.
  typename WaitAgain::After failed(const error_code& error) {
    if (device_.exists()) return WaitAgain::After::later;
    sink_.connect(nullptr);
    gone_(error);
    return WaitAgain::After::not_at_all;
  }

  NodeType& node_;
  BasicTunSink<Device>& sink_;
  Device device_;
  std::function<void(const error_code&)> gone_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  std::vector<std::byte> buffers_;
  std::uint64_t reads_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace ilnp
