#pragma once

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstring>

#include "../base/address.hpp"
#include "../base/error.hpp"
#include "../posix/socket.hpp"

namespace ilnp {

/// Asks the kernel where an address leads. An address can belong to this host although no network interface has it (`ip route
/// add local`), so a list of the interfaces' addresses is not enough. A query takes some microseconds.
class LocalRoutes {
 public:
  /// Who gets packets to an address.
  enum class Reach : std::uint8_t {
    outside,  ///< one other host, or none, if no route leads there
    here,     ///< this host, or more than one
  };

  /// Where packets to `address` would go. Error: the system's, if that is unknown.
  result<Reach> reach(const boost::asio::ip::address& address) {
    if (socket_.native_handle() < 0)
      socket_ = OwnedSocket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (socket_.native_handle() < 0) return last_system_error();
    if (const error_code error = ask(address)) return error;
    return hear();
  }

 private:
  struct Query {
    nlmsghdr header;
    rtmsg route;
    rtattr attribute;
    std::array<unsigned char, 16> address;
  };

  error_code ask(const boost::asio::ip::address& address) {
    Query query{};
    const std::size_t size = address.is_v4() ? 4 : 16;
    query.header.nlmsg_len = static_cast<std::uint32_t>(offsetof(Query, address) + size);
    query.header.nlmsg_type = RTM_GETROUTE;
    query.header.nlmsg_flags = NLM_F_REQUEST;
    query.header.nlmsg_seq = ++sequence_;
    query.route.rtm_family = address.is_v4() ? AF_INET : AF_INET6;
    query.route.rtm_dst_len = static_cast<unsigned char>(8 * size);
    query.attribute.rta_type = RTA_DST;
    query.attribute.rta_len = static_cast<std::uint16_t>(sizeof(rtattr) + size);
    if (address.is_v4()) {
      std::memcpy(query.address.data(), address.to_v4().to_bytes().data(), size);
    } else {
      std::memcpy(query.address.data(), address.to_v6().to_bytes().data(), size);
    }
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const auto sent = ::sendto(socket_.native_handle(), &query, query.header.nlmsg_len, 0,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    return sent < 0 ? last_system_error() : error_code();
  }

  /// The reply is there when `sendto` returns.
  result<Reach> hear() {
    alignas(nlmsghdr) std::array<char, 4096> octets;
    while (true) {
      const auto size = ::recv(socket_.native_handle(), octets.data(), octets.size(), MSG_DONTWAIT);
      if (size < 0) return last_system_error();
      nlmsghdr header;
      if (static_cast<std::size_t>(size) < sizeof header) continue;
      std::memcpy(&header, octets.data(), sizeof header);
      if (header.nlmsg_seq != sequence_) continue;                  // of an earlier query
      if (header.nlmsg_type == NLMSG_ERROR) return Reach::outside;  // no route, or one that forbids
      rtmsg route;
      if (static_cast<std::size_t>(size) < sizeof header + sizeof route) return Reach::here;
      std::memcpy(&route, octets.data() + sizeof header, sizeof route);
      return route.rtm_type == RTN_UNICAST ? Reach::outside : Reach::here;
    }
  }

  OwnedSocket socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace ilnp
