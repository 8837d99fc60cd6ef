#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string>

#include "sctp_node.hpp"

namespace ilnp {

/// A stream of octets to a port of another node, in the shape of Asio's: an AsyncReadStream and AsyncWriteStream, so that
/// `async_read`, `async_write`, `ssl::stream` and Boost.Beast work on it. Ordered and reliable; one reader and one writer at a time.
///
/// Refers to its node; one whose node has gone is closed. Operations complete as if by `post`, and can be cancelled one by one,
/// or all by `cancel`; a cancelled one has had no effect. Destroying the stream closes it in order (`close`), and cancels them;
/// they touch neither the stream nor the node afterwards.
template <class NodeType>
class SctpStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using lowest_layer_type = SctpStream;
  /// How long a name may be unknown before that is an error.
  static constexpr auto resolve_time = std::chrono::seconds(3);

  explicit SctpStream(NodeType& node) : SctpStream(node, node.get_executor(), node.life()) {}
  SctpStream(SctpStream&&) noexcept = default;
  SctpStream& operator=(SctpStream&& other) noexcept {
    if (state_) state_->leave();
    state_ = std::move(other.state_);
    return *this;
  }
  ~SctpStream() {
    if (state_) state_->leave();
  }

  executor_type get_executor() const noexcept { return state_->executor; }
  lowest_layer_type& lowest_layer() noexcept { return *this; }
  const lowest_layer_type& lowest_layer() const noexcept { return *this; }

  bool is_open() const noexcept { return state_->id != StreamId{}; }
  /// Whom it leads to; none if it does not lead anywhere.
  std::optional<StreamPeer> peer() const {
    if (!state_->usable()) return std::nullopt;
    return state_->node.with([&](auto& stack, auto&) { return stack.peer(state_->id); });
  }

  /// Connects to `port` of the node `to`. Completes with `(error_code)`: as `Sctp::connect` says.
  template <class Token>
  auto async_connect(Nid to, std::uint16_t port, Token&& token) {
    return connect(to, {}, port, std::forward<Token>(token));
  }
  /// The same by name. Error besides: `Errc::unknown_host`.
  template <class Token>
  auto async_connect(std::string host_name, std::uint16_t port, Token&& token) {
    return connect(Nid{}, std::move(host_name), port, std::forward<Token>(token));
  }

  /// Completes with `(error_code, std::size_t)`: at least one octet, or an error: `boost::asio::error::eof` when the peer
  /// has ended its direction.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
        Transfer<Buffers, &State::template read<Buffers>>{state_, buffers, state_->readable, state_->cancels},
        token, get_executor());
  }
  /// Completes with `(error_code, std::size_t)`: how many were taken; they arrive unless the stream is reset.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
        Transfer<Buffers, &State::template write<Buffers>>{state_, buffers, state_->writable,
                                                           state_->cancels},
        token, get_executor());
  }

  /// Ends this direction, after what was written. The other goes on.
  error_code shutdown_send() {
    if (!state_->usable()) return boost::asio::error::broken_pipe;
    return state_->node.with([&](auto& stack, auto& cx) { return stack.shutdown(state_->id, cx); });
  }
  /// Ends both at once; what is under way is lost, and the peer is told.
  void reset() {
    cancel();
    if (state_->usable()) state_->node.with([&](auto& stack, auto& cx) { stack.reset(state_->id, cx); });
    state_->forget();
  }
  /// No more of it: what was written still goes, and the stream is reset if more comes.
  void close() { state_->leave(); }
  /// Ends all operations, with `operation_aborted`.
  void cancel() { state_->cancel(); }

 private:
  template <class>
  friend class SctpAcceptor;

  using Timer = boost::asio::steady_timer;

  /// One that leads nowhere, of a node that may be gone.
  SctpStream(NodeType& node, const executor_type& executor, std::weak_ptr<const int> life)
      : state_(std::make_shared<State>(node, executor, std::move(life))) {}

  /// What operations refer to, even when the stream is gone.
  struct State final : StreamUser {
    State(NodeType& of, const executor_type& on, std::weak_ptr<const int> its_life)
        : node(of),
          life(std::move(its_life)),
          executor(on),
          readable(executor, Timer::time_point::max()),
          writable(executor, Timer::time_point::max()) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void enter(StreamId stream) {
      id = stream;
      node.enter(id, *this);
    }
    bool usable() const noexcept { return !life.expired(); }
    void forget() noexcept {
      if (usable()) node.leave(id);
      id = {};
    }
    void leave() {
      cancel();
      if (id == StreamId{}) return;
      const StreamId closing = id;
      forget();
      if (usable()) node.with([&](auto& stack, auto& cx) { stack.close(closing, cx); });
    }
    /// Of an operation that began when there had been so many.
    bool cancelled(unsigned before) const noexcept { return before != cancels || !usable(); }
    void cancel() {
      ++cancels;
      readable.cancel();
      writable.cancel();
    }

    void on_event(const StreamEvent& event) override {
      if (event.kind == StreamEvent::Kind::closed) {
        failed = event.error;
        forget();
      }
      if (event.kind != StreamEvent::Kind::writable) readable.cancel();
      if (event.kind != StreamEvent::Kind::readable) writable.cancel();
    }

    static bool would_block(const error_code& error) { return error == boost::asio::error::would_block; }
    error_code over(error_code in_order) const { return failed ? failed : in_order; }

    template <class Buffers>
    std::pair<error_code, std::size_t> read(const Buffers& buffers) {
      if (boost::asio::buffer_size(buffers) == 0) return {};
      if (id == StreamId{}) return {over(boost::asio::error::eof), 0};
      return node.with([&](auto& stack, auto& cx) -> std::pair<error_code, std::size_t> {
        std::size_t taken = 0;
        for (auto each = boost::asio::buffer_sequence_begin(buffers);
             each != boost::asio::buffer_sequence_end(buffers); ++each) {
          const boost::asio::mutable_buffer buffer(*each);
          if (buffer.size() == 0) continue;
          const auto size =
              stack.read(id, MutableBytes(static_cast<std::byte*>(buffer.data()), buffer.size()), cx);
          if (size) taken += *size;
          if (size && *size == buffer.size()) continue;
          if (taken != 0) break;
          return {size ? error_code(boost::asio::error::eof) : size.error(), 0};
        }
        return {error_code(), taken};
      });
    }

    template <class Buffers>
    std::pair<error_code, std::size_t> write(const Buffers& buffers) {
      const std::size_t all = boost::asio::buffer_size(buffers);
      if (all == 0) return {};
      if (id == StreamId{}) return {over(boost::asio::error::broken_pipe), 0};
      return node.with([&](auto& stack, auto& cx) -> std::pair<error_code, std::size_t> {
        std::array<std::byte, 2048> joined;  // small pieces leave as one
        if (all <= joined.size()) {
          boost::asio::buffer_copy(boost::asio::buffer(joined), buffers);
          return result_of(stack.write(id, Bytes(joined).first(all), cx));
        }
        std::size_t taken = 0;
        for (auto each = boost::asio::buffer_sequence_begin(buffers);
             each != boost::asio::buffer_sequence_end(buffers); ++each) {
          const boost::asio::const_buffer buffer(*each);
          if (buffer.size() == 0) continue;
          const auto size =
              stack.write(id, Bytes(static_cast<const std::byte*>(buffer.data()), buffer.size()), cx);
          if (size) taken += *size;
          if (size && *size == buffer.size()) continue;
          return taken != 0 ? std::pair(error_code(), taken) : result_of(size);
        }
        return {error_code(), taken};
      });
    }
    static std::pair<error_code, std::size_t> result_of(const result<std::size_t>& size) {
      return size ? std::pair(error_code(), *size) : std::pair(size.error(), std::size_t{0});
    }

    NodeType& node;
    std::weak_ptr<const int> life;  // the node's
    executor_type executor;
    StreamId id;
    Timer readable;  // never expires: cancelled when there is something to look at
    Timer writable;
    error_code failed;
    unsigned cancels = 0;
  };

  /// Tries, and waits for the event if it would block.
  template <class Buffers, auto Try>
  struct Transfer {
    std::shared_ptr<State> state;
    Buffers buffers;
    Timer& event;
    unsigned cancels;
    bool done = false;
    std::pair<error_code, std::size_t> outcome{};

    template <class Self>
    void operator()(Self& self, error_code = {}) {
      if (done) return self.complete(outcome.first, outcome.second);
      const bool first = !std::exchange(started, true);
      if (first) self.reset_cancellation_state(boost::asio::enable_total_cancellation());
      if (state->cancelled(cancels) || self.cancelled() != boost::asio::cancellation_type::none)
        outcome = {boost::asio::error::operation_aborted, 0};
      else
        outcome = ((*state).*Try)(buffers);
      if (State::would_block(outcome.first)) return event.async_wait(std::move(self));
      if (!first) return self.complete(outcome.first, outcome.second);
      done = true;
      boost::asio::post(executor_type(state->executor), std::move(self));
    }
    bool started = false;
  };

  struct Connect {
    static constexpr auto retry_time = std::chrono::milliseconds(20);

    std::shared_ptr<State> state;
    Nid to;
    std::string host_name;
    std::uint16_t port;
    unsigned cancels;
    std::unique_ptr<Timer> pause;
    Timer::time_point until = Timer::clock_type::now() + resolve_time;
    enum { begin, resolving, connecting } step = begin;

    template <class Self>
    void operator()(Self& self, error_code = {}) {
      if (step == begin) {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        step = resolving;
        return boost::asio::post(executor_type(state->executor), std::move(self));
      }
      if (state->cancelled(cancels) || self.cancelled() != boost::asio::cancellation_type::none) {
        if (step == connecting) state->leave();
        return self.complete(boost::asio::error::operation_aborted);
      }
      if (step == connecting) {
        if (state->id == StreamId{}) return self.complete(state->over(boost::asio::error::connection_reset));
        return self.complete(error_code());
      }
      if (state->id != StreamId{}) return self.complete(boost::asio::error::already_connected);
      if (!host_name.empty()) {
        const auto nid =
            state->node.with([&](auto& stack, auto& cx) { return stack.resolve(host_name, cx); });
        if (!nid && (nid.error() != Errc::unknown_host || Timer::clock_type::now() >= until))
          return self.complete(nid.error());
        if (!nid) {
          pause->expires_after(retry_time);
          Timer& waiting = *pause;
          return waiting.async_wait(std::move(self));
        }
        to = *nid;
      }
      const auto id = state->node.with([&](auto& stack, auto& cx) { return stack.connect(to, port, cx); });
      if (!id) return self.complete(id.error());
      state->failed.clear();
      state->enter(*id);
      step = connecting;
      state->writable.async_wait(std::move(self));
    }
  };

  template <class Token>
  auto connect(Nid to, std::string host_name, std::uint16_t port, Token&& token) {
    return boost::asio::async_compose<Token, void(error_code)>(
        Connect{state_, to, std::move(host_name), port, state_->cancels,
                std::make_unique<Timer>(get_executor())},
        token, get_executor());
  }

  std::shared_ptr<State> state_;
};

}  // namespace ilnp
