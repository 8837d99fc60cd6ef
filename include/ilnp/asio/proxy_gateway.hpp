#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../underlay/receive_batch.hpp"
#include "../underlay/send_queue.hpp"
#include "node.hpp"

namespace ilnp {

/// A datagram of a local program that was not carried, and why.
struct LocalError {
  std::uint16_t local_port;  ///< the program's
  std::size_t size;          ///< octets
  error_code error;
};

/// Ignores errors; they are counted anyway.
struct IgnoreLocalErrors {
  void operator()(const LocalError&) const noexcept {}
};

/// Puts local programs in touch with a proxy stack: what arrives on one local UDP socket goes into the
/// overlay, selected by the port that it came from, and what the overlay brings goes to the programs' ports
/// on the loopback address, from that socket.
///
/// Refers to the stack, which must outlive it. `OnError` is called for each local datagram that is not
/// carried, and must not block. One thread, as for `Node`.
template <class Stack, class OnError = IgnoreLocalErrors, class Observer = NoObserver>
class ProxyGateway {
 public:
  static constexpr int local_buffer_octets = 4 << 20;  ///< what is asked of the kernel, each way

  struct Counters {
    std::uint64_t from_programs = 0;  ///< datagrams that local programs sent
    std::uint64_t not_carried = 0;    ///< of these: not sent into the overlay, and said to `OnError`
    std::uint64_t to_programs = 0;    ///< datagrams from the overlay
    std::uint64_t to_itself = 0;      ///< of these: to the gateway's own port, and dropped
    std::uint64_t not_delivered = 0;  ///< of these: not taken by the kernel
    /// Buffers (not datagrams: with UDP GRO one may hold 64) of local programs that the kernel dropped, because
    /// they came faster than they were read.
    std::uint64_t local_overflow = 0;

    template <class F>
    void for_each(F&& f) const {
      f(std::string_view("from_programs"), from_programs);
      f(std::string_view("not_carried"), not_carried);
      f(std::string_view("to_programs"), to_programs);
      f(std::string_view("to_itself"), to_itself);
      f(std::string_view("not_delivered"), not_delivered);
      f(std::string_view("local_overflow"), local_overflow);
    }
  };

  /// Binds the local socket to `address`; port 0 takes any free one. Throws `boost::system::system_error`.
  ProxyGateway(const boost::asio::any_io_executor& executor, Stack& stack,
               const boost::asio::ip::udp::endpoint& address, OnError on_error = {}, Observer observer = {})
      : socket_(open(executor, address)),
        handle_(socket_.native_handle()),
        port_(socket_.local_endpoint().port()),
        loopback_(loopback(address)),
        to_send_(socket_.native_handle(), loopback_at(discard_port)),
        on_error_(std::move(on_error)),
        node_(executor, stack, Deliver{this}, std::move(observer)) {
    enable_receive_coalescing(socket_.native_handle());
    // As much as the underlay has: what one side brings in a burst, the other is to hold.
    (void)set_receive_buffer(socket_.native_handle(), local_buffer_octets);
    (void)set_send_buffer(socket_.native_handle(), local_buffer_octets);
  }

  /// The port that local programs send to.
  std::uint16_t port() const noexcept { return port_; }

  /// Starts the node, and begins to read the local socket. Error: as `Node::start`.
  error_code start() {
    stop();
    const error_code error = node_.start();
    if (!error) {
      alive_ = std::make_shared<const int>();
      wait();
    }
    return error;
  }

  /// Ends both; mappings stay.
  void stop() noexcept {
    node_.stop();
    alive_.reset();
    error_code ignored;
    socket_.cancel(ignored);
  }

  /// As `Node::with`.
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with(std::forward<F>(f));
  }

  Counters counters() const noexcept {
    Counters counters = counters_;
    counters.not_delivered = to_send_.counters().errors;
    counters.local_overflow = dropped_buffers(handle_);
    return counters;
  }

 private:
  /// What the stack hands up.
  struct Deliver {
    ProxyGateway* gateway;
    void operator()(std::uint16_t local_port, Bytes payload) { gateway->deliver(local_port, payload); }
    void flush() noexcept { gateway->to_send_.flush(); }
  };

  void wait() {
    socket_.async_wait(boost::asio::ip::udp::socket::wait_read,
                       [this, alive = std::weak_ptr<const int>(alive_)](const error_code& error) {
                         if (error || alive.expired()) return;
                         on_readable();
                         if (!alive.expired()) wait();
                       });
  }

  void on_readable() {
    constexpr int max_batches = 4;  // then the overlay has its turn
    for (int batch = 0; batch < max_batches; ++batch) {
      const std::size_t received = node_.with([this](Stack& stack, auto& cx) {
        return received_.receive(socket_.native_handle(), [&](const ReceivedTrain& train) {
          train.for_each([&](Bytes payload) { carry(stack, train.source.port(), payload, cx); });
        });
      });
      if (received < received_.capacity()) break;
    }
  }

  template <class Cx>
  void carry(Stack& stack, std::uint16_t local_port, Bytes payload, Cx& cx) {
    ++counters_.from_programs;
    const error_code error = stack.send(local_port, payload, cx);
    if (!error) return;
    ++counters_.not_carried;
    on_error_(LocalError{local_port, payload.size(), error});
  }

  void deliver(std::uint16_t local_port, Bytes payload) {
    ++counters_.to_programs;
    if (local_port == port_) {  // would come back to this socket, and leave again, for ever
      ++counters_.to_itself;
    } else {
      to_send_.push(loopback_at(local_port), {}, payload);
    }
  }

  static boost::asio::ip::udp::socket open(const boost::asio::any_io_executor& executor,
                                           const boost::asio::ip::udp::endpoint& address) {
    boost::asio::ip::udp::socket socket(executor, address.protocol());
    if (address.address().is_v6()) socket.set_option(boost::asio::ip::v6_only(true));
    error_code error;
    socket.bind(address, error);
    if (error) {
      const std::string host = address.address().to_string();
      throw boost::system::system_error(error, (address.address().is_v6() ? '[' + host + ']' : host) + ':' +
                                                   std::to_string(address.port()));
    }
    return socket;
  }

  /// The loopback address of the same family as `address`.
  static boost::asio::ip::address loopback(const boost::asio::ip::udp::endpoint& address) {
    if (address.address().is_v6()) return boost::asio::ip::address_v6::loopback();
    return boost::asio::ip::address_v4::loopback();
  }

  Endpoint loopback_at(std::uint16_t port) const noexcept {
    const boost::asio::ip::udp::endpoint endpoint(loopback_, port);
    return Endpoint(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  }

  static constexpr std::uint16_t discard_port = 9;  // RFC 863

  boost::asio::ip::udp::socket socket_;
  int handle_;  // the socket's
  std::uint16_t port_;
  boost::asio::ip::address loopback_;
  ReceiveBatch received_;
  SendQueue to_send_;
  OnError on_error_;
  Node<Stack, Deliver, Observer> node_;
  Counters counters_;
  std::shared_ptr<const int> alive_;
};

}  // namespace ilnp
