#pragma once

#include <boost/asio/error.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "../base/error.hpp"
#include "operation.hpp"
#include "ping_event.hpp"

namespace ilnp {

/// The operation that waits for the reply to a ping, which has been sent already. Refers to nothing of the node.
class PingOperation : OperationSteps {
 public:
  /// `wait` is null if the ping could not be sent, because of `error`.
  PingOperation(error_code error, std::unique_ptr<PingEvent::Wait> wait,
                std::chrono::steady_clock::time_point until)
      : error_(error), wait_(std::move(wait)), until_(until) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (this->begin(self)) {
      if (!wait_) return this->again(self);
      PingEvent::Wait& wait = *wait_;
      return wait.async_wait(until_, std::move(self));
    }
    if (!wait_) return self.complete(error_, PingReply{});
    if (wait_->reply()) {
      const PingReply reply = *wait_->reply();
      return self.complete(error_code(), reply);
    }
    const bool ended = wait_->node_gone() || this->cancelled(self);
    self.complete(ended ? make_error_code(boost::asio::error::operation_aborted)
                        : make_error_code(boost::asio::error::timed_out),
                  PingReply{});
  }

 private:
  error_code error_;
  std::unique_ptr<PingEvent::Wait> wait_;
  std::chrono::steady_clock::time_point until_;
};

/// Pings the node `to` once, and completes with the reply: `void(error_code, PingReply)`. `hop_limit`: that of the node by default; a
/// ping whose hop limit runs out on the way is answered by the forwarder at which that happens (`PingReply::reached`). `Node` is an
/// `ilnp::Node` or an `StpNode`; `with` must be allowed now. Errors: those of `STP::ping`, `timed_out`, and `operation_aborted` if
/// the operation is cancelled or the node destroyed.
template <class Node, class Token = DefaultToken<typename Node::executor_type>>
auto async_ping(Node& node, Nid to, std::optional<std::uint8_t> hop_limit,
                std::chrono::steady_clock::duration time_limit, Token&& token = Token()) {
  const auto until = std::chrono::steady_clock::now() + time_limit;
  const result<std::uint64_t> sent =
      node.with([&](auto& stack, auto& cx) { return pinging_layer(stack).ping(to, hop_limit, cx); });
  std::unique_ptr<PingEvent::Wait> wait;
  if (sent) wait = std::make_unique<PingEvent::Wait>(node.pings(), node.get_executor(), *sent);
  return async_operation<void(error_code, PingReply)>(
      node.get_executor(), PingOperation(sent ? error_code() : sent.error(), std::move(wait), until),
      std::forward<Token>(token));
}

}  // namespace ilnp
