#pragma once

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "../base/address.hpp"
#include "../base/error.hpp"

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

  LocalRoutes() noexcept = default;
  LocalRoutes(LocalRoutes&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), sequence_(other.sequence_) {}
  LocalRoutes& operator=(LocalRoutes&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(sequence_, other.sequence_);
    return *this;
  }
  ~LocalRoutes() {
    if (socket_ >= 0) ::close(socket_);
  }

  /// Where packets to `address` would go. Error: the system's, if that is unknown.
  result<Reach> reach(const boost::asio::ip::address& address) {
    if (socket_ < 0) socket_ = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (socket_ < 0) return last_error();
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

  static error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

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
    const auto sent = ::sendto(socket_, &query, query.header.nlmsg_len, 0,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    return sent < 0 ? last_error() : error_code();
  }

  /// The reply is there when `sendto` returns.
  result<Reach> hear() {
    alignas(nlmsghdr) std::array<char, 4096> octets;
    while (true) {
      const auto size = ::recv(socket_, octets.data(), octets.size(), MSG_DONTWAIT);
      if (size < 0) return last_error();
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

  int socket_ = -1;
  std::uint32_t sequence_ = 0;
};

}  // namespace ilnp
