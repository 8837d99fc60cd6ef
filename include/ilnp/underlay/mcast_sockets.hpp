#pragma once

#include <net/if.h>
#include <netinet/in.h>

#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>

#include "../posix/endpoint.hpp"
#include "../posix/socket.hpp"
#include "link_config.hpp"
#include "own_frame_filter.hpp"

namespace ilnp::detail {

inline constexpr int multicast_all =
    29;  ///< IPV6_MULTICAST_ALL (Linux 4.20), which the C library does not name

/// The port that a socket is bound to, in host order.
inline std::uint16_t local_port(int socket) {
  Endpoint endpoint;
  socklen_t size = Endpoint::capacity();
  if (::getsockname(socket, endpoint.data(), &size) != 0)
    throw boost::system::system_error(last_system_error(), "name of a socket");
  endpoint.resize(size);
  return endpoint.port();
}

/// A socket that sends to groups, from a port of its own by which own frames are recognised. It receives
/// nothing.
inline OwnedSocket open_send_socket(bool loop) {
  OwnedSocket socket = OwnedSocket::udp(AF_INET6);
  const int handle = socket.native_handle();
  require_option(handle, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPv6 socket");
  require_option(handle, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, "multicast hop limit");
  require_option(handle, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop ? 1 : 0, "multicast loopback");
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  require_option(handle, SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, &nothing}, "socket filter");
  const Endpoint any(in6addr_any, 0);
  if (::bind(handle, any.data(), any.size()) != 0)
    throw boost::system::system_error(last_system_error(), "port to send from");
  return socket;
}

/// Puts a filter on a socket, before it receives anything.
inline void require_filter(int socket, const BpfProgram& program) {
  if (const auto error = attach_filter(socket, program))
    throw boost::system::system_error(error, "socket filter for own frames");
}

/// A socket that receives the groups that it joins, on a port that it shares with others of its kind, except what `filter`
/// discards.
inline OwnedSocket open_receive_socket(const LinkConfig& config, const BpfProgram& filter) {
  OwnedSocket socket = OwnedSocket::udp(AF_INET6);
  const int handle = socket.native_handle();
  require_option(handle, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPv6 socket");
  require_option(handle, SOL_SOCKET, SO_REUSEADDR, 1, "sharing of the port");
  require_option(handle, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "packet info");
  // Without this option the kernel also delivers groups that only others have joined. An
  // old kernel does, and the frames are dropped later.
  (void)set_option(handle, IPPROTO_IPV6, multicast_all, 0);
  require_filter(handle, filter);
  const Endpoint any(in6addr_any, config.mcast_port);
  if (::bind(handle, any.data(), any.size()) != 0) {
    throw boost::system::system_error(last_system_error(), "mcast_port " + std::to_string(config.mcast_port));
  }
  return socket;
}

/// Makes a socket join or leave a group on an interface.
inline error_code set_membership(int socket, bool member, const in6_addr& group,
                                 unsigned interface) noexcept {
  return set_option(socket, IPPROTO_IPV6, member ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP,
                    ipv6_mreq{group, interface});
}

/// Throws `std::invalid_argument` with a text for the user if `config` cannot work.
inline const LinkConfig& validated(const LinkConfig& config) {
  if (config.mcast_port == 0) throw std::invalid_argument("mcast_port: 0 is not a port (1 to 65535)");
  if (config.buffer_size < 1 || config.buffer_size > LinkConfig::max_buffer_size)
    throw std::invalid_argument("buffer_size " + std::to_string(config.buffer_size) + ": not within 1 to " +
                                std::to_string(LinkConfig::max_buffer_size));
  if (config.mcast_interface.empty() || config.mcast_interface.size() >= IFNAMSIZ)
    throw std::invalid_argument("mcast_interface " + config.mcast_interface + ": no such network interface");
  return config;
}

}  // namespace ilnp::detail
