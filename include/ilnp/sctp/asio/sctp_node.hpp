#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <unordered_map>
#include <utility>

#include "../../asio/node.hpp"
#include "../sctp.hpp"

namespace ilnp {

/// Who is told what happens to a stream, or who comes to a port. Lives until it has taken leave of the node.
class StreamUser {
 public:
  virtual void on_event(const StreamEvent& event) = 0;

 protected:
  ~StreamUser() = default;
};

/// A node whose streams are used by `SctpStream` and `SctpAcceptor`. Refers to the stack, which must outlive it. Those
/// of a node that has gone lead nowhere. One thread, as for `Node`, and the same for all nodes with streams.
template <class Stack, class Observer = NoObserver>
class SctpNode {
 public:
  SctpNode(const boost::asio::any_io_executor& executor, Stack& stack, Observer observer = {})
      : executor_(executor), node_(executor, stack, Demultiplex{this}, std::move(observer)) {}

  error_code start() { return node_.start(); }
  void stop() noexcept { node_.stop(); }
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with(std::forward<F>(f));
  }
  const boost::asio::any_io_executor& get_executor() const noexcept { return executor_; }

  // For streams and acceptors.

  /// Expires when the node goes.
  std::weak_ptr<const int> life() const noexcept { return life_; }

  void enter(StreamId stream, StreamUser& user) { streams_[stream] = &user; }
  void leave(StreamId stream) noexcept { streams_.erase(stream); }
  void enter(std::uint16_t port, StreamUser& user) { acceptors_[port] = &user; }
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

  boost::asio::any_io_executor executor_;
  std::unordered_map<StreamId, StreamUser*> streams_;
  std::unordered_map<std::uint16_t, StreamUser*> acceptors_;
  Node<Stack, Demultiplex, Observer> node_;
  std::shared_ptr<const int> life_ = std::make_shared<const int>();
};

}  // namespace ilnp
