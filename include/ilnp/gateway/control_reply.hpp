#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../posix/socket.hpp"

namespace ilnp {

/// The descriptors that came with a message (SCM_RIGHTS). Owns them: it closes all of them, whatever they are, and closing does
/// not block.
class PassedSockets {
 public:
  static constexpr std::size_t max_passed = 4;  ///< of one message; the kernel closes the others

  /// Makes room for them in `header`, which refers to this object from then on.
  void attach(msghdr& header) noexcept {
    header.msg_control = control_;
    header.msg_controllen = sizeof control_;
  }
  /// Takes the descriptors that `recvmsg` has put there.
  void take(msghdr& header) noexcept {
    lost_ = (header.msg_flags & MSG_CTRUNC) != 0;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
      if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count && count_ < max_passed; ++i) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(item) + i * sizeof descriptor, sizeof descriptor);
        // A TCP socket that lingers would make `close` wait for its peer.
        const linger at_once{};
        (void)set_option(descriptor, SOL_SOCKET, SO_LINGER, at_once);
        sockets_[count_++] = OwnedSocket(descriptor);
      }
    }
  }

  /// Whether any came, even if some could not be taken.
  bool any() const noexcept { return count_ != 0 || lost_; }
  /// Why a reply cannot go to any of them; null if it can.
  const char* problem() const noexcept {
    if (count_ == 0) return "error: the socket that was passed is lost: the proxy has no descriptor left";
    if (count_ > 1 || lost_) return "error: more than one descriptor was passed";
    const int type = type_of(sockets_[0]);
    if (type == SOCK_STREAM || type == SOCK_SEQPACKET || type == SOCK_DGRAM) return nullptr;
    return "error: what was passed is not a UNIX socket";
  }
  /// The first, if a reply can go there.
  OwnedSocket first() noexcept {
    return count_ != 0 && type_of(sockets_[0]) >= 0 ? std::move(sockets_[0]) : OwnedSocket();
  }

  /// The type of a UNIX socket; -1 for anything else.
  static int type_of(const OwnedSocket& socket) noexcept {
    if (get_option(socket.native_handle(), SOL_SOCKET, SO_DOMAIN) != AF_UNIX) return -1;
    return get_option(socket.native_handle(), SOL_SOCKET, SO_TYPE);
  }

 private:
  alignas(cmsghdr) std::byte control_[CMSG_SPACE(max_passed * sizeof(int))];
  std::array<OwnedSocket, max_passed> sockets_;
  std::size_t count_ = 0;
  bool lost_ = false;
};

/// Replies of any length, to be sent through sockets that clients have passed. They do not block the node: what a socket does not
/// accept at once waits, within the limits below. One thread.
///
/// A socket is closed when its reply was sent. If the client has first written an octet to its own end, which is read only after
/// the reply, it sees an end after the complete reply, and a reset (ECONNRESET) after a part of it.
class ControlReplies {
 public:
  static constexpr std::size_t max_waiting = 16;                ///< beyond that, the oldest is dropped
  static constexpr std::size_t max_octets = 32'000'000;         ///< of all that wait; likewise
  static constexpr auto time_limit = std::chrono::seconds(10);  ///< for the client to take its reply

  /// Waits on `executor` for sockets to accept more.
  explicit ControlReplies(const boost::asio::any_io_executor& executor) : executor_(executor) {}

  /// Sends `text`, then closes `to`. A failure shows to the client only, as above.
  void send(OwnedSocket to, std::string text) {
    const bool datagram = PassedSockets::type_of(to) == SOCK_DGRAM;
    std::string_view rest = text;
    if (push(to.native_handle(), datagram, rest)) return;
    const std::size_t left = rest.size();
    while (!waiting_.empty() && (waiting_.size() >= max_waiting || octets_ + left > max_octets)) forget();
    text = std::string(rest);  // of the text, or what takes its place
    const auto reply = std::make_shared<Reply>(executor_, std::move(to), std::move(text), datagram);
    error_code error;
    reply->watched.assign(reply->socket.native_handle(), error);
    if (error) return;  // the system cannot watch it: dropped, and the client sees a reset
    waiting_.push_back(reply);
    octets_ += left;
    reply->limit.async_wait([this, weak = std::weak_ptr<Reply>(reply)](const error_code& failed) {
      if (const auto still = weak.lock(); still && !failed) forget(still);
    });
    wait(*reply, reply);
  }

 private:
  struct Reply {
    Reply(const boost::asio::any_io_executor& executor, OwnedSocket to, std::string what, bool is_datagram)
        : text(std::move(what)),
          rest(text),
          datagram(is_datagram),
          socket(std::move(to)),
          watched(executor),
          limit(executor, time_limit) {}
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() { watched.release(); }  // the socket closes it

    std::string text;
    std::string_view rest;
    bool datagram;
    OwnedSocket socket;
    boost::asio::posix::stream_descriptor watched;
    boost::asio::steady_timer limit;
  };

  void wait(Reply& reply, std::weak_ptr<Reply> weak) {
    reply.watched.async_wait(boost::asio::posix::descriptor_base::wait_write,
                             [this, weak = std::move(weak)](const error_code& error) {
                               const auto still = weak.lock();
                               if (!still || error) return;
                               if (push(still->socket.native_handle(), still->datagram, still->rest))
                                 return forget(still);
                               wait(*still, still);
                             });
  }
  void forget(const std::shared_ptr<Reply>& reply) {
    const auto found = std::find(waiting_.begin(), waiting_.end(), reply);
    if (found == waiting_.end()) return;
    octets_ -= std::min(octets_, (*found)->text.size());
    waiting_.erase(found);
  }
  void forget() { forget(std::shared_ptr<Reply>(waiting_.front())); }

  static constexpr std::string_view too_long = "error: reply too long";

  /// Sends as much of `rest` as the socket accepts. True if it is done: everything was sent, or the client has gone.
  static bool push(int socket, bool datagram, std::string_view& rest) noexcept {
    std::size_t piece = datagram ? rest.size() : std::min<std::size_t>(rest.size(), 32 * 1024);
    while (!rest.empty() || datagram) {
      piece = std::min(piece, rest.size());
      const ssize_t sent = ::send(socket, rest.data(), piece, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
      if (sent < 0 && errno == EMSGSIZE && piece > 1 && !datagram) {  // packets, and a small buffer
        piece /= 2;
        continue;
      }
      if (sent < 0 && errno == EMSGSIZE && rest != too_long) {
        rest = too_long;
        continue;
      }
      if (sent < 0 || datagram) return true;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::array<char, 256> unread;
    (void)::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT);
    return true;
  }

  boost::asio::any_io_executor executor_;
  std::deque<std::shared_ptr<Reply>> waiting_;
  std::size_t octets_ = 0;
};

}  // namespace ilnp
