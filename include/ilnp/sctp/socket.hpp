#pragma once

#include <usrsctp.h>

#include <cerrno>
#include <utility>

#include "../base/address.hpp"
#include "../base/bytes.hpp"
#include "../base/error.hpp"
#include "config.hpp"

namespace ilnp {

/// Owns a one-to-one, non-blocking socket of usrsctp. The destructor closes it in order; `abort` ends it at once.
class SctpSocket {
 public:
  /// Called by usrsctp with the argument of `on_event`.
  using Upcall = void (*)(struct socket*, void*, int);

  /// Announced in the handshake (RFC 5061, section 4.2.6) by nodes that send the end of a direction as a message.
  static constexpr std::uint32_t adaptation = 0x494c4e50;
  /// The payload protocol identifier of that message; that of data is 0.
  static constexpr std::uint32_t end_protocol = 0x494c4e45;

  /// A received message: data, a notification, or neither. `size` 0 is the end; `error` says why there is nothing.
  struct Received {
    std::size_t size = 0;        ///< octets
    bool notification = false;   ///< of usrsctp, about the association
    std::uint32_t protocol = 0;  ///< payload protocol identifier
    error_code error;            ///< would block, or the association has ended
  };

  SctpSocket() = default;
  /// Takes ownership.
  explicit SctpSocket(struct socket* taken) noexcept : socket_(taken) {}
  SctpSocket(SctpSocket&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
  SctpSocket& operator=(SctpSocket&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~SctpSocket() {
    if (!socket_) return;
    usrsctp_set_upcall(socket_, nullptr, nullptr);
    usrsctp_close(socket_);
  }

  /// Creates a bound socket. `mtu`: octets that fit into a datagram of the transport.
  static result<SctpSocket> open(const SctpConfig& config, void* address, std::uint16_t port,
                                 std::size_t mtu) {
    SctpSocket made(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr));
    if (!made.socket_) return system_error();
    if (const error_code error = made.configure(config, mtu)) return error;
    const sockaddr_conn name = at(address, port);
    if (usrsctp_bind(made.socket_, pointer(name), sizeof name) != 0) return system_error();
    return made;
  }

  /// For a connected socket: limits packets to `mtu` octets.
  error_code limit_packets(std::size_t mtu) noexcept {
    sctp_paddrparams path{};
    path.spp_address.ss_family = AF_CONN;
    path.spp_flags = SPP_PMTUD_DISABLE;
    path.spp_pathmtu = static_cast<std::uint32_t>(mtu - common_header);
    return set(IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path) ? error_code() : system_error();
  }

  /// Sets the buffer sizes in each direction, in octets.
  error_code resize(std::uint32_t send, std::uint32_t receive) noexcept {
    const bool good = set(SOL_SOCKET, SO_SNDBUF, static_cast<int>(send)) &&
                      set(SOL_SOCKET, SO_RCVBUF, static_cast<int>(receive));
    return good ? error_code() : system_error();
  }

  /// Whether it has a socket. Without one, only `abort` may be called.
  explicit operator bool() const noexcept { return socket_ != nullptr; }

  /// What usrsctp calls, from inside its work, when something has happened. It must not call usrsctp.
  void on_event(Upcall upcall, void* argument) noexcept { usrsctp_set_upcall(socket_, upcall, argument); }

  /// Begins a handshake. A notification tells the result.
  error_code connect(void* address, std::uint16_t port) noexcept {
    const sockaddr_conn name = at(address, port);
    if (usrsctp_connect(socket_, pointer(name), sizeof name) == 0 || errno == EINPROGRESS) return {};
    return system_error();
  }
  /// Accepts handshakes from now on.
  error_code listen() noexcept {
    return usrsctp_listen(socket_, backlog) == 0 ? error_code() : system_error();
  }

  /// Accepts the next connection; none if nothing waits.
  SctpSocket accept(sockaddr_conn& from) noexcept {
    socklen_t size = sizeof from;
    SctpSocket accepted(usrsctp_accept(socket_, pointer(from), &size));
    if (accepted) usrsctp_set_non_blocking(accepted.socket_, 1);
    return accepted;
  }

  /// Whether there is room in the send buffer.
  bool writable() const noexcept { return (usrsctp_get_events(socket_) & SCTP_EVENT_WRITE) != 0; }

  /// Sends all of `octets` as one message, or nothing.
  error_code send(Bytes octets, std::uint32_t protocol = 0) noexcept {
    sctp_sndinfo info{};
    info.snd_ppid = htonl(protocol);
    const auto sent = usrsctp_sendv(socket_, octets.data(), octets.size(), nullptr, 0, &info, sizeof info,
                                    SCTP_SENDV_SNDINFO, 0);
    return sent < 0 ? system_error() : error_code();
  }

  /// Receives the next message, or as much of it as fits.
  Received receive(MutableBytes into) noexcept {
    sctp_rcvinfo info{};
    socklen_t info_size = sizeof info;
    unsigned info_type = 0;
    int flags = 0;
    const auto size = usrsctp_recvv(socket_, into.data(), into.size(), nullptr, nullptr, &info, &info_size,
                                    &info_type, &flags);
    if (size < 0) return {0, false, 0, system_error()};
    const std::uint32_t protocol = info_type == SCTP_RECVV_RCVINFO ? ntohl(info.rcv_ppid) : 0;
    return {static_cast<std::size_t>(size), (flags & MSG_NOTIFICATION) != 0, protocol, {}};
  }

  /// Ends this direction in SCTP's way: the peer cannot send any more either.
  void shutdown() noexcept { usrsctp_shutdown(socket_, SHUT_WR); }

  /// Ends the association at once and tells the peer.
  void abort() noexcept {
    if (!socket_) return;
    const linger at_once{1, 0};
    usrsctp_setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    SctpSocket(std::move(*this));
  }

 private:
  static constexpr int backlog = 128;  // connections that arrive within one batch

  static error_code system_error() noexcept { return {errno, boost::system::system_category()}; }
  static sockaddr_conn at(void* address, std::uint16_t port) noexcept {
    sockaddr_conn name{};
    name.sconn_family = AF_CONN;
    name.sconn_port = htons(port);
    name.sconn_addr = address;
    return name;
  }
  static sockaddr* pointer(const sockaddr_conn& name) noexcept {
    return reinterpret_cast<sockaddr*>(const_cast<sockaddr_conn*>(&name));  // only read
  }

  template <class T>
  bool set(int level, int option, const T& value) noexcept {
    return usrsctp_setsockopt(socket_, level, option, &value, sizeof value) == 0;
  }
  bool notify(std::uint16_t type) noexcept {
    sctp_event event{};
    event.se_type = type;
    event.se_on = 1;
    return set(IPPROTO_SCTP, SCTP_EVENT, event);
  }
  static std::uint32_t milliseconds(Duration time) noexcept {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  }

  error_code configure(const SctpConfig& config, std::size_t mtu) noexcept {
    sctp_rtoinfo times{};
    times.srto_initial = milliseconds(config.first_retransmission_time);
    times.srto_min = milliseconds(config.min_retransmission_time);
    times.srto_max = milliseconds(config.max_retransmission_time);
    sctp_assocparams retries{};
    retries.sasoc_asocmaxrxt = max_retransmissions;
    sctp_paddrparams path{};
    path.spp_address.ss_family = AF_CONN;
    path.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE;
    path.spp_hbinterval = milliseconds(config.heartbeat_interval);
    path.spp_pathmaxrxt = max_retransmissions;
    path.spp_pathmtu = static_cast<std::uint32_t>(mtu - common_header);
    const sctp_initmsg handshake{1, 1, config.max_connect_attempts,
                                 static_cast<std::uint16_t>(times.srto_max)};
    const sctp_sack_info acknowledgements{0, milliseconds(config.acknowledgement_delay), 2};
    const bool good =
        usrsctp_set_non_blocking(socket_, 1) == 0 && !resize(config.send_buffer, config.receive_buffer) &&
        set(IPPROTO_SCTP, SCTP_NODELAY, int{1}) && set(IPPROTO_SCTP, SCTP_RECVRCVINFO, int{1}) &&
        set(IPPROTO_SCTP, SCTP_RTOINFO, times) && set(IPPROTO_SCTP, SCTP_ASSOCINFO, retries) &&
        set(IPPROTO_SCTP, SCTP_INITMSG, handshake) && set(IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path) &&
        set(IPPROTO_SCTP, SCTP_DELAYED_SACK, acknowledgements) &&
        set(IPPROTO_SCTP, SCTP_ADAPTATION_LAYER, sctp_setadaptation{adaptation}) &&
        notify(SCTP_ASSOC_CHANGE) && notify(SCTP_SHUTDOWN_EVENT) && notify(SCTP_ADAPTATION_INDICATION);
    return good ? error_code() : system_error();
  }

  static constexpr std::size_t common_header = 12;
  static constexpr std::uint16_t max_retransmissions = 60;  // never reached before `SctpConfig::silence`

  struct socket* socket_ = nullptr;
};

}  // namespace ilnp
