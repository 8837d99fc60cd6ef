#pragma once

// Sockets for the null programs and the load generator: the options that the toolkit's underlay sets, set by hand.

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace bench {

[[noreturn]] inline void die(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

template <class T>
void set(int socket, int level, int name, const T& value, const char* what) {
  if (::setsockopt(socket, level, name, &value, sizeof value) != 0) die(what);
}

/// A buffer of `octets`, beyond the system's limit where that is allowed.
inline void set_buffers(int socket, int receive, int send) {
  if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) != 0)
    set(socket, SOL_SOCKET, SO_RCVBUF, receive, "receive buffer");
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof send) != 0)
    set(socket, SOL_SOCKET, SO_SNDBUF, send, "send buffer");
}

inline int udp_socket(int family) {
  const int socket = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
  if (socket < 0) die("socket");
  return socket;
}

/// `ADDRESS:PORT`, the address as inet_pton takes it, IPv6 in brackets, `%interface` allowed behind it. IPv4 lies in
/// the same structure: look at the family.
inline sockaddr_in6 address(const std::string& text) {
  sockaddr_in6 to{};
  const auto colon = text.rfind(':');
  const auto port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  if (text.starts_with('[')) {
    std::string host = text.substr(1, text.find(']') - 1);
    if (const auto percent = host.find('%'); percent != std::string::npos) {
      to.sin6_scope_id = ::if_nametoindex(host.c_str() + percent + 1);
      host.resize(percent);
    }
    to.sin6_family = AF_INET6;
    to.sin6_port = port;
    if (::inet_pton(AF_INET6, host.c_str(), &to.sin6_addr) != 1) die(text);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = port;
    if (::inet_pton(AF_INET, text.substr(0, colon).c_str(), &v4.sin_addr) != 1) die(text);
  }
  return to;
}

inline void bind_to(int socket, const sockaddr_in6& to) {
  const socklen_t size = to.sin6_family == AF_INET ? sizeof(sockaddr_in) : sizeof to;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&to), size) != 0) die("bind");
}

/// Sends to groups from a port of its own; hears nothing. As the underlay's.
inline int group_sender(const char* interface, bool loop) {
  const int socket = udp_socket(AF_INET6);
  set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPv6");
  set(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, "hops");
  set(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop ? 1 : 0, "loopback");
  set(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(::if_nametoindex(interface)), "interface");
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  set(socket, SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, &nothing}, "filter");
  bind_to(socket, address("[::]:0"));
  set_buffers(socket, 1 << 16, 4 << 20);
  return socket;
}

inline std::uint16_t port_of(int socket) {
  sockaddr_in6 name{};
  socklen_t size = sizeof name;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) die("getsockname");
  return ntohs(name.sin6_port);
}

/// Hears groups on a shared port, but for its own frames (from `own_port`) and those of the other class: control
/// messages have next header 43 or 44 in their octet 6. As the underlay's two.
inline int group_receiver(std::uint16_t port, std::uint16_t own_port, bool control) {
  const int socket = udp_socket(AF_INET6);
  set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPv6");
  set(socket, SOL_SOCKET, SO_REUSEADDR, 1, "shared port");
  set(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "packet info");
  set(socket, IPPROTO_IPV6, 29 /* IPV6_MULTICAST_ALL */, 0, "multicast all");
  constexpr auto type = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  const std::uint32_t yes = 0xffffffff;
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_port, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, type),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_LOOPBACK, 7, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 15, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 43, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 44, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, control ? 0 : yes),
      BPF_STMT(BPF_RET | BPF_K, control ? yes : 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  set(socket, SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{12, code}, "filter");
  bind_to(socket, address("[::]:" + std::to_string(port)));
  set_buffers(socket, control ? 1 << 20 : 4 << 20, 1 << 16);
  set(socket, IPPROTO_UDP, UDP_GRO, 1, "GRO");
  return socket;
}

inline void join(int socket, const in6_addr& group, const char* interface) {
  set(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, ipv6_mreq{group, ::if_nametoindex(interface)}, "join");
}

}  // namespace bench
