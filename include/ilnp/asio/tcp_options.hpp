#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "../error.hpp"

namespace ilnp {

/// Closes a TCP connection so that the other end sees a reset.
inline void reset_tcp(boost::asio::ip::tcp::socket& socket) noexcept {
  error_code ignored;
  socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

/// When a TCP connection on which nothing moves is taken for dead: each peer that vanished without a word would hold one for ever.
struct TcpKeepAlive {
  std::chrono::seconds idle{30};      ///< without an octet, before the first probe
  std::chrono::seconds interval{10};  ///< from one probe to the next
  int probes = 3;                     ///< that nobody answers
};

/// What each TCP socket towards a program or a host outside has: keep-alive, and urgent octets in their place among the others, or
/// they would be missing at the other end. Sockets that a listening one accepts inherit both. What cannot be set is left as it is.
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

/// Whether nobody is at the other end of a connection any more: what was sent has not been acknowledged for `limit`, or probes of a
/// closed window have gone unanswered. The kernel asks by keep-alive only while nothing is under way, and gives up what is after a
/// quarter of an hour. (TCP_USER_TIMEOUT will not do: it ends a connection whose reader merely pauses, too. Such a reader answers
/// each retransmission and each probe, so its silence is no longer than the time from one to the next.)
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
