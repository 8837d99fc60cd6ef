#pragma once

// The client side of the control sockets: how ilnp-ctl and ilnp-proxy-create reach a running node.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ilnp/posix/socket.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "control_path.hpp"

namespace program {

/// Sends requests to a node. Each request passes one end of a socket pair, and the reply arrives at the other. So it does not matter
/// who runs the node and which files it sees.
class ControlClient {
 public:
  static constexpr int patience = 5;  ///< seconds without an octet of a reply
  /// Octets of a reply that are kept. A node sends no longer ones, so something else replies.
  static constexpr std::size_t max_reply = 20'000'000;

  /// `what`: the kind of node, for messages ("proxy"). `path`: of its socket.
  ControlClient(std::string what, std::string path) : what_(std::move(what)), path_(std::move(path)) {
    if (const int error = connect(path_)) fail("no " + what_ + " answers on " + path_, error);
  }
  /// Looks for one.
  explicit ControlClient(std::string what) : what_(std::move(what)) {
    std::string tried;
    for (const ControlPlace& place : client_places()) {
      path_ = place.path();
      std::string problem = place.problem();
      if (problem.empty()) {
        const int error = connect(path_);
        if (error == 0) return;
        problem = std::strerror(error);
      }
      tried += (tried.empty() ? "" : "; ") + path_ + ": " + problem;
    }
    throw std::runtime_error("no " + what_ + " answers; tried " + tried);
  }

  const std::string& path() const noexcept { return path_; }

  /// The node's reply. Throws if there is none.
  std::string ask(const std::string& request) {
    Reply reply = begin(request);
    std::string text;
    while (reply.read(text, patience * 1000)) {
    }
    if (!reply.ended()) throw std::runtime_error("no reply from the " + what_ + " on " + path_);
    return text;
  }

  /// A reply that is read as it arrives.
  class Reply {
   public:
    /// Appends to `text` what arrives within `milliseconds` (-1: no limit). False at the end, or if nothing came. Throws if
    /// the node broke off.
    bool read(std::string& text, int milliseconds) {
      pollfd ready{socket_.native_handle(), POLLIN, 0};
      if (::poll(&ready, 1, milliseconds) <= 0) return false;
      std::array<char, 64 * 1024> part;
      const ssize_t size = ::recv(socket_.native_handle(), part.data(), part.size(), 0);
      if (size < 0 && errno == EINTR) return true;
      if (size < 0) fail("incomplete reply from the " + from_);
      ended_ = size == 0;
      if (text.size() + static_cast<std::size_t>(size) > max_reply)
        throw std::runtime_error("the reply of the " + from_ + " has no end");
      text.append(part.data(), static_cast<std::size_t>(size));
      return !ended_;
    }
    bool ended() const noexcept { return ended_; }
    int native_handle() const noexcept { return socket_.native_handle(); }

   private:
    friend class ControlClient;
    Reply(int socket, std::string from) : socket_(socket), from_(std::move(from)) {}
    ilnp::OwnedSocket socket_;
    std::string from_;
    bool ended_ = false;
  };

  /// Sends a request. Throws if nobody takes it.
  Reply begin(const std::string& request) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      fail("cannot create a pair of sockets");
    Reply reply(ends[0], what_ + " on " + path_);
    const ilnp::OwnedSocket there(ends[1]);
    // The node reads this after the complete reply. If it remains unread, the end of the reply is a reset.
    if (::send(ends[0], "\n", 1, MSG_NOSIGNAL) != 1) fail("cannot write to a socket");
    send(request, ends[1]);
    return reply;
  }

 private:
  /// 0, or the error.
  int connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
      throw std::runtime_error(path + ": too long for the path of a UNIX socket");
    path.copy(address.sun_path, path.size());
    socket_ = ilnp::OwnedSocket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket_.native_handle() < 0) return errno;
    const timeval limit{patience, 0};
    (void)ilnp::set_option(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, limit);
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(socket_.native_handle(), to, sizeof address) == 0 ? 0 : errno;
  }

  void send(const std::string& request, int reply) {
    iovec text{const_cast<char*>(request.data()), request.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof reply)> control{};
    msghdr header{};
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof reply);
    std::memcpy(CMSG_DATA(item), &reply, sizeof reply);
    if (::sendmsg(socket_.native_handle(), &header, MSG_NOSIGNAL) >= 0) return;
    if (errno == EAGAIN)
      throw std::runtime_error("no reply from the " + what_ + " on " + path_ + ": it accepts no requests");
    fail("no " + what_ + " answers on " + path_);
  }

  [[noreturn]] static void fail(const std::string& what, int error = errno) {
    throw std::runtime_error(what + ": " + std::strerror(error));
  }

  std::string what_;
  std::string path_;
  ilnp::OwnedSocket socket_;
};

}  // namespace program
