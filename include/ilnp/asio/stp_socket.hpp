#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
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
requires RunnableStack<Stack>
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
  std::shared_ptr<const int> life_ = std::make_shared<const int>();
};

/// A port of a node, for programs that are written for the overlay: like a UDP socket, but the other end is a
/// node identifier, which stays the same wherever the node goes.
///
/// Refers to its node. One whose node has gone is closed: so a coroutine may hold it that goes with the `io_context`, after the
/// node. Completion tokens are Asio's: a callback, `use_awaitable`,
/// `use_future`. Operations can be cancelled one by one; destroying the socket cancels all, and none of them touches the socket or
/// the node afterwards. What is cancelled completes with `operation_aborted`; `async_receive`, with
/// `boost::asio::experimental::error::channel_cancelled`.
template <class NodeType>
class StpSocket {
 public:
  /// Datagrams that wait for the reader at most; what comes when it is full is dropped, and counted.
  static constexpr std::size_t mailbox_size = 256;

  /// Binds `port`, or any free one above 49151 if it is 0. Throws `boost::system::system_error`.
  explicit StpSocket(NodeType& node, std::uint16_t port = 0) : state_(std::make_shared<State>(node)) {
    error_code error = state_->bind(port != 0 ? port : first_free);
    for (std::uint16_t next = first_free; port == 0 && error == Errc::port_in_use && next != 65535;)
      error = state_->bind(++next);
    if (error) throw boost::system::system_error(error, "port " + std::to_string(port));
  }
  StpSocket(const StpSocket&) = delete;
  StpSocket& operator=(const StpSocket&) = delete;
  ~StpSocket() { state_->close(); }

  std::uint16_t port() const noexcept { return state_->port; }

  /// Datagrams that found the mailbox full.
  std::uint64_t dropped() const noexcept { return state_->dropped; }

  /// The identifier of a host, if it has been heard of; else `Errc::unknown_host`.
  result<Nid> resolve(std::string_view host_name) { return state_->resolve(host_name); }

  /// Waits until a host has been heard of. Completes with `(error_code, Nid)`.
  template <class Token>
  auto async_resolve(std::string host_name, Token&& token) {
    return boost::asio::async_compose<Token, void(error_code, Nid)>(
        Resolve{state_, std::move(host_name), std::make_shared<Timer>(state_->executor)}, token,
        state_->executor);
  }

  /// Sends at once; there is nothing to wait for. (Over `Fragment` a datagram longer than a frame may wait in the stack until the
  /// peer is known to put pieces together.) Error: see `Errc`.
  error_code send_to(Bytes payload, Nid nid, std::uint16_t port) {
    return state_->send_to(payload, nid, port);
  }

  /// The same in the shape of Asio's. Completes with `(error_code, std::size_t)`, never before it returns.
  template <class Token>
  auto async_send_to(Bytes payload, Nid nid, std::uint16_t port, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [state = state_](auto handler, Bytes octets, Nid to, std::uint16_t to_port) {
          const error_code error = state->send_to(octets, to, to_port);
          complete(state->executor, std::move(handler), error, error ? 0 : octets.size());
        },
        token, payload, nid, port);
  }

  /// Waits for the next datagram. Completes with `(error_code, Datagram)`.
  template <class Token>
  auto async_receive(Token&& token) {
    // An operation may be begun later than it was made (`deferred`): it finds the state, even if the socket is gone by then.
    return boost::asio::async_initiate<Token, void(error_code, Datagram)>(
        [state = state_](auto handler) {
          if (state->usable()) return static_cast<void>(state->mailbox.async_receive(std::move(handler)));
          complete(state->executor, std::move(handler),
                   error_code(boost::asio::experimental::error::channel_cancelled), Datagram());
        },
        token);
  }

 private:
  static constexpr std::uint16_t first_free = 49152;  // RFC 6335, section 6: the dynamic ports
  using Timer = boost::asio::steady_timer;

  /// What operations refer to, even when the socket is gone.
  struct State {
    explicit State(NodeType& of)
        : node(&of), life(of.life_), executor(of.get_executor()), mailbox(executor, mailbox_size) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    error_code bind(std::uint16_t wanted) {
      const error_code error = node->with([&](auto& stack, auto&) { return stack.bind(wanted); });
      if (error) return error;
      port = wanted;
      node->sockets_[port] = {&mailbox, &dropped};
      return error;
    }
    bool usable() const noexcept { return node != nullptr && !life.expired(); }
    void close() {
      for (const auto& timer : waiting)
        if (const auto still = timer.lock()) still->cancel();
      mailbox.cancel();
      NodeType* const from = std::exchange(node, nullptr);
      if (life.expired()) return;
      from->sockets_.erase(port);
      from->with([&](auto& stack, auto&) { stack.unbind(port); });
    }
    result<Nid> resolve(std::string_view host_name) {
      if (!usable()) return error_code(boost::asio::error::operation_aborted);
      return node->with([&](auto& stack, auto& cx) { return stack.resolve(host_name, cx); });
    }
    error_code send_to(Bytes payload, Nid nid, std::uint16_t to) {
      if (!usable()) return boost::asio::error::operation_aborted;
      return node->with([&](auto& stack, auto& cx) { return stack.send(port, nid, to, payload, cx); });
    }

    NodeType* node;                 // null once the socket is gone
    std::weak_ptr<const int> life;  // the node's
    boost::asio::any_io_executor executor;
    Mailbox mailbox;
    std::vector<std::weak_ptr<Timer>> waiting;  // of names that are being resolved
    std::uint16_t port = 0;
    std::uint64_t dropped = 0;
  };

  /// Calls `handler(arguments...)` as if by `post`.
  template <class Handler, class... Arguments>
  static void complete(const boost::asio::any_io_executor& otherwise, Handler handler,
                       Arguments... arguments) {
    const auto executor = boost::asio::get_associated_executor(handler, otherwise);
    boost::asio::post(executor,
                      [handler = std::move(handler), ... arguments = std::move(arguments)]() mutable {
                        std::move(handler)(std::move(arguments)...);
                      });
  }

  struct Resolve {
    static constexpr auto retry_time = std::chrono::milliseconds(20);

    std::shared_ptr<State> state;
    std::string host_name;
    std::shared_ptr<Timer> timer;
    bool started = false;

    template <class Self>
    void operator()(Self& self, error_code = {}) {
      if (!std::exchange(started, true)) {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        state->waiting.push_back(timer);
        const auto executor = state->executor;
        return boost::asio::post(executor, std::move(self));
      }
      // A cancellation may have come while it did not wait for the timer.
      const bool cancelled = self.cancelled() != boost::asio::cancellation_type::none;
      if (!state->usable() || cancelled) return done(self, boost::asio::error::operation_aborted);
      const result<Nid> nid = state->resolve(host_name);
      if (nid) return done(self, error_code(), *nid);
      if (nid.error() != Errc::unknown_host) return done(self, nid.error());
      timer->expires_after(retry_time);
      Timer& still = *timer;
      still.async_wait(std::move(self));
    }
    template <class Self>
    void done(Self& self, const error_code& error, Nid nid = {}) {
      std::erase_if(state->waiting, [&](const auto& each) { return each.expired() || each.lock() == timer; });
      self.complete(error, nid);
    }
  };

  std::shared_ptr<State> state_;
};

}  // namespace ilnp
