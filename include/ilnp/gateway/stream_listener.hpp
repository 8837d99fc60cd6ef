#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <string>

#include "../base/error.hpp"
#include "reserve_descriptor.hpp"
#include "tcp_options.hpp"

namespace ilnp {

/// A listening port accepts no connections for now, and why; or, without an error, it accepts them again.
struct StreamListenerPaused {
  std::uint16_t port;  ///< the local one
  error_code error;    ///< why it pauses
};

/// Accepts connections on a local port. If no descriptor or memory is left, waiting connections are turned away by means of the
/// reserve descriptor. If that does not help either, the port pauses: a connection that cannot be accepted stays in the queue, so
/// trying again at once would be a loop. Lives as long as it is referenced. One thread.
class StreamListener : public std::enable_shared_from_this<StreamListener> {
 public:
  using Tcp = boost::asio::ip::tcp;
  static constexpr int backlog = 1024;  ///< connections that the kernel keeps until they are accepted
  static constexpr auto pause = std::chrono::milliseconds(100);  ///< before it tries again

  /// What it calls, never from within its own functions. All must be set.
  struct Calls {
    std::function<void(Tcp::socket)> taken;  ///< a connection, with the options of `prepare_tcp`
    std::function<void()> turned_away;       ///< a connection was reset
    std::function<void(const StreamListenerPaused&)> paused;  ///< the port pauses, or accepts again
  };

  /// Throws `boost::system::system_error` if the port cannot be listened on. `reserve` may be shared, and must outlive it.
  StreamListener(const boost::asio::any_io_executor& executor, const Tcp::endpoint& local,
                 ReserveDescriptor& reserve, Calls calls)
      : acceptor_(executor), timer_(executor), reserve_(&reserve), calls_(std::move(calls)) {
    error_code error;
    acceptor_.open(local.protocol());
    acceptor_.set_option(Tcp::acceptor::reuse_address(true));
    acceptor_.bind(local, error);
    if (!error) acceptor_.listen(backlog, error);
    if (error) throw boost::system::system_error(error, "port " + std::to_string(local.port()));
    acceptor_.non_blocking(true);
    prepare_tcp(acceptor_.native_handle());
    port_ = acceptor_.local_endpoint().port();
  }

  /// Begins to accept. A `shared_ptr` must hold it.
  void start() { wait(); }
  /// The port on which it listens, also if it was to be any.
  std::uint16_t port() const noexcept { return port_; }
  /// Whether it pauses.
  bool paused() const noexcept { return paused_; }

  /// A descriptor was closed: a port that pauses tries again at once.
  void resume() {
    if (paused_) timer_.cancel();
  }

 private:
  static constexpr int max_in_a_row = 64;  // connections, before others have their turn

  /// Waits for a connection. Accepting in advance would fail without a descriptor even if no connection waits.
  void wait() {
    acceptor_.async_wait(Tcp::acceptor::wait_read, [weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!self) return;
      if (error) return self->pause_after(error);
      const struct Again {  // even if something is thrown
        StreamListener& listener;
        ~Again() {
          if (!listener.paused_) listener.wait();
        }
      } again{*self};
      for (int i = 0; i < max_in_a_row && !self->paused_; ++i)
        if (!self->accept()) break;
    });
  }

  /// False if no connection waits, or none can be accepted.
  bool accept() {
    error_code error;
    Tcp::socket socket(acceptor_.get_executor());
    acceptor_.accept(socket, error);
    if (is_of_descriptors(error)) error = turn_away();
    if (error == boost::asio::error::would_block) return false;
    if (error) return pause_after(error), false;
    if (!socket.is_open()) return true;  // one was turned away
    if (std::exchange(said_, false)) calls_.paused({port_, {}});
    reserve_->take();  // if it was lost
    prepare_tcp(socket.native_handle());
    calls_.taken(std::move(socket));
    return true;
  }

  static bool is_of_descriptors(const error_code& error) noexcept {
    return error == boost::system::errc::too_many_files_open ||
           error == boost::system::errc::too_many_files_open_in_system;
  }

  /// Turns a waiting connection away by means of the reserve.
  error_code turn_away() {
    if (!reserve_->held()) return boost::asio::error::no_descriptors;
    reserve_->give();
    error_code error;
    Tcp::socket socket(acceptor_.get_executor());
    acceptor_.accept(socket, error);
    if (!error) reset_tcp(socket);
    reserve_->take();
    if (!error) calls_.turned_away();
    return error;
  }

  /// Pauses for a while, also after an unforeseen error.
  void pause_after(const error_code& error) {
    paused_ = true;
    timer_.expires_after(pause);
    timer_.async_wait([weak = weak_from_this()](const error_code&) {
      const auto self = weak.lock();
      if (!self) return;
      self->paused_ = false;
      self->reserve_->take();
      self->wait();
    });
    if (!std::exchange(said_, true)) calls_.paused({port_, error});
  }

  Tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  ReserveDescriptor* reserve_;
  Calls calls_;
  std::uint16_t port_ = 0;
  bool paused_ = false;
  bool said_ = false;  // the pause was reported
};

}  // namespace ilnp
