#pragma once

#include <deque>

#include "sctp_stream.hpp"

namespace ilnp {

/// Takes the streams that come to a port. Refers to its node; once that has gone, none come. Destroying it ends listening, and
/// cancels; what was cancelled touches neither the acceptor nor the node afterwards.
template <class NodeType>
class SctpAcceptor {
 public:
  using Stream = SctpStream<NodeType>;
  static constexpr std::size_t backlog = 128;  ///< streams that wait to be accepted at most; more are reset

  /// Listens on `port`. Throws `boost::system::system_error`.
  SctpAcceptor(NodeType& node, std::uint16_t port) : state_(std::make_shared<State>(node, port)) {
    const error_code error = node.with([&](auto& stack, auto&) { return stack.listen(port); });
    if (error) throw boost::system::system_error(error, "port " + std::to_string(port));
    node.enter(port, *state_);
  }
  SctpAcceptor(const SctpAcceptor&) = delete;
  SctpAcceptor& operator=(const SctpAcceptor&) = delete;
  ~SctpAcceptor() {
    cancel();
    if (state_->life.expired()) return;
    state_->node.leave(state_->port);
    state_->node.with([&](auto& stack, auto&) { stack.unlisten(state_->port); });
    state_->waiting.clear();
  }

  std::uint16_t port() const noexcept { return state_->port; }

  /// Waits for the next stream. Completes with `(error_code, SctpStream)`.
  template <class Token>
  auto async_accept(Token&& token) {
    return boost::asio::async_compose<Token, void(error_code, Stream)>(Accept{state_, state_->cancels}, token,
                                                                       state_->executor);
  }
  void cancel() {
    ++state_->cancels;
    state_->event.cancel();
  }

 private:
  struct State final : StreamUser {
    State(NodeType& of, std::uint16_t on)
        : node(of),
          life(of.life()),
          executor(of.get_executor()),
          port(on),
          event(executor, boost::asio::steady_timer::time_point::max()) {}
    void on_event(const StreamEvent& what) override {
      if (waiting.size() == backlog)
        return node.with([&](auto& stack, auto& cx) { stack.reset(what.stream, cx); });
      waiting.emplace_back(node).state_->enter(what.stream);
      event.cancel_one();
    }
    NodeType& node;
    std::weak_ptr<const int> life;  // the node's
    boost::asio::any_io_executor executor;
    std::uint16_t port;
    boost::asio::steady_timer event;
    std::deque<Stream> waiting;
    unsigned cancels = 0;
  };

  struct Accept {
    std::shared_ptr<State> state;
    unsigned cancels;
    bool started = false;

    template <class Self>
    void operator()(Self& self, error_code = {}) {
      if (!std::exchange(started, true)) {
        self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        const auto executor = state->executor;
        return boost::asio::post(executor, std::move(self));
      }
      if (cancels != state->cancels || state->life.expired() ||
          self.cancelled() != boost::asio::cancellation_type::none) {
        // It may have been woken for a stream, which another who waits is to have instead.
        if (!state->waiting.empty()) state->event.cancel_one();
        return self.complete(boost::asio::error::operation_aborted,
                             Stream(state->node, state->executor, state->life));
      }
      if (state->waiting.empty()) return state->event.async_wait(std::move(self));
      Stream stream = std::move(state->waiting.front());
      state->waiting.pop_front();
      self.complete(error_code(), std::move(stream));
    }
  };

  std::shared_ptr<State> state_;
};

}  // namespace ilnp
