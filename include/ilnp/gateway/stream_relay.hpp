#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <vector>

#include "../proxy/stream_proxy.hpp"
#include "tcp_options.hpp"

namespace ilnp {

/// Moves octets between a TCP connection and an established stream. Each direction is as fast as its reader, and ends on its own.
/// A reset on one side resets the other. Lives until both sides have ended: its handlers keep it.
///
/// `Gateway`: `with(f)`, `scratch()`, and `forget(*this)`, which is called once.
template <class Gateway>
class StreamRelay : public std::enable_shared_from_this<StreamRelay<Gateway>> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  static constexpr std::size_t turn_octets = 256 * 1024;  ///< the most before others have their turn

  /// `stream` is established. The gateway must outlive it, or `stop` it.
  StreamRelay(Gateway& gateway, Socket socket, StreamId stream)
      : gateway_(&gateway), socket_(std::move(socket)), stream_(stream) {}

  /// Begins to move octets. A `shared_ptr` must hold it.
  void start() {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    from_tcp();
    if (gateway_) to_tcp();
  }

  /// True if `go_on` must be called after all events that arrived together were handled.
  bool on_event(const StreamProxyEvent& event) {
    switch (event.kind) {
      case StreamProxyEvent::Kind::readable:
        stream_readable_ = true;
        return !std::exchange(due_, true);
      case StreamProxyEvent::Kind::writable:
        stream_writable_ = true;
        return !std::exchange(due_, true);
      case StreamProxyEvent::Kind::closed:
        event.error ? reset_program() : end();
        return false;
      default:
        return false;
    }
  }
  /// Moves what can be moved since the events.
  void go_on() {
    due_ = false;
    if (std::exchange(stream_writable_, false) && gateway_) on_writable();
    if (std::exchange(stream_readable_, false) && gateway_) to_tcp();
  }

  /// If the program has vanished (`is_unanswered`), resets the stream and returns true.
  bool check(std::chrono::milliseconds limit) {
    if (!gateway_ || !is_unanswered(socket_.native_handle(), limit)) return false;
    reset_stream();
    return true;
  }

  /// Ends both sides at once, without telling the gateway.
  void stop() noexcept {
    gateway_ = nullptr;
    reset_tcp(socket_);
  }
  /// Its stream in the stack.
  StreamId stream() const noexcept { return stream_; }
  /// Octets from the program into the overlay so far.
  std::uint64_t sent() const noexcept { return sent_; }
  /// Octets from the overlay so far.
  std::uint64_t received() const noexcept { return received_; }

 private:
  template <class F>
  auto guarded(F f) {
    return [self = this->shared_from_this(), f](const error_code& error = {}, std::size_t = 0) {
      if (self->gateway_ && !error) f();
    };
  }

  // From the program into the overlay.

  void from_tcp() {
    watch();
    waiting_to_read_ = false;
    for (std::size_t moved = 0; to_stream_.empty() && !tcp_ended_;) {
      if (moved >= turn_octets)
        return boost::asio::post(socket_.get_executor(), guarded([this] { from_tcp(); }));
      error_code error;
      const MutableBytes room = gateway_->scratch();
      const std::size_t size = socket_.read_some(boost::asio::buffer(room.data(), room.size()), error);
      if (error == boost::asio::error::would_block) break;
      if (error == boost::asio::error::eof) return end_from_tcp();
      if (error) return reset_stream();
      moved += size;
      if (!write_stream(room.first(size))) return;
    }
    if (to_stream_.empty() && !tcp_ended_ && !std::exchange(waiting_to_read_, true))
      socket_.async_wait(Socket::wait_read, guarded([this] { from_tcp(); }));
  }

  /// False if the stream has ended.
  bool write_stream(Bytes octets) {
    const auto taken =
        gateway_->with([&](auto& stack, auto& cx) { return stack.write(stream_, octets, cx); });
    if (!taken && taken.error() != boost::asio::error::would_block) return reset_stream(), false;
    sent_ += taken ? *taken : 0;
    const Bytes rest = octets.subspan(taken ? *taken : 0);
    to_stream_.assign(rest.begin(), rest.end());
    return true;
  }

  void on_writable() {
    if (!to_stream_.empty()) {
      const std::vector<std::byte> rest = std::exchange(to_stream_, {});
      if (!write_stream(rest) || !to_stream_.empty()) return;
    }
    if (!tcp_ended_ && !waiting_to_read_) from_tcp();
  }

  void end_from_tcp() {
    tcp_ended_ = true;
    gateway_->with([&](auto& stack, auto& cx) { static_cast<void>(stack.shutdown(stream_, cx)); });
    if (gateway_) watch();
  }
  /// Notices that the program has gone, even while nothing is read because the stream accepts nothing or the program has ended
  /// its direction. Does not start again by itself: urgent octets would make that a loop.
  void watch() {
    if (!std::exchange(watching_, true))
      socket_.async_wait(Socket::wait_error, guarded([this] { on_tcp_error(); }));
  }
  void on_tcp_error() {
    watching_ = false;
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &value, &size) == 0 && value != 0)
      reset_stream();
  }

  // From the overlay to the program.

  void to_tcp() {
    for (std::size_t moved = 0; to_tcp_.empty() && !stream_ended_;) {
      if (moved >= turn_octets)
        return boost::asio::post(socket_.get_executor(), guarded([this] { to_tcp(); }));
      const MutableBytes room = gateway_->scratch();
      const auto size = gateway_->with([&](auto& stack, auto& cx) { return stack.read(stream_, room, cx); });
      if (!size) return;  // nothing to read now; or the end, which the event reports
      moved += *size;
      received_ += *size;
      if (*size != 0) {
        if (!write_tcp(room.first(*size))) return;
        continue;
      }
      stream_ended_ = true;
      error_code ignored;
      socket_.shutdown(Socket::shutdown_send, ignored);
    }
  }

  /// False if the connection has ended.
  bool write_tcp(Bytes octets) {
    while (!octets.empty()) {
      error_code error;
      const std::size_t size = socket_.write_some(boost::asio::buffer(octets.data(), octets.size()), error);
      if (error == boost::asio::error::would_block) {
        to_tcp_.assign(octets.begin(), octets.end());
        socket_.async_wait(Socket::wait_write, guarded([this] {
                             const std::vector<std::byte> rest = std::exchange(to_tcp_, {});
                             if (write_tcp(rest) && to_tcp_.empty()) to_tcp();
                           }));
        return true;
      }
      if (error) return reset_stream(), false;
      octets = octets.subspan(size);
    }
    return true;
  }

  // The end.

  /// The program has gone.
  void reset_stream() {
    const auto self = this->shared_from_this();
    gateway_->with([&](auto& stack, auto& cx) { stack.reset(stream_, cx); });
    reset_program();
  }
  /// The other end has gone.
  void reset_program() {
    reset_tcp(socket_);
    end();
  }
  void end() {
    if (!gateway_) return;
    const auto self = this->shared_from_this();
    Gateway* const gateway = std::exchange(gateway_, nullptr);
    error_code ignored;
    socket_.close(ignored);
    gateway->forget(*this);
  }

  Gateway* gateway_;  // null when it has ended
  Socket socket_;
  StreamId stream_;
  std::vector<std::byte> to_stream_;  // read, but not yet accepted by the stream
  std::vector<std::byte> to_tcp_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  bool due_ = false;  // `go_on` will be called
  bool stream_readable_ = false;
  bool stream_writable_ = false;
  bool waiting_to_read_ = false;
  bool watching_ = false;
  bool tcp_ended_ = false;
  bool stream_ended_ = false;
};

}  // namespace ilnp
