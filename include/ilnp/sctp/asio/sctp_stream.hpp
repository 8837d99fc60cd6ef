#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "../../asio/operation.hpp"
#include "stream_handle.hpp"
#include "stream_operations.hpp"

namespace ilnp {

/// A stream of octets to a port of another node, with the interface of Asio's AsyncReadStream and AsyncWriteStream. So
/// `async_read`, `async_write`, `ssl::stream` and Boost.Beast (HTTP and WebSocket) work on it. Ordered and reliable; one reader
/// and one writer at a time.
///
/// Refers to its node; when the node is destroyed, the stream is closed. One thread: functions are called on the node's executor.
/// Completion tokens are Asio's, and may be left out if the executor has a default. A handler is called on the executor to which
/// it is bound, by default the stream's, never from within the call that begins the operation.
///
/// Operations can be cancelled one by one, by every type of cancellation, or all by `cancel`; a cancelled one completes with
/// `operation_aborted`, and has had no effect. Destroying the stream closes it in order (`close`), and cancels them; they touch
/// neither the stream nor the node afterwards.
///
/// A stream that was moved from is like a new one: it is not connected (`not_connected`), and can connect. Pending operations
/// continue with the stream that it was moved to.
template <class NodeType, class Executor = typename NodeType::executor_type>
class SctpStream {
  using Handle = SctpStreamHandle<NodeType>;

 public:
  using executor_type = Executor;
  /// Itself: there is no socket of Asio below.
  using lowest_layer_type = SctpStream;
  /// The same with another executor.
  template <class Other>
  struct rebind_executor {
    using other = SctpStream<NodeType, Other>;
  };
  /// A connection attempt fails if its host name is still unknown after this time.
  static constexpr auto resolve_time = std::chrono::seconds(3);

  /// Not connected yet. Uses the executor of the node.
  explicit SctpStream(NodeType& node) : node_(&node), life_(node.life()), executor_(node.get_executor()) {}
  /// Takes over the connection and all pending operations.
  SctpStream(SctpStream&& other) noexcept
      : node_(other.node_),
        life_(other.life_),  // NOLINT(performance-move-constructor-init): `other` keeps it, too
        executor_(other.executor_),
        handle_(std::move(other.handle_)) {}
  /// From a stream with another executor, as `as_default_on` does.
  template <class Other>
  requires(!std::is_same_v<Other, Executor> && std::is_convertible_v<Other, Executor>)
      SctpStream(SctpStream<NodeType, Other>&& other)
      : node_(other.node_),
        life_(other.life_),
        executor_(other.executor_),
        handle_(std::move(other.handle_)) {}
  /// The same. Closes this stream first.
  SctpStream& operator=(SctpStream&& other) noexcept {
    if (this == &other) return *this;
    close();
    node_ = other.node_;
    life_ = other.life_;
    executor_ = other.executor_;
    handle_ = std::move(other.handle_);
    return *this;
  }
  ~SctpStream() { close(); }

  const executor_type& get_executor() const noexcept { return executor_; }
  /// As Asio's and Beast's templates call it.
  lowest_layer_type& lowest_layer() noexcept { return *this; }
  /// The same, for reading.
  const lowest_layer_type& lowest_layer() const noexcept { return *this; }

  /// True from the handshake on, until the stream has ended on both sides.
  bool is_open() const noexcept { return handle_ && handle_->id != StreamId{}; }
  /// The peer; none if the stream is not connected.
  std::optional<StreamPeer> peer() const {
    if (!is_open() || life_.expired()) return std::nullopt;
    return node_->with([&](auto& stack, auto&) { return stack.peer(handle_->id); });
  }

  /// Connects to `port` of the node `to`. Completes with `(error_code)`; for the errors see `Sctp::connect`.
  template <class Token = DefaultToken<Executor>>
  auto async_connect(Nid to, std::uint16_t port, Token&& token = DefaultToken<Executor>()) {
    return connect(to, {}, port, std::forward<Token>(token));
  }
  /// The same by name. Additional error: `Errc::unknown_host`.
  template <class Token = DefaultToken<Executor>>
  auto async_connect(std::string host_name, std::uint16_t port, Token&& token = DefaultToken<Executor>()) {
    return connect(Nid{}, std::move(host_name), port, std::forward<Token>(token));
  }

  /// Completes with `(error_code, std::size_t)`: at least one octet, or an error: `boost::asio::error::eof` when the peer
  /// has ended its direction.
  template <class Buffers, class Token = DefaultToken<Executor>>
  auto async_read_some(const Buffers& buffers, Token&& token = DefaultToken<Executor>()) {
    using Read = detail::TransferOctets<Handle, Buffers, &Handle::template read<Buffers>, &Handle::readable>;
    return async_operation<void(error_code, std::size_t)>(executor_, Read(handle(), buffers),
                                                          std::forward<Token>(token));
  }
  /// Completes with `(error_code, std::size_t)`: the octets that were taken. They arrive unless the stream is reset.
  template <class Buffers, class Token = DefaultToken<Executor>>
  auto async_write_some(const Buffers& buffers, Token&& token = DefaultToken<Executor>()) {
    using Write =
        detail::TransferOctets<Handle, Buffers, &Handle::template write<Buffers>, &Handle::writable>;
    return async_operation<void(error_code, std::size_t)>(executor_, Write(handle(), buffers),
                                                          std::forward<Token>(token));
  }

  /// Ends this direction after everything written so far. The other direction continues.
  error_code shutdown_send() { return handle()->shutdown_send(); }
  /// Ends both directions at once. Data in flight is lost, and the peer is told.
  void reset() {
    cancel();
    if (!is_open()) return;
    const StreamId id = handle_->id;
    handle_->forget();
    if (handle_->usable()) node_->with([&](auto& stack, auto& cx) { stack.reset(id, cx); });
  }
  /// Closes the stream: what was written is still sent, and the stream is reset if more arrives. Then it is like a new one.
  void close() {
    if (const auto closing = std::move(handle_)) closing->leave();
  }
  /// Ends all operations.
  void cancel() {
    if (handle_) handle_->cancel();
  }

 private:
  template <class, class>
  friend class SctpStream;
  template <class, class>
  friend class SctpAcceptor;
  template <class N, class E, class Token>
  friend void async_teardown(boost::beast::role_type, SctpStream<N, E>&, Token&&);

  /// Of a node that may be gone.
  SctpStream(NodeType* node, std::weak_ptr<const int> life, const Executor& executor,
             std::shared_ptr<Handle> handle)
      : node_(node), life_(std::move(life)), executor_(executor), handle_(std::move(handle)) {}

  const std::shared_ptr<Handle>& handle() {
    if (!handle_) handle_ = std::make_shared<Handle>(*node_, executor_, life_);
    return handle_;
  }

  template <class Token>
  auto connect(Nid to, std::string host_name, std::uint16_t port, Token&& token) {
    return async_operation<void(error_code)>(
        executor_, detail::ConnectStream<Handle>(handle(), to, std::move(host_name), port, resolve_time),
        std::forward<Token>(token));
  }

  NodeType* node_;
  std::weak_ptr<const int> life_;  // the node's
  Executor executor_;
  std::shared_ptr<Handle> handle_;  // null: as new
};

// What Boost.Beast requires of a stream that it does not know. It finds these functions by the type of their argument.

/// Ends a WebSocket's stream in order: the server ends its direction first. Completes with `(error_code)`.
template <class NodeType, class Executor, class Token>
void async_teardown(boost::beast::role_type role, SctpStream<NodeType, Executor>& stream, Token&& token) {
  using Teardown = detail::TeardownStream<SctpStreamHandle<NodeType>>;
  async_operation<void(error_code)>(stream.executor_,
                                    Teardown(stream.handle(), role == boost::beast::role_type::server),
                                    std::forward<Token>(token));
}
/// The same without waiting for the peer, because the node runs on this thread.
template <class NodeType, class Executor>
void teardown(boost::beast::role_type, SctpStream<NodeType, Executor>& stream, error_code& error) {
  error = stream.shutdown_send();
  stream.close();
}
/// Called when one of Beast's time limits has expired.
template <class NodeType, class Executor>
void beast_close_socket(SctpStream<NodeType, Executor>& stream) {
  stream.close();
}

}  // namespace ilnp
