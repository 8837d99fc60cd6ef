#pragma once

#include <memory>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "mailbox.hpp"
#include "node.hpp"

namespace ilnp {

/// A node whose transport is used through sockets (`StpSocket`). Refers to the stack, which must outlive it. One thread, as
/// for `Node`: with a strand as its executor, one at a time. Neither copied nor moved.
///
/// The executor is that of its sockets as well. One with a default completion token gives it to their operations:
///
///     using Node = boost::asio::use_awaitable_t<>::as_default_on_t<StpNode<Stack>>;
template <TransportLayer Stack, class Observer = NoObserver, class Executor = boost::asio::any_io_executor>
requires RunnableStack<Stack>
class StpNode {
 public:
  using executor_type = Executor;
  /// The same with another executor.
  template <class Other>
  struct rebind_executor {
    using other = StpNode<Stack, Observer, Other>;
  };

  /// As those of `Node`. Refers to `stack`.
  StpNode(const std::type_identity_t<Executor>& executor, Stack& stack, Observer observer = {})
      : node_(executor, stack, Demultiplex{this}, std::move(observer)) {}
  /// The same on the executor of an execution context, such as an `io_context`.
  template <ExecutionContext Io>
  StpNode(Io& context, Stack& stack, Observer observer = {})
      : StpNode(context.get_executor(), stack, std::move(observer)) {}
  StpNode(const StpNode&) = delete;
  StpNode& operator=(const StpNode&) = delete;
  /// Closes its sockets, and cancels their operations.
  ~StpNode() {
    life_.reset();
    for (const auto& [port, mailbox] : mailboxes_) mailbox->cancel();
  }

  /// As `Node::start`.
  error_code start() { return node_.start(); }
  /// As `Node::stop`. Sockets stay bound.
  void stop() noexcept { node_.stop(); }
  /// As `Node::with`.
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with(std::forward<F>(f));
  }
  const executor_type& get_executor() const noexcept { return node_.get_executor(); }
  /// For operations that wait until a name is known.
  NameEvent& names() noexcept { return node_.names(); }
  /// For operations that wait for the reply to a ping (`async_ping`).
  PingEvent& pings() noexcept { return node_.pings(); }

  // For sockets.

  /// Expires when the node is destroyed.
  std::weak_ptr<const int> life() const noexcept { return life_; }

  /// Datagrams to `port` go to `mailbox` from now on; not owned.
  void enter(std::uint16_t port, Mailbox& mailbox) { mailboxes_[port] = &mailbox; }
  /// They go nowhere from now on.
  void leave(std::uint16_t port) noexcept { mailboxes_.erase(port); }

 private:
  struct Demultiplex {
    StpNode* node;
    void operator()(const DatagramSource& source, Bytes payload) const {
      const auto found = node->mailboxes_.find(source.destination_port);
      if (found != node->mailboxes_.end()) found->second->put(source, payload);
    }
  };

  std::unordered_map<std::uint16_t, Mailbox*> mailboxes_;
  Node<Stack, Demultiplex, Observer, BootClock, Executor> node_;
  std::shared_ptr<const int> life_ = std::make_shared<const int>();
};

}  // namespace ilnp
