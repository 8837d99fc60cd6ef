#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "../../asio/node.hpp"
#include "../sctp.hpp"

namespace ilnp {

/// Receives the events of a stream, or the streams to a port. Lives until it has left the node.
class StreamUser {
 public:
  /// Something happened to the stream, or there is a new one to the port. Called within the node's batch.
  virtual void on_event(const StreamEvent& event) = 0;
  /// The node is being destroyed: nothing more will happen.
  virtual void on_node_gone() {}

 protected:
  ~StreamUser() = default;
};

/// A node whose streams are used by `SctpStream` and `SctpAcceptor`. Refers to the stack, which must outlive it. Destroying it
/// closes them. One thread, as for `Node`, and the same for all nodes with streams. Neither copied nor moved. The executor is
/// that of its streams as well; if it has a default completion token, their operations use it.
template <class Stack, class Observer = NoObserver, class Executor = boost::asio::any_io_executor>
class SctpNode {
 public:
  using executor_type = Executor;
  /// The same with another executor.
  template <class Other>
  struct rebind_executor {
    using other = SctpNode<Stack, Observer, Other>;
  };

  /// Refers to `stack`, and owns `observer`. Nothing moves until `start`.
  SctpNode(const std::type_identity_t<Executor>& executor, Stack& stack, Observer observer = {})
      : node_(executor, stack, Demultiplex{this}, std::move(observer)) {}
  /// The same on the executor of an execution context, such as an `io_context`.
  template <ExecutionContext Io>
  SctpNode(Io& context, Stack& stack, Observer observer = {})
      : SctpNode(context.get_executor(), stack, std::move(observer)) {}
  SctpNode(const SctpNode&) = delete;
  SctpNode& operator=(const SctpNode&) = delete;
  /// Cancels the operations of its streams and acceptors.
  ~SctpNode() {
    life_.reset();
    for (const auto& [id, user] : streams_) user->on_node_gone();
    for (const auto& [port, user] : acceptors_) user->on_node_gone();
  }

  /// As `Node::start`.
  error_code start() { return node_.start(); }
  /// As `Node::stop`. Streams stay, but after `SctpConfig::silence` each end considers the other dead.
  void stop() noexcept { node_.stop(); }
  /// As `Node::with`.
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with(std::forward<F>(f));
  }
  const executor_type& get_executor() const noexcept { return node_.get_executor(); }
  NameEvent& names() noexcept { return node_.names(); }

  // For streams and acceptors.

  /// Expires when the node is destroyed.
  std::weak_ptr<const int> life() const noexcept { return life_; }

  /// From now on `user` receives the events of this stream.
  void enter(StreamId stream, StreamUser& user) { streams_[stream] = &user; }
  /// From now on nobody does. Must be called before the user is destroyed.
  void leave(StreamId stream) noexcept { streams_.erase(stream); }
  /// From now on `user` gets the streams to this port of the node.
  void enter(std::uint16_t port, StreamUser& user) { acceptors_[port] = &user; }
  /// From now on they are reset. Must be called before the user is destroyed.
  void leave(std::uint16_t port) noexcept { acceptors_.erase(port); }

 private:
  struct Demultiplex {
    SctpNode* node;
    void operator()(const StreamEvent& event, Bytes) const { node->on_event(event); }
    void operator()(const DatagramSource&, Bytes) const noexcept {}
  };

  void on_event(const StreamEvent& event) {
    if (event.kind == StreamEvent::Kind::accepted) {
      const auto names = node_.stack().peer(event.stream);
      if (!names) return;  // gone already
      const auto found = acceptors_.find(names->local_port);
      if (found != acceptors_.end()) return found->second->on_event(event);
      return with([&](Stack& stack, auto& cx) { stack.reset(event.stream, cx); });
    }
    const auto found = streams_.find(event.stream);
    if (found != streams_.end()) found->second->on_event(event);
  }

  std::unordered_map<StreamId, StreamUser*> streams_;
  std::unordered_map<std::uint16_t, StreamUser*> acceptors_;
  Node<Stack, Demultiplex, Observer, BootClock, Executor> node_;
  std::shared_ptr<const int> life_ = std::make_shared<const int>();
};

}  // namespace ilnp
