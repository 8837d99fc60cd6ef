#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <string>

#include "../posix/send_queue.hpp"
#include "local_programs.hpp"
#include "local_sources.hpp"

namespace ilnp {

/// A UDP socket for programs of this host, with a queue of datagrams to them. Does not move; one thread.
class LocalSocket {
 public:
  static constexpr int buffer_octets = 4 << 20;  ///< requested from the kernel, in each direction
  using Address = boost::asio::ip::udp::endpoint;

  /// Bound to `address`; port 0 takes any free one. Throws `boost::system::system_error` that names the address.
  LocalSocket(const boost::asio::any_io_executor& executor, const Address& address)
      : socket_(open(executor, address)), address_(socket_.local_endpoint()), to_send_(handle()) {
    enable_receive_coalescing(handle());
    // A socket on all addresses must choose the source address of a reply.
    if (address_.address().is_unspecified()) {
      const bool v6 = address_.address().is_v6();
      require_option(handle(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1,
                     "local socket");
    }
    // As much as the underlay has, so that it holds a burst from there.
    (void)set_receive_buffer(handle(), buffer_octets);
    (void)set_send_buffer(handle(), buffer_octets);
  }
  LocalSocket(const LocalSocket&) = delete;
  LocalSocket& operator=(const LocalSocket&) = delete;

  /// To wait on it.
  boost::asio::ip::udp::socket& socket() noexcept { return socket_; }
  /// Its descriptor. Do not close it.
  int handle() noexcept { return socket_.native_handle(); }
  /// Datagrams to programs. The caller flushes it.
  SendQueue& to_send() noexcept { return to_send_; }
  /// Where it is bound, with the port that port 0 became.
  const Address& address() const noexcept { return address_; }

  /// Buffers of programs that the kernel dropped, because they came faster than they were read.
  std::uint64_t overflow() const noexcept {
    return dropped_buffers(const_cast<LocalSocket*>(this)->socket_.native_handle());
  }
  /// Datagrams to programs that the kernel did not accept.
  std::uint64_t not_delivered() const noexcept { return to_send_.counters().errors + not_sent_; }

  /// Programs of other hosts cannot reach it.
  bool is_loopback() const noexcept { return address_.address().is_loopback(); }
  /// True if a datagram to there comes back to this socket.
  bool receives_at(const Endpoint& to) const noexcept {
    if (to.port() != address_.port()) return false;
    if (!address_.address().is_unspecified()) return to == to_endpoint(address_);
    // On all addresses of this host; another host may use the same port.
    if (to.family() != (address_.address().is_v6() ? AF_INET6 : AF_INET)) return false;
    const auto address = address_of(to);
    return address.is_unspecified() || is_own_address(address);
  }

  /// Sends `payload` to a program: through the queue, or at once if it must come from a certain address. `alone` keeps it out of
  /// trains.
  void send(const LocalProgram& to, Bytes payload, bool alone) noexcept {
    if (to.arrival.family == 0) return to_send_.push(to.address, {}, payload, alone);
    iovec part{const_cast<std::byte*>(payload.data()), payload.size()};
    alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(in6_pktinfo))] = {};
    msghdr header{};
    header.msg_name = const_cast<sockaddr*>(to.address.data());
    header.msg_namelen = to.address.size();
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    const auto put = [&](int level, int type, const auto& info) {
      item->cmsg_level = level;
      item->cmsg_type = type;
      item->cmsg_len = CMSG_LEN(sizeof info);
      std::memcpy(CMSG_DATA(item), &info, sizeof info);
      header.msg_controllen = CMSG_SPACE(sizeof info);
    };
    if (to.arrival.family == AF_INET) {
      put(IPPROTO_IP, IP_PKTINFO,
          in_pktinfo{.ipi_ifindex = 0, .ipi_spec_dst = to.arrival.v4, .ipi_addr = {}});
    } else {
      put(IPPROTO_IPV6, IPV6_PKTINFO, to.arrival.v6);
    }
    if (::sendmsg(handle(), &header, MSG_DONTWAIT) < 0) ++not_sent_;
  }

  /// The same address in another form.
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
  std::uint64_t not_sent_ = 0;
};

}  // namespace ilnp
