#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "../base/error.hpp"

namespace ilnp {

/// Closes a TCP connection so that the other end sees a reset.
inline void reset_tcp(boost::asio::ip::tcp::socket& socket) noexcept {
  error_code ignored;
  socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

/// When an idle TCP connection is considered dead. Otherwise each peer that vanishes would hold one for ever.
struct TcpKeepAlive {
  std::chrono::seconds idle{30};      ///< without an octet, before the first probe
  std::chrono::seconds interval{10};  ///< from one probe to the next
  int probes = 3;                     ///< unanswered, before it ends
};

/// Sets the options of a TCP socket to a program or an outside host: keep-alive, and urgent octets in their place in the stream;
/// otherwise they would be lost. Accepted sockets inherit both from the listening one. Errors are ignored.
inline void prepare_tcp(int socket, const TcpKeepAlive& keep_alive = {}) noexcept {
  const auto set = [socket](int level, int option, int value) {
    static_cast<void>(::setsockopt(socket, level, option, &value, sizeof value));
  };
  set(SOL_SOCKET, SO_OOBINLINE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(keep_alive.idle.count()));
  set(IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(keep_alive.interval.count()));
  set(IPPROTO_TCP, TCP_KEEPCNT, keep_alive.probes);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
}

/// Whether the other end of a connection has gone: data was not acknowledged for `limit`, or probes of a closed window were not
/// answered. The kernel sends keep-alive probes only while no data is in flight, and gives data up only after a quarter of an
/// hour. (TCP_USER_TIMEOUT is no alternative: it also ends a connection whose reader merely pauses. The host of such a reader
/// answers each retransmission and each probe, so it is never silent for longer than the time between two of them.)
inline bool is_unanswered(int socket, std::chrono::milliseconds limit) noexcept {
  constexpr unsigned probes = 3;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  const std::chrono::milliseconds silence(info.tcpi_last_ack_recv);
  if (silence < limit) return false;
  return info.tcpi_probes >= probes ||
         (info.tcpi_unacked > 0 && 2 * silence >= 3 * std::chrono::microseconds(info.tcpi_rto));
}

}  // namespace ilnp
