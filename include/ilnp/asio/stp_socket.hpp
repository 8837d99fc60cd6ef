#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../base/list.hpp"
#include "operation.hpp"
#include "resolve.hpp"
#include "stp_node.hpp"

namespace ilnp {

namespace detail {

/// The state of a socket. Its operations refer to it even after the socket is gone.
template <class NodeType>
struct StpSocketState {
  explicit StpSocketState(NodeType& of)
      : node(&of), life(of.life()), executor(of.get_executor()), mailbox(executor) {}
  StpSocketState(const StpSocketState&) = delete;
  StpSocketState& operator=(const StpSocketState&) = delete;

  error_code bind(std::uint16_t wanted) {
    const error_code error = node->with([&](auto& stack, auto&) { return stack.bind(wanted); });
    if (error) return error;
    port = wanted;
    node->enter(port, mailbox);
    return {};
  }
  bool usable() const noexcept { return node != nullptr && !life.expired(); }
  void cancel() {
    ++cancels;
    mailbox.cancel();
    if (usable()) node->names().raise();  // those of other sockets look once, and wait again
  }
  void close() {
    cancel();
    NodeType* const from = std::exchange(node, nullptr);
    if (life.expired()) return;
    from->leave(port);
    from->with([&](auto& stack, auto&) { stack.unbind(port); });
  }
  NameEvent& names() noexcept { return node->names(); }
  result<Nid> resolve(std::string_view host_name) {
    if (!usable()) return error_code(boost::asio::error::operation_aborted);
    return node->with([&](auto& stack, auto& cx) { return stack.resolve(host_name, cx); });
  }
  error_code send_to(Bytes payload, Nid nid, std::uint16_t to) {
    if (!usable()) return boost::asio::error::operation_aborted;
    return node->with([&](auto& stack, auto& cx) { return stack.send(port, nid, to, payload, cx); });
  }
  template <class Buffers>
  error_code send_to(const Buffers& buffers, Nid nid, std::uint16_t to) {
    const auto first = boost::asio::buffer_sequence_begin(buffers);
    const auto end = boost::asio::buffer_sequence_end(buffers);
    if (first == end) return send_to(Bytes(), nid, to);
    if (std::next(first) == end) {
      const boost::asio::const_buffer buffer(*first);
      return send_to(Bytes(static_cast<const std::byte*>(buffer.data()), buffer.size()), nid, to);
    }
    gathered.resize(boost::asio::buffer_size(buffers));
    boost::asio::buffer_copy(boost::asio::buffer(gathered), buffers);
    return send_to(Bytes(gathered), nid, to);
  }

  NodeType* node;                 // null once the socket is gone
  std::weak_ptr<const int> life;  // the node's
  boost::asio::any_io_executor executor;
  Mailbox mailbox;
  List<std::byte> gathered;  // a datagram that came in several buffers
  std::uint16_t port = 0;
  unsigned cancels = 0;
};

/// Waits for a datagram, and takes it as `take(mailbox)` does.
template <class State, class Take>
class ReceiveDatagram : OperationSteps {
 public:
  ReceiveDatagram(std::shared_ptr<State> state, Take take) : state_(std::move(state)), take_(take) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (done_) return self.complete(error_, std::move(result_));
    const bool first = this->begin(self);
    if (first && state_) cancels_ = state_->cancels;
    if (!state_) {
      error_ = boost::asio::error::bad_descriptor;
    } else if (!state_->usable() || state_->cancels != cancels_ || this->cancelled(self)) {
      error_ = boost::asio::error::operation_aborted;
      state_->mailbox.pass_on();
    } else if (state_->mailbox.empty()) {
      Mailbox::Timer& arrival = state_->mailbox.arrival();
      return arrival.async_wait(std::move(self));
    } else {
      result_ = take_(state_->mailbox);
    }
    if (!first) return self.complete(error_, std::move(result_));
    done_ = true;
    this->again(self);
  }

 private:
  std::shared_ptr<State> state_;
  Take take_;
  unsigned cancels_ = 0;
  bool done_ = false;
  error_code error_;
  decltype(std::declval<Take&>()(std::declval<Mailbox&>())) result_{};
};

/// Sends at once, and completes later.
template <class State, class Buffers>
class SendDatagram : OperationSteps {
 public:
  SendDatagram(std::shared_ptr<State> state, const Buffers& buffers, Nid nid, std::uint16_t port)
      : state_(std::move(state)), buffers_(buffers), nid_(nid), port_(port) {}

  template <class Self>
  void operator()(Self& self) {
    if (!this->begin(self)) return self.complete(error_, error_ ? 0 : boost::asio::buffer_size(buffers_));
    error_ = state_ ? state_->send_to(buffers_, nid_, port_) : boost::asio::error::bad_descriptor;
    this->again(self);
  }

 private:
  std::shared_ptr<State> state_;
  Buffers buffers_;
  Nid nid_;
  std::uint16_t port_;
  error_code error_;
};

}  // namespace detail

/// A port of a node, for programs that are written for the overlay: like an Asio UDP socket, but the other end is a node
/// identifier, which stays the same wherever the node goes.
///
/// Refers to its node. When the node is destroyed, the socket is closed, so a coroutine that is destroyed with the `io_context`,
/// after the node, may hold it. One thread: functions are called on the node's executor. Completion tokens are Asio's: a
/// callback, `use_awaitable`, `use_future`, `deferred`, or none if the executor has a default. A handler is called on the
/// executor to which it is bound, by default the socket's, never from within the call that begins the operation.
///
/// Operations can be cancelled one by one, by every type of cancellation, or all by `cancel`; `close` and destroying the socket
/// cancel them too, and none of them touches the socket or the node afterwards. A cancelled operation completes with
/// `operation_aborted` and has had no effect: a datagram that has arrived goes to the next reader.
///
/// A socket that was closed or moved from has an executor but no port. It can be assigned to; operations complete with
/// `bad_descriptor`.
template <class NodeType, class Executor = typename NodeType::executor_type>
class StpSocket {
  using State = detail::StpSocketState<NodeType>;

 public:
  using executor_type = Executor;
  /// The same with another executor.
  template <class Other>
  struct rebind_executor {
    using other = StpSocket<NodeType, Other>;
  };
  /// The most datagrams that wait for the reader; beyond that they are dropped and counted.
  static constexpr std::size_t mailbox_size = Mailbox::max_waiting;

  /// Binds `port`, or any free one above 49151 if it is 0. Throws `boost::system::system_error`.
  explicit StpSocket(NodeType& node, std::uint16_t port = 0)
      : executor_(node.get_executor()), state_(std::make_shared<State>(node)) {
    error_code error = state_->bind(port != 0 ? port : first_free);
    for (std::uint16_t next = first_free; port == 0 && error == Errc::port_in_use && next != 65535;)
      error = state_->bind(++next);
    if (error) throw boost::system::system_error(error, "port " + std::to_string(port));
  }
  /// Takes over the port and all pending operations. `other` is closed.
  StpSocket(StpSocket&& other) noexcept
      : executor_(other.executor_),  // NOLINT(performance-move-constructor-init): `other` keeps it, too
        state_(std::move(other.state_)) {}
  /// From a socket with another executor, as `as_default_on` does.
  template <class Other>
  requires(!std::is_same_v<Other, Executor> && std::is_convertible_v<Other, Executor>)
      StpSocket(StpSocket<NodeType, Other>&& other)
      : executor_(other.executor_), state_(std::move(other.state_)) {}
  /// The same. Closes this socket first.
  StpSocket& operator=(StpSocket&& other) noexcept {
    if (this == &other) return *this;
    close();
    executor_ = other.executor_;
    state_ = std::move(other.state_);
    return *this;
  }
  ~StpSocket() { close(); }

  const executor_type& get_executor() const noexcept { return executor_; }
  /// True if it has a port, and its node exists.
  bool is_open() const noexcept { return state_ && state_->usable(); }
  /// 0 if it is closed.
  std::uint16_t port() const noexcept { return state_ ? state_->port : 0; }
  /// Datagrams that were dropped because the mailbox was full.
  std::uint64_t dropped() const noexcept { return state_ ? state_->mailbox.dropped() : 0; }
  /// Datagrams that were longer than the buffers they were received into.
  std::uint64_t truncated() const noexcept { return state_ ? state_->mailbox.truncated() : 0; }
  /// The size of the datagram that is received next, octets; 0 if none waits.
  std::size_t available() const noexcept { return state_ ? state_->mailbox.available() : 0; }

  /// Ends all operations.
  void cancel() {
    if (state_) state_->cancel();
  }
  /// Releases the port, and ends all operations. No effect on a closed socket.
  void close() {
    if (const auto state = std::move(state_)) state->close();
  }

  /// The identifier of a host, if it has been heard of; else `Errc::unknown_host`.
  result<Nid> resolve(std::string_view host_name) {
    if (!state_) return error_code(boost::asio::error::bad_descriptor);
    return state_->resolve(host_name);
  }
  /// Waits until a host has been heard of. Completes with `(error_code, Nid)`.
  template <class Token = DefaultToken<Executor>>
  auto async_resolve(std::string host_name, Token&& token = DefaultToken<Executor>()) {
    return async_operation<void(error_code, Nid)>(executor_, Resolve<State>(state_, std::move(host_name)),
                                                  std::forward<Token>(token));
  }

  /// Sends at once; there is nothing to wait for. (Over `Fragment` a datagram longer than a frame may wait in the stack until the
  /// peer has replied that it reassembles fragments.) Error: see `Errc`.
  error_code send_to(Bytes payload, Nid nid, std::uint16_t port) {
    return state_ ? state_->send_to(payload, nid, port) : boost::asio::error::bad_descriptor;
  }
  /// The same as an asynchronous operation. Completes with `(error_code, std::size_t)`.
  template <class Token = DefaultToken<Executor>>
  auto async_send_to(Bytes payload, Nid nid, std::uint16_t port, Token&& token = DefaultToken<Executor>()) {
    return async_send_to(boost::asio::const_buffer(payload.data(), payload.size()), nid, port,
                         std::forward<Token>(token));
  }
  /// The same for octets in several buffers, which are gathered in memory of the socket.
  template <class Buffers, class Token = DefaultToken<Executor>>
  requires boost::asio::is_const_buffer_sequence<Buffers>::value auto async_send_to(
      const Buffers& buffers, Nid nid, std::uint16_t port, Token&& token = DefaultToken<Executor>()) {
    return async_operation<void(error_code, std::size_t)>(
        executor_, detail::SendDatagram<State, Buffers>(state_, buffers, nid, port),
        std::forward<Token>(token));
  }

  /// Waits for the next datagram. Completes with `(error_code, Datagram)`, which owns its octets.
  template <class Token = DefaultToken<Executor>>
  requires(!boost::asio::is_mutable_buffer_sequence<std::decay_t<Token>>::value) auto async_receive(
      Token&& token = DefaultToken<Executor>()) {
    return receive<Datagram>([](Mailbox& mailbox) { return mailbox.take(); }, std::forward<Token>(token));
  }
  /// The same into `buffers`, without an allocation for the datagram. Completes with `(error_code, std::size_t)`. The rest of a
  /// longer datagram is lost without an error, as with Asio's sockets on POSIX systems: a stranger must not be able to end the
  /// reader. `truncated` counts such datagrams.
  template <class Buffers, class Token = DefaultToken<Executor>>
  requires boost::asio::is_mutable_buffer_sequence<Buffers>::value auto async_receive(
      const Buffers& buffers, Token&& token = DefaultToken<Executor>()) {
    return receive<std::size_t>([buffers](Mailbox& mailbox) { return mailbox.take(buffers, nullptr); },
                                std::forward<Token>(token));
  }
  /// The same, and stores the sender in `source`, which must live until the operation completes.
  template <class Buffers, class Token = DefaultToken<Executor>>
  auto async_receive_from(const Buffers& buffers, DatagramSource& source,
                          Token&& token = DefaultToken<Executor>()) {
    return receive<std::size_t>(
        [buffers, &source](Mailbox& mailbox) { return mailbox.take(buffers, &source); },
        std::forward<Token>(token));
  }
  /// Takes a datagram that has already arrived; error `would_block` if there is none.
  template <class Buffers>
  std::size_t receive_from(const Buffers& buffers, DatagramSource& source, error_code& error) {
    error = !state_                   ? boost::asio::error::bad_descriptor
            : state_->mailbox.empty() ? boost::asio::error::would_block
                                      : error_code();
    return error ? 0 : state_->mailbox.take(buffers, &source);
  }

 private:
  template <class, class>
  friend class StpSocket;

  static constexpr std::uint16_t first_free = 49152;  // RFC 6335, section 6: the dynamic ports

  template <class Result, class Take, class Token>
  auto receive(Take take, Token&& token) {
    return async_operation<void(error_code, Result)>(
        executor_, detail::ReceiveDatagram<State, Take>(state_, std::move(take)), std::forward<Token>(token));
  }

  Executor executor_;
  std::shared_ptr<State> state_;  // null: closed
};

}  // namespace ilnp
