#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node.hpp"

namespace ilnp {

/// A datagram that waited in a mailbox: a copy, and the reader's own.
struct Datagram {
  DatagramSource source;
  std::vector<std::byte> payload;
};

/// Where datagrams wait until a socket's owner reads them.
using Mailbox = boost::asio::experimental::channel<void(error_code, Datagram)>;

/// A node whose transport is used through sockets. Refers to the stack, which must outlive it. One thread, as
/// for `Node`.
template <TransportLayer Stack, class Observer = NoObserver>
class StpNode {
 public:
  StpNode(const boost::asio::any_io_executor& executor, Stack& stack, Observer observer = {})
      : executor_(executor), node_(executor, stack, Demultiplex{this}, std::move(observer)) {}

  error_code start() { return node_.start(); }
  void stop() noexcept { node_.stop(); }
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with(std::forward<F>(f));
  }
  const boost::asio::any_io_executor& get_executor() const noexcept { return executor_; }

 private:
  template <class>
  friend class StpSocket;

  struct Entry {
    Mailbox* mailbox;
    std::uint64_t* dropped;
  };

  struct Demultiplex {
    StpNode* node;
    void operator()(const DatagramSource& source, Bytes payload) const {
      const auto found = node->sockets_.find(source.destination_port);
      if (found == node->sockets_.end()) return;
      Datagram datagram{source, {payload.begin(), payload.end()}};
      if (!found->second.mailbox->try_send(error_code(), std::move(datagram))) ++*found->second.dropped;
    }
  };

  boost::asio::any_io_executor executor_;
  std::unordered_map<std::uint16_t, Entry> sockets_;
  Node<Stack, Demultiplex, Observer> node_;
};

/// A port of a node, for programs that are written for the overlay: like a UDP socket, but the other end is a
/// node identifier, which stays the same wherever the node goes.
///
/// Refers to its node, which must outlive it. Completion tokens are Asio's: a callback, `use_awaitable`,
/// `use_future`. Operations can be cancelled one by one; destroying the socket cancels all, with
/// `boost::asio::experimental::error::channel_cancelled`.
template <class NodeType>
class StpSocket {
 public:
  /// Datagrams that wait for the reader at most; what comes when it is full is dropped, and counted.
  static constexpr std::size_t mailbox_size = 256;

  /// Binds `port`, or any free one above 49151 if it is 0. Throws `boost::system::system_error`.
  explicit StpSocket(NodeType& node, std::uint16_t port = 0)
      : node_(node), mailbox_(node.get_executor(), mailbox_size) {
    error_code error = bind(port != 0 ? port : first_free);
    for (std::uint16_t next = first_free; port == 0 && error == Errc::port_in_use && next != 65535;)
      error = bind(++next);
    if (error) throw boost::system::system_error(error, "port " + std::to_string(port));
  }
  StpSocket(const StpSocket&) = delete;
  StpSocket& operator=(const StpSocket&) = delete;
  ~StpSocket() {
    node_.sockets_.erase(port_);
    node_.with([&](auto& stack, auto&) { stack.unbind(port_); });
  }

  std::uint16_t port() const noexcept { return port_; }

  /// Datagrams that found the mailbox full.
  std::uint64_t dropped() const noexcept { return dropped_; }

  /// The identifier of a host, if it has been heard of; else `Errc::unknown_host`.
  result<Nid> resolve(std::string_view host_name) {
    return node_.with([&](auto& stack, auto& cx) { return stack.resolve(host_name, cx); });
  }

  /// Waits until a host has been heard of. Completes with `(error_code, Nid)`.
  template <class Token>
  auto async_resolve(std::string host_name, Token&& token) {
    return boost::asio::async_compose<Token, void(error_code, Nid)>(
        Resolve{*this, std::move(host_name),
                std::make_unique<boost::asio::steady_timer>(node_.get_executor())},
        token, node_.get_executor());
  }

  /// Sends at once; there is nothing to wait for. (Over `Fragment` a datagram longer than a frame may wait in the stack until the
  /// peer is known to put pieces together.) Error: see `Errc`.
  error_code send_to(Bytes payload, Nid nid, std::uint16_t port) {
    return node_.with([&](auto& stack, auto& cx) { return stack.send(port_, nid, port, payload, cx); });
  }

  /// The same in the shape of Asio's. Completes with `(error_code, std::size_t)`, never before it returns.
  template <class Token>
  auto async_send_to(Bytes payload, Nid nid, std::uint16_t port, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, Bytes octets, Nid to, std::uint16_t to_port) {
          const error_code error = send_to(octets, to, to_port);
          const auto executor = boost::asio::get_associated_executor(handler, node_.get_executor());
          boost::asio::post(
              executor, [handler = std::move(handler), error, size = error ? 0 : octets.size()]() mutable {
                std::move(handler)(error, size);
              });
        },
        token, payload, nid, port);
  }

  /// Waits for the next datagram. Completes with `(error_code, Datagram)`.
  template <class Token>
  auto async_receive(Token&& token) {
    return mailbox_.async_receive(std::forward<Token>(token));
  }

 private:
  static constexpr std::uint16_t first_free = 49152;  // RFC 6335, section 6: the dynamic ports

  struct Resolve {
    static constexpr auto retry_time = std::chrono::milliseconds(20);

    StpSocket& socket;
    std::string host_name;
    std::unique_ptr<boost::asio::steady_timer> timer;
    bool started = false;

    template <class Self>
    void operator()(Self& self, error_code error = {}) {
      if (!std::exchange(started, true))
        return boost::asio::post(socket.node_.get_executor(), std::move(self));
      if (error) return self.complete(error, Nid());
      const result<Nid> nid = socket.resolve(host_name);
      if (nid) return self.complete(error_code(), *nid);
      if (nid.error() != Errc::unknown_host) return self.complete(nid.error(), Nid());
      timer->expires_after(retry_time);
      auto& waiting = *timer;
      waiting.async_wait(std::move(self));
    }
  };

  error_code bind(std::uint16_t port) {
    const error_code error = node_.with([&](auto& stack, auto&) { return stack.bind(port); });
    if (error) return error;
    port_ = port;
    node_.sockets_[port] = {&mailbox_, &dropped_};
    return error;
  }

  NodeType& node_;
  Mailbox mailbox_;
  std::uint16_t port_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace ilnp
