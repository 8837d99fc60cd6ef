#pragma once

#include <ifaddrs.h>
#include <netinet/in.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../error.hpp"

namespace ilnp {

/// Connects to what a peer wants: a port of this host, or of one outside. Lives until it is done.
class StreamDial : public std::enable_shared_from_this<StreamDial> {
 public:
  using Tcp = boost::asio::ip::tcp;
  static constexpr auto time_limit = std::chrono::seconds(10);

  explicit StreamDial(const boost::asio::any_io_executor& executor)
      : socket_(executor), resolver_(executor), timer_(executor, time_limit) {}

  /// `host`: empty for this one. Calls `done(error_code, Tcp::socket)` once. Errors: `not_allowed` (this host, by another
  /// name or address), `unknown_host`, `timed_out`, those of the system.
  template <class Done>
  void start(std::string host, std::uint16_t port, Done done) {
    const auto self = shared_from_this();
    timer_.async_wait([self](const error_code& error) {
      if (error) return;
      self->late_ = true;
      self->cancel();
    });
    if (host.empty())
      return connect({Tcp::endpoint(boost::asio::ip::address_v4::loopback(), port),
                      Tcp::endpoint(boost::asio::ip::address_v6::loopback(), port)},
                     std::move(done));
    resolver_.async_resolve(
        host, std::to_string(port), Tcp::resolver::numeric_service,
        [self, done = std::move(done)](const error_code& error,
                                       const Tcp::resolver::results_type& found) mutable {
          if (error) return self->end(self->late_ ? error : make_error_code(Errc::unknown_host), done);
          std::vector<Tcp::endpoint> outside;
          for (const auto& each : found)
            if (is_outside(each.endpoint().address()) && !is_own(each.endpoint().address()))
              outside.push_back(each.endpoint());
          if (outside.empty()) return self->end(Errc::not_allowed, done);
          self->connect(std::move(outside), std::move(done));
        });
  }

  /// Ends it soon, with an error.
  void cancel() {
    error_code ignored;
    resolver_.cancel();
    socket_.close(ignored);
    timer_.cancel();
  }

  /// An exit leads out, not to what this host keeps for itself: its loopback here, and the addresses of its network
  /// interfaces by `is_own`.
  static bool is_outside(const boost::asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
      return is_outside(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()));
    if (address.is_v4() && (address.to_v4().to_uint() >> 24) == 0) return false;  // "this host" (RFC 1122)
    return !address.is_loopback() && !address.is_unspecified() && !address.is_multicast();
  }
  /// This host has the address at present.
  static bool is_own(const boost::asio::ip::address& address) {
    namespace ip = boost::asio::ip;
    const ip::address plain = address.is_v6() && address.to_v6().is_v4_mapped()
                                  ? ip::make_address_v4(ip::v4_mapped, address.to_v6())
                                  : address;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return true;  // who cannot tell lets nobody in
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
      if (each->ifa_addr == nullptr) continue;
      if (plain.is_v4() && each->ifa_addr->sa_family == AF_INET) {
        sockaddr_in own;
        std::memcpy(&own, each->ifa_addr, sizeof own);
        if (plain.to_v4().to_uint() == ntohl(own.sin_addr.s_addr)) return true;
      } else if (plain.is_v6() && each->ifa_addr->sa_family == AF_INET6) {
        sockaddr_in6 own;
        std::memcpy(&own, each->ifa_addr, sizeof own);
        const auto octets = plain.to_v6().to_bytes();
        if (std::memcmp(octets.data(), &own.sin6_addr, octets.size()) == 0) return true;
      }
    }
    return false;
  }

 private:
  template <class Done>
  void connect(std::vector<Tcp::endpoint> endpoints, Done done) {
    boost::asio::async_connect(socket_, std::move(endpoints),
                               [self = shared_from_this(), done = std::move(done)](
                                   const error_code& error, const auto&) mutable { self->end(error, done); });
  }
  template <class Done>
  void end(error_code error, Done& done) {
    timer_.cancel();
    if (late_) error = boost::asio::error::timed_out;
    done(error, std::move(socket_));
  }

  Tcp::socket socket_;
  Tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  bool late_ = false;
};

}  // namespace ilnp
