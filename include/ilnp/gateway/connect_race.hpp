#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <span>

#include "../base/error.hpp"
#include "tcp_options.hpp"

namespace ilnp {

/// Connects to the first of several addresses of one host that answers (RFC 8305). Attempts begin one after the other, IPv6 and
/// IPv4 in turn, without waiting for the result of earlier ones. Has no time limit of its own. Lives as long as it runs or is
/// referenced.
class ConnectRace : public std::enable_shared_from_this<ConnectRace> {
 public:
  using Tcp = boost::asio::ip::tcp;
  /// Receives the connected socket, or the most useful error of all attempts.
  using Done = std::function<void(error_code, Tcp::socket)>;

  static constexpr auto attempt_delay = std::chrono::milliseconds(250);  ///< from one to the next
  static constexpr std::size_t max_attempts = 16;  ///< the most addresses that are tried

  /// `done` is called once, not from within a member function, unless the race is cancelled.
  ConnectRace(const boost::asio::any_io_executor& executor, Done done)
      : executor_(executor), timer_(executor), done_(std::move(done)) {}

  /// More addresses of the host, the better ones first.
  void add(std::span<const Tcp::endpoint> endpoints) {
    waiting_.insert(waiting_.end(), endpoints.begin(), endpoints.end());
    if (!holding_back_) advance();
  }
  /// There are no more addresses.
  void no_more() {
    complete_ = true;
    if (attempts_.empty()) advance();
  }
  /// Ends all attempts at once; `done` is not called any more.
  void cancel() {
    done_ = nullptr;
    error_code ignored;
    timer_.cancel();
    for (const auto& socket : attempts_) socket->close(ignored);
    attempts_.clear();
  }

 private:
  /// Begins the next attempt, or ends if there is none to wait for.
  void advance() {
    if (!done_) return;
    if (waiting_.empty() || begun_ == max_attempts) {
      if (attempts_.empty() && (complete_ || begun_ == max_attempts))
        boost::asio::post(executor_, [self = shared_from_this()] {
          if (self->done_) self->end(self->error_, Tcp::socket(self->executor_));
        });
      return;
    }
    begin(take_next());
    holding_back_ = true;
    timer_.expires_after(attempt_delay);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (error || !self->done_) return;
      self->holding_back_ = false;
      self->advance();
    });
  }

  /// The next address: of the other family than the last one, if possible.
  Tcp::endpoint take_next() {
    const auto other = std::ranges::find_if(waiting_, [this](const Tcp::endpoint& each) {
      return begun_ != 0 && each.address().is_v6() != last_was_v6_;
    });
    const auto next = other == waiting_.end() ? waiting_.begin() : other;
    Tcp::endpoint endpoint = *next;
    waiting_.erase(next);
    last_was_v6_ = endpoint.address().is_v6();
    ++begun_;
    return endpoint;
  }

  void begin(const Tcp::endpoint& endpoint) {
    const auto socket = std::make_shared<Tcp::socket>(executor_);
    attempts_.push_back(socket);
    error_code error;
    socket->open(endpoint.protocol(), error);
    if (error)
      return boost::asio::post(executor_,
                               [self = shared_from_this(), socket, error] { self->over(socket, error); });
    prepare_tcp(socket->native_handle());
    socket->async_connect(endpoint, [self = shared_from_this(), socket](const error_code& outcome) {
      self->over(socket, outcome);
    });
  }

  void over(const std::shared_ptr<Tcp::socket>& socket, const error_code& error) {
    if (!done_) return;
    attempts_.remove(socket);
    if (!error) return end(error, std::move(*socket));
    if (!error_ || worth(error) > worth(error_)) error_ = error;
    timer_.cancel();
    holding_back_ = false;
    advance();
  }
  /// The most useful of several errors: that of a host before that of the path to it.
  static int worth(const error_code& error) noexcept {
    namespace errc = boost::system::errc;
    if (error == errc::connection_refused) return 2;
    return error == errc::network_unreachable || error == errc::address_family_not_supported ? 0 : 1;
  }

  void end(const error_code& error, Tcp::socket socket) {
    const Done done = std::exchange(done_, nullptr);
    cancel();
    done(error, std::move(socket));
  }

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  Done done_;
  std::deque<Tcp::endpoint> waiting_;
  std::list<std::shared_ptr<Tcp::socket>> attempts_;
  std::size_t begun_ = 0;
  bool last_was_v6_ = false;
  bool holding_back_ = false;  // the next waits for the timer
  bool complete_ = false;
  error_code error_;
};

}  // namespace ilnp
