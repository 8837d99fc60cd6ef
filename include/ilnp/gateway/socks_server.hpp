#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <vector>

#include "../base/bytes.hpp"
#include "../wire/socks5.hpp"
#include "overlay_name.hpp"
#include "tcp_options.hpp"

namespace ilnp {

/// The destination of a connection.
struct StreamTarget {
  std::string node{};      ///< host name in the overlay
  std::uint16_t port = 0;  ///< of the host, if there is one, else of the node
  std::string host{};      ///< if not empty: an outside host, which `node` resolves
};

/// The SOCKS error for a connection that failed.
inline wire::Socks5Reply socks5_reply_of(const error_code& error) noexcept {
  using Reply = wire::Socks5Reply;
  if (!error) return Reply::succeeded;
  if (error == boost::system::errc::connection_refused) return Reply::refused;
  if (error == Errc::not_allowed) return Reply::not_allowed;
  if (error == Errc::no_route || error == boost::system::errc::network_unreachable ||
      error == boost::system::errc::network_down)
    return Reply::network_unreachable;
  if (error == Errc::unknown_host || error == boost::system::errc::host_unreachable ||
      error == boost::system::errc::timed_out)
    return Reply::host_unreachable;
  return Reply::failed;
}

/// The handshake with one program that speaks SOCKS 5: reads its destination (`Asked` is called with the target and the socket),
/// or replies with an error. Lives as long as its handlers.
template <class Asked>
class SocksServer : public std::enable_shared_from_this<SocksServer<Asked>> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  static constexpr auto time_limit = std::chrono::seconds(5);  ///< then the connection is reset

  /// `exit`: the node through which all hosts outside the overlay (`is_overlay_name`) are reached; empty if there is none.
  SocksServer(Socket socket, std::string exit, Asked asked)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor(), time_limit),
        exit_(std::move(exit)),
        asked_(std::move(asked)) {}

  /// Begins to read. A `shared_ptr` must hold it.
  void start() {
    timer_.async_wait([weak = this->weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self) reset_tcp(self->socket_);
    });
    gather(wire::Socks5Greeting::size, &SocksServer::greeted);
  }
  /// Ends the handshake.
  void stop() noexcept {
    timer_.cancel();
    reset_tcp(socket_);
  }

 private:
  /// Reads until there are `size` octets, and not one more; then calls `next`.
  void gather(std::size_t (*size)(Bytes), void (SocksServer::*next)()) {
    const std::size_t wanted = size(have_);
    if (have_.size() == wanted) return (this->*next)();
    const std::size_t before = have_.size();
    have_.resize(wanted);
    socket_.async_read_some(boost::asio::buffer(have_.data() + before, wanted - before),
                            [self = this->shared_from_this(), this, before, size, next](
                                const error_code& error, std::size_t got) {
                              if (error) return;
                              have_.resize(before + got);
                              if (have_[0] != std::byte{5}) return reset_tcp(socket_);  // not SOCKS 5
                              gather(size, next);
                            });
  }
  /// Sends `octets`, and calls `next`.
  template <std::size_t N, class F>
  void say(const std::array<std::byte, N>& octets, F next) {
    out_.assign(octets.begin(), octets.end());
    boost::asio::async_write(socket_, boost::asio::buffer(out_),
                             [self = this->shared_from_this(), next](const error_code& error, std::size_t) {
                               if (!error) next();
                             });
  }
  void refuse(wire::Socks5Reply reply) {
    say(wire::socks5_reply(reply), [this] { close(); });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  void greeted() {
    const auto greeting = wire::Socks5Greeting::parse(have_);
    if (!greeting) return reset_tcp(socket_);
    const bool open = greeting->open();
    const auto answer = greeting->answer();
    have_.clear();
    say(answer, [this, open] {
      if (!open) return close();
      gather(wire::Socks5Request::size, &SocksServer::requested);
    });
  }

  void requested() {
    using Reply = wire::Socks5Reply;
    const auto request = wire::Socks5Request::parse(have_);
    if (!request) {
      const bool type = request.error() == wire::Malformed::unknown_type;
      return refuse(type ? Reply::no_such_address_type : Reply::failed);
    }
    if (request->command() != wire::Socks5Request::connect) return refuse(Reply::no_such_command);
    if (request->port() == 0) return refuse(Reply::refused);
    StreamTarget target{.port = request->port()};
    std::string name = name_of(*request);
    if (request->type() == wire::Socks5Request::Type::name && is_overlay_name(name)) {
      target.node = node_of_overlay_name(name);
      if (target.node.empty()) return refuse(Reply::not_allowed);
    } else if (!exit_.empty()) {
      target.node = exit_;
      target.host = std::move(name);
    } else {
      return refuse(Reply::not_allowed);
    }
    timer_.cancel();
    asked_(std::move(target), std::move(socket_));
  }

  static std::string name_of(const wire::Socks5Request& request) {
    const Bytes octets = request.address();
    const auto copy = [&](auto bytes) {
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::to_integer<unsigned char>(octets[i]);
      return bytes;
    };
    switch (request.type()) {
      case wire::Socks5Request::Type::ipv4:
        return boost::asio::ip::address_v4(copy(boost::asio::ip::address_v4::bytes_type())).to_string();
      case wire::Socks5Request::Type::ipv6:
        return boost::asio::ip::address_v6(copy(boost::asio::ip::address_v6::bytes_type())).to_string();
      case wire::Socks5Request::Type::name:
        break;
    }
    return std::string(as_text(octets));
  }

  Socket socket_;
  boost::asio::steady_timer timer_;
  std::string exit_;
  Asked asked_;
  std::vector<std::byte> have_;
  std::vector<std::byte> out_;
};

}  // namespace ilnp
