#pragma once

// The HTTP server of the metrics.

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "metrics_text.hpp"

namespace program {

/// Answers GET and HEAD of /metrics on a TCP port or a UNIX socket. Slow, silent and hostile clients cost a bounded amount of memory
/// and time, and never hold up anybody else: connections, their time, and what they may send are limited, and when there are too many
/// connections, the oldest one gives way. One thread, that of the executor.
class MetricsServer {
 public:
  static constexpr std::size_t max_connections = 32;
  static constexpr std::size_t max_header = 8192;                    ///< octets of a request
  static constexpr auto request_time = std::chrono::seconds(30);     ///< for a whole request, and between two
  static constexpr auto reply_time = std::chrono::seconds(10);       ///< until a reply has been taken
  static constexpr auto freshness = std::chrono::milliseconds(100);  ///< metrics are not made more often

  using Render = std::function<std::string(MetricsFormat)>;

  /// `where`: `ADDRESS:PORT` (an IPv6 address in brackets; port 0: any), or the absolute path of a UNIX socket, which only the
  /// user can access. The file of a socket without a listener is replaced. Throws `UsageError`, `boost::system::system_error`.
  MetricsServer(const boost::asio::any_io_executor& executor, const std::string& where, Render render);
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  ~MetricsServer();

  /// A URL, or the path of the socket.
  const std::string& where() const noexcept { return where_; }
  /// Can others than programs on this host reach it?
  bool exposed() const noexcept { return exposed_; }

  class Listener;

 private:
  std::shared_ptr<Listener> listener_;
  std::string where_;
  bool exposed_ = false;
};

}  // namespace program
