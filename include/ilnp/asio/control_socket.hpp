#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../error.hpp"

namespace ilnp {

/// A UNIX datagram socket that answers each request, one datagram of text, with another. Never blocks: an
/// answer that cannot be taken at once, or has nowhere to go since the client did not bind an address, is
/// dropped. One thread.
///
/// `Handler` is called as `std::string handler(std::string_view request)`.
template <class Handler>
class ControlSocket {
 public:
  static constexpr std::size_t max_request = 4096;  ///< octets; what is longer gets an error for an answer

  /// Binds `path`, readable and writable for the user alone. The file of a socket that nobody listens to any
  /// more is replaced. Throws `boost::system::system_error`: `address_in_use` if somebody answers there,
  /// `file_exists` if it is another kind of file.
  ControlSocket(const boost::asio::any_io_executor& executor, std::string path, Handler handler)
      : socket_(executor), path_(std::move(path)), handler_(std::move(handler)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty()) fail(EINVAL, "an empty path for the control socket");
    if (path_.size() >= sizeof address.sun_path) fail(ENAMETOOLONG);
    path_.copy(address.sun_path, path_.size());
    socket_.open();
    socket_.non_blocking(true);
    // On Linux the file takes the mode of the socket, so that there is no moment at which others could open
    // it.
    ::fchmod(socket_.native_handle(), S_IRUSR | S_IWUSR);
    const auto bind = [&] {
      return ::bind(socket_.native_handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
             0;
    };
    if (!bind()) {
      if (errno != EADDRINUSE) fail(errno);
      make_room(address);
      if (!bind()) fail(errno);
    }
    struct stat status {};
    if (::stat(path_.c_str(), &status) == 0) inode_ = status.st_ino;
    wait();
  }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Removes the file, unless somebody else has put another one there meanwhile.
  ~ControlSocket() {
    struct stat status {};
    if (::stat(path_.c_str(), &status) == 0 && status.st_ino == inode_) ::unlink(path_.c_str());
  }

  const std::string& path() const noexcept { return path_; }

 private:
  static constexpr int max_requests_in_a_row = 16;

  [[noreturn]] void fail(int error, const char* what = "") const {
    throw boost::system::system_error(error, boost::system::system_category(), what + path_);
  }

  /// The path is taken: frees it if that is by a socket without an owner.
  void make_room(const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) fail(EEXIST);
    boost::asio::local::datagram_protocol::socket probe(socket_.get_executor());
    probe.open();
    if (::connect(probe.native_handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      fail(EADDRINUSE, "another proxy answers on ");
    // EPROTOTYPE: a stream socket, so somebody else's
    if (errno == EPROTOTYPE) fail(EEXIST);
    if (errno != ECONNREFUSED && errno != ENOENT) fail(errno);
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) fail(errno);
  }

  void wait() {
    socket_.async_wait(decltype(socket_)::wait_read,
                       [this, alive = std::weak_ptr<const int>(alive_)](const error_code& error) {
                         if (error || alive.expired()) return;
                         for (int i = 0; i < max_requests_in_a_row && answer(); ++i) {
                         }
                         wait();
                       });
  }

  /// Answers one request; false if none waits.
  bool answer() {
    std::array<char, max_request> request;
    sockaddr_un client{};
    socklen_t client_size = sizeof client;
    const ssize_t size =
        ::recvfrom(socket_.native_handle(), request.data(), request.size(), MSG_DONTWAIT | MSG_TRUNC,
                   reinterpret_cast<sockaddr*>(&client), &client_size);
    if (size < 0) return false;
    const auto length = static_cast<std::size_t>(size);
    const std::string text = length > request.size() ? "error: request too long"
                                                     : handler_(std::string_view(request.data(), length));
    if (client_size > sizeof client.sun_family && !send(text, client, client_size) && errno == EMSGSIZE)
      send("error: answer too long", client, client_size);
    return true;
  }

  bool send(std::string_view text, const sockaddr_un& client, socklen_t client_size) noexcept {
    return ::sendto(socket_.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&client), client_size) >= 0;
  }

  boost::asio::local::datagram_protocol::socket socket_;
  std::string path_;
  Handler handler_;
  ino_t inode_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace ilnp
