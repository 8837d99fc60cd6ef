#pragma once

#include <boost/system/system_error.hpp>
#include <deque>
#include <memory>

#include "sctp_stream.hpp"

namespace ilnp {

namespace detail {

/// The state of an acceptor. Its operations refer to it even after the acceptor is gone.
template <class NodeType>
struct SctpAcceptorState final : StreamUser {
  using Handle = SctpStreamHandle<NodeType>;
  static constexpr std::size_t backlog = 128;

  SctpAcceptorState(NodeType& of, std::uint16_t on)
      : node(of),
        life(of.life()),
        executor(of.get_executor()),
        port(on),
        event(executor, Handle::Timer::time_point::max()) {}
  SctpAcceptorState(const SctpAcceptorState&) = delete;
  SctpAcceptorState& operator=(const SctpAcceptorState&) = delete;

  void on_event(const StreamEvent& what) override {
    if (waiting.size() == backlog)
      return node.with([&](auto& stack, auto& cx) { stack.reset(what.stream, cx); });
    waiting.emplace_back(std::make_shared<Handle>(node, executor, life))->enter(what.stream);
    event.cancel_one();
  }
  void on_node_gone() override { cancel(); }
  void cancel() {
    ++cancels;
    event.cancel();
  }
  void close() {
    closed = true;
    cancel();
    if (life.expired()) return;
    node.leave(port);
    node.with([&](auto& stack, auto&) { stack.unlisten(port); });
    for (const auto& each : std::exchange(waiting, {})) each->leave();
  }

  NodeType& node;
  std::weak_ptr<const int> life;  // the node's
  boost::asio::any_io_executor executor;
  std::uint16_t port;
  typename Handle::Timer event;  // never expires: cancelled when there is something to look at
  std::deque<std::shared_ptr<Handle>> waiting;
  unsigned cancels = 0;
  bool closed = false;
};

/// Waits for a stream, and completes as `done(self, error, handle)` says.
template <class State, class Done>
class AcceptStream : OperationSteps {
 public:
  AcceptStream(std::shared_ptr<State> state, Done done) : state_(std::move(state)), done_(std::move(done)) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (this->begin(self)) {
      if (state_) cancels_ = state_->cancels;
      return this->again(self);
    }
    if (!state_) return done_(self, boost::asio::error::bad_descriptor, nullptr);
    if (cancels_ != state_->cancels || state_->closed || state_->life.expired() || this->cancelled(self)) {
      // It may have been woken for a stream; then another waiting operation must get that.
      if (!state_->waiting.empty()) state_->event.cancel_one();
      return done_(self, boost::asio::error::operation_aborted, nullptr);
    }
    if (state_->waiting.empty()) {
      auto& event = state_->event;
      return event.async_wait(std::move(self));
    }
    auto stream = std::move(state_->waiting.front());
    state_->waiting.pop_front();
    done_(self, error_code(), std::move(stream));
  }

 private:
  std::shared_ptr<State> state_;
  Done done_;
  unsigned cancels_ = 0;
};

}  // namespace detail

/// Accepts the streams to a port. Refers to its node; when the node is destroyed, the acceptor is closed. Destroying it ends
/// listening and cancels its operations. A cancelled operation touches neither the acceptor nor the node afterwards, and
/// completes with `operation_aborted`; a stream that has arrived goes to another operation. Tokens and executors as for
/// `SctpStream`.
///
/// An acceptor that was closed or moved from has an executor but no port. It can be assigned to; operations complete with
/// `bad_descriptor`.
template <class NodeType, class Executor = typename NodeType::executor_type>
class SctpAcceptor {
  using State = detail::SctpAcceptorState<NodeType>;

 public:
  using executor_type = Executor;
  using Stream = SctpStream<NodeType, Executor>;  ///< what it accepts
  /// The same with another executor.
  template <class Other>
  struct rebind_executor {
    using other = SctpAcceptor<NodeType, Other>;
  };
  static constexpr std::size_t backlog =
      State::backlog;  ///< the most streams that wait to be accepted; more are reset

  /// Listens on `port`. Throws `boost::system::system_error`.
  SctpAcceptor(NodeType& node, std::uint16_t port)
      : node_(&node),
        life_(node.life()),
        executor_(node.get_executor()),
        state_(std::make_shared<State>(node, port)) {
    const error_code error = node.with([&](auto& stack, auto&) { return stack.listen(port); });
    if (error) throw boost::system::system_error(error, "port " + std::to_string(port));
    node.enter(port, *state_);
  }
  /// Takes over the port and all pending operations.
  SctpAcceptor(SctpAcceptor&& other) noexcept
      : node_(other.node_),
        life_(other.life_),  // NOLINT(performance-move-constructor-init): `other` keeps it, too
        executor_(other.executor_),
        state_(std::move(other.state_)) {}
  /// From an acceptor with another executor, as `as_default_on` does.
  template <class Other>
  requires(!std::is_same_v<Other, Executor> && std::is_convertible_v<Other, Executor>)
      SctpAcceptor(SctpAcceptor<NodeType, Other>&& other)
      : node_(other.node_), life_(other.life_), executor_(other.executor_), state_(std::move(other.state_)) {}
  /// The same. Closes this acceptor first.
  SctpAcceptor& operator=(SctpAcceptor&& other) noexcept {
    if (this == &other) return *this;
    close();
    node_ = other.node_;
    life_ = other.life_;
    executor_ = other.executor_;
    state_ = std::move(other.state_);
    return *this;
  }
  ~SctpAcceptor() { close(); }

  const executor_type& get_executor() const noexcept { return executor_; }
  /// Whether it listens.
  bool is_open() const noexcept { return state_ && !life_.expired(); }
  /// 0 if it is closed.
  std::uint16_t port() const noexcept { return state_ ? state_->port : 0; }

  /// Waits for the next stream. Completes with `(error_code, SctpStream)`.
  template <class Token = DefaultToken<Executor>>
  requires(!std::is_same_v<std::decay_t<Token>, Stream>) auto async_accept(
      Token&& token = DefaultToken<Executor>()) {
    return accept<void(error_code, Stream)>(
        [node = node_, life = life_, executor = executor_](auto& self, error_code error, auto handle) {
          self.complete(error, Stream(node, life, executor, std::move(handle)));
        },
        std::forward<Token>(token));
  }
  /// The same into `peer`, which must live until the operation completes. Completes with `(error_code)`.
  template <class Token = DefaultToken<Executor>>
  auto async_accept(Stream& peer, Token&& token = DefaultToken<Executor>()) {
    return accept<void(error_code)>(
        [node = node_, life = life_, executor = executor_, &peer](auto& self, error_code error, auto handle) {
          if (!error) peer = Stream(node, life, executor, std::move(handle));
          self.complete(error);
        },
        std::forward<Token>(token));
  }
  /// Ends all operations.
  void cancel() {
    if (state_) state_->cancel();
  }
  /// Ends listening, and all operations. Streams that wait are closed.
  void close() {
    if (const auto closing = std::move(state_)) closing->close();
  }

 private:
  template <class, class>
  friend class SctpAcceptor;

  template <class Signature, class Done, class Token>
  auto accept(Done done, Token&& token) {
    return async_operation<Signature>(executor_, detail::AcceptStream<State, Done>(state_, std::move(done)),
                                      std::forward<Token>(token));
  }

  NodeType* node_;
  std::weak_ptr<const int> life_;  // the node's
  Executor executor_;
  std::shared_ptr<State> state_;  // null: closed
};

}  // namespace ilnp
