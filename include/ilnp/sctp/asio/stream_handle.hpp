#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "sctp_node.hpp"

namespace ilnp {

/// What the operations on a stream refer to, even when the stream is gone, or is another object by then. Not for programs. A member
/// that does not check `usable` needs a node that exists.
template <class NodeType>
struct SctpStreamHandle final : StreamUser {
  /// Used as an event.
  using Timer = boost::asio::steady_timer;
  /// The error, and the octets that were moved.
  using Moved = std::pair<error_code, std::size_t>;

  /// Leads to no stream. `its_life`: `SctpNode::life`.
  SctpStreamHandle(NodeType& of, const boost::asio::any_io_executor& on, std::weak_ptr<const int> its_life)
      : node(of),
        life(std::move(its_life)),
        executor(on),
        readable(executor, Timer::time_point::max()),
        writable(executor, Timer::time_point::max()) {}
  SctpStreamHandle(const SctpStreamHandle&) = delete;
  SctpStreamHandle& operator=(const SctpStreamHandle&) = delete;

  /// Leads to this stream from now on, whose events it receives.
  void enter(StreamId stream) {
    failed.clear();
    id = stream;
    node.enter(id, *this);
  }
  /// Whether the node still exists.
  bool usable() const noexcept { return !life.expired(); }
  /// Leads to no stream; the stream stays as it is.
  void forget() noexcept {
    if (usable()) node.leave(id);
    id = {};
  }
  /// Ends all operations, and closes the stream.
  void leave() {
    cancel();
    if (id == StreamId{}) return;
    const StreamId closing = id;
    forget();
    failed = boost::asio::error::not_connected;
    if (usable()) node.with([&](auto& stack, auto& cx) { stack.close(closing, cx); });
  }
  /// Of an operation that began when there had been so many.
  bool cancelled(unsigned before) const noexcept { return before != cancels || !usable(); }
  /// Ends all operations.
  void cancel() {
    ++cancels;
    readable.cancel();
    writable.cancel();
    if (usable()) node.names().raise();  // those of other streams look once, and wait again
  }
  NameEvent& names() noexcept { return node.names(); }
  /// The node of this name, as the stack knows it now.
  result<Nid> resolve(std::string_view host_name) {
    return node.with([&](auto& stack, auto& cx) { return stack.resolve(host_name, cx); });
  }
  /// As `SctpStream::shutdown_send`.
  error_code shutdown_send() {
    if (!usable() || id == StreamId{}) return over(boost::asio::error::broken_pipe);
    return node.with([&](auto& stack, auto& cx) { return stack.shutdown(id, cx); });
  }

  /// Wakes the operations that wait for it.
  void on_event(const StreamEvent& event) override {
    if (event.kind == StreamEvent::Kind::closed) {
      failed = event.error;
      forget();
    }
    if (event.kind != StreamEvent::Kind::writable) readable.cancel();
    if (event.kind != StreamEvent::Kind::readable) writable.cancel();
  }
  void on_node_gone() override { cancel(); }

  /// Why there is no stream; `in_order` if both sides have ended it in order.
  error_code over(error_code in_order) const { return failed ? failed : in_order; }

  /// Reads what has arrived, without waiting. `would_block`: the event `readable` follows.
  template <class Buffers>
  Moved read(const Buffers& buffers) {
    if (boost::asio::buffer_size(buffers) == 0) return {};
    if (id == StreamId{}) return {over(boost::asio::error::eof), 0};
    return node.with([&](auto& stack, auto& cx) -> Moved {
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

  /// Writes as much as there is room for, without waiting. `would_block`: the event `writable` follows.
  template <class Buffers>
  Moved write(const Buffers& buffers) {
    const std::size_t all = boost::asio::buffer_size(buffers);
    if (all == 0) return {};
    if (id == StreamId{}) return {over(boost::asio::error::broken_pipe), 0};
    return node.with([&](auto& stack, auto& cx) -> Moved {
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
        return taken != 0 ? Moved(error_code(), taken) : result_of(size);
      }
      return {error_code(), taken};
    });
  }
  /// The result of a layer in the form of Asio's.
  static Moved result_of(const result<std::size_t>& size) {
    return size ? Moved(error_code(), *size) : Moved(size.error(), 0);
  }

  NodeType& node;                         ///< only while it is `usable`
  std::weak_ptr<const int> life;          ///< the node's
  boost::asio::any_io_executor executor;  ///< of the stream
  StreamId id;                            ///< of no stream: the default
  Timer readable;                         ///< never expires: cancelled when there is something to look at
  Timer writable;                         ///< likewise
  error_code failed = boost::asio::error::not_connected;  ///< why it leads nowhere; none if it ended in order
  unsigned cancels = 0;                                   ///< how many there were
};

}  // namespace ilnp
