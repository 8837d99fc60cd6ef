#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <string>

#include "../underlay/send_queue.hpp"

namespace ilnp {

/// A UDP socket for programs of this host, with a queue for what they are to get. Does not move; one thread.
class LocalSocket {
 public:
  static constexpr int buffer_octets = 4 << 20;  ///< what is asked of the kernel, each way
  using Address = boost::asio::ip::udp::endpoint;

  /// Bound to `address`; port 0 takes any free one. Throws `boost::system::system_error` that names the address.
  LocalSocket(const boost::asio::any_io_executor& executor, const Address& address)
      : socket_(open(executor, address)), address_(socket_.local_endpoint()), to_send_(handle()) {
    enable_receive_coalescing(handle());
    // As much as the underlay has: what one side brings in a burst, the other is to hold.
    (void)set_receive_buffer(handle(), buffer_octets);
    (void)set_send_buffer(handle(), buffer_octets);
  }
  LocalSocket(const LocalSocket&) = delete;
  LocalSocket& operator=(const LocalSocket&) = delete;

  boost::asio::ip::udp::socket& socket() noexcept { return socket_; }
  int handle() noexcept { return socket_.native_handle(); }
  SendQueue& to_send() noexcept { return to_send_; }
  const Address& address() const noexcept { return address_; }

  /// What the kernel could not hold, or did not take.
  std::uint64_t overflow() const noexcept {
    return dropped_buffers(const_cast<LocalSocket*>(this)->socket_.native_handle());
  }
  std::uint64_t not_delivered() const noexcept { return to_send_.counters().errors; }

  /// True if a datagram to `port` on the loopback address comes back to this socket.
  bool receives_at(std::uint16_t port) const noexcept {
    return address_.port() == port &&
           (address_.address().is_unspecified() || address_.address() == loopback_of(address_));
  }

  /// The loopback address of the same family.
  static boost::asio::ip::address loopback_of(const Address& address) {
    if (address.address().is_v6()) return boost::asio::ip::address_v6::loopback();
    return boost::asio::ip::address_v4::loopback();
  }
  static Endpoint to_endpoint(const Address& address) noexcept {
    return Endpoint(address.data(), static_cast<socklen_t>(address.size()));
  }

 private:
  static boost::asio::ip::udp::socket open(const boost::asio::any_io_executor& executor,
                                           const Address& address) {
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

  boost::asio::ip::udp::socket socket_;
  Address address_;
  SendQueue to_send_;
};

}  // namespace ilnp
