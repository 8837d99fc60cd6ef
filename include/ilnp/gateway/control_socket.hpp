#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "control_reply.hpp"

namespace ilnp {

/// A UNIX datagram socket that answers requests. Each request is a datagram of text. A client that passes a socket with it
/// (SCM_RIGHTS: one end of a `socketpair`) receives the complete reply there, whichever user it is and whichever files it sees.
/// Otherwise the reply is one datagram to the address that the client has bound. Never blocks: a reply that cannot be sent is
/// dropped.
///
/// If its file or its folder is removed, both are created again within two seconds,
/// unless another program has put something there. One thread.
///
/// `Handler` is called as `std::string handler(std::string_view request)`, or with the length of the longest possible reply as a
/// second argument. If it has a member `bool take(std::string_view request, OwnedSocket& through)`, that is called first for a request
/// with a stream socket: with true, it has taken the socket, to reply later, or again and again.
template <class Handler>
class ControlSocket {
 public:
  static constexpr std::size_t max_request = 4096;      ///< octets; the reply to a longer one is an error
  static constexpr std::size_t max_datagram = 60'000;   ///< octets of a reply to a bound address
  static constexpr std::size_t max_reply = 16'000'000;  ///< and of a reply through a passed socket
  static constexpr auto check_time = std::chrono::seconds(1);  ///< how often it checks its file

  /// Called when the file was gone: without an error if it was created again, else, once, with the reason.
  using OnLost = std::function<void(const error_code&)>;

  /// Binds `path`, readable and writable only for the user. The file of a socket without a listener is replaced.
  /// Throws `boost::system::system_error`: `address_in_use` if another program listens there, `file_exists` if it
  /// is another kind of file.
  ControlSocket(const boost::asio::any_io_executor& executor, std::string path, Handler handler,
                OnLost on_lost = {})
      : socket_(executor),
        timer_(executor),
        replies_(executor),
        path_(std::move(path)),
        handler_(std::move(handler)),
        on_lost_(std::move(on_lost)) {
    if (path_.empty()) fail(EINVAL, "an empty path for the control socket");
    if (path_.size() >= sizeof sockaddr_un::sun_path) fail(ENAMETOOLONG);
    open();
    check_later();
  }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Removes the file, unless another program has replaced it in the meantime.
  ~ControlSocket() {
    if (FileId(path_) == file_) ::unlink(path_.c_str());
  }

  /// As the constructor was given it.
  const std::string& path() const noexcept { return path_; }

 private:
  using Protocol = boost::asio::local::datagram_protocol;
  static constexpr int max_requests_in_a_row = 16;

  /// Which file a path names. Its numbers are not reused while the file is open.
  struct FileId {
    FileId() = default;
    explicit FileId(const std::string& path) {
      struct stat status {};
      if (::lstat(path.c_str(), &status) != 0) return;
      device = status.st_dev;
      number = status.st_ino;
      owner = status.st_uid;
    }
    bool exists() const noexcept { return number != 0; }
    friend bool operator==(const FileId& a, const FileId& b) noexcept {
      return a.device == b.device && a.number == b.number;
    }
    dev_t device = 0;
    ino_t number = 0;
    uid_t owner = 0;
  };

  [[noreturn]] void fail(int error, const char* what = "") const {
    throw boost::system::system_error(error, boost::system::system_category(), what + path_);
  }
  std::string folder() const {
    const auto slash = path_.rfind('/');
    return slash == path_.npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
  }

  void open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    Protocol::socket socket(socket_.get_executor());
    socket.open();
    socket.non_blocking(true);
    // On Linux the file takes the mode of the socket, so that there is no moment at which others could open
    // it.
    ::fchmod(socket.native_handle(), S_IRUSR | S_IWUSR);
    const auto bind = [&] {
      return ::bind(socket.native_handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    };
    if (!bind()) {
      if (errno != EADDRINUSE) fail(errno);
      make_room(address);
      if (!bind()) fail(errno);
    }
    file_ = FileId(path_);
    folder_ = FileId(folder());
    alive_ = std::make_shared<const int>();
    socket_ = std::move(socket);
    wait();
  }

  /// The path is taken: frees it if it is taken by a socket without an owner.
  void make_room(const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) fail(EEXIST);
    const FileId found(path_);
    Protocol::socket probe(socket_.get_executor());
    probe.open();
    probe.non_blocking(true);
    if (::connect(probe.native_handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      fail(EADDRINUSE, "another node answers on ");
    // EPROTOTYPE: a stream socket, so another program's
    if (errno == EPROTOTYPE) fail(EEXIST);
    if (errno != ECONNREFUSED && errno != ENOENT) fail(errno);
    if (FileId(path_) == found && ::unlink(path_.c_str()) != 0 && errno != ENOENT) fail(errno);
  }

  void check_later() {
    timer_.expires_after(check_time);
    timer_.async_wait([this, alive = std::weak_ptr<const int>(life_)](const error_code& error) {
      if (error || alive.expired()) return;
      check_later();
      check();
    });
  }
  /// Creates the file again if it is gone.
  void check() {
    if (FileId(path_) == file_) return;
    for (int i = 0; i < max_requests_in_a_row && answer(); ++i) {  // of clients that have found the old one
    }
    error_code error;
    try {
      make_folder();
      open();
    } catch (const boost::system::system_error& failed) {
      error = failed.code();
    }
    if (on_lost_ && (!error || error != lost_)) on_lost_(error);
    lost_ = error;
  }
  /// A folder that has replaced the first one must belong to the user or to root.
  void make_folder() const {
    if (::mkdir(folder().c_str(), S_IRWXU) != 0 && errno != EEXIST) fail(errno);
    const FileId now(folder());
    if (!(now == folder_) && now.owner != ::geteuid() && now.owner != 0) fail(EPERM);
  }

  void wait() {
    socket_.async_wait(Protocol::socket::wait_read,
                       [this, alive = std::weak_ptr<const int>(alive_)](const error_code& error) {
                         if (error || alive.expired()) return;
                         const Again again{*this};
                         for (int i = 0; i < max_requests_in_a_row && answer(); ++i) {
                         }
                       });
  }
  struct Again {  // even if the handler has thrown
    ControlSocket& socket;
    ~Again() { socket.wait(); }
  };

  /// Answers one request; false if none waits.
  bool answer() {
    std::array<char, max_request> request;
    sockaddr_un client{};
    PassedSockets passed;
    iovec buffer{request.data(), request.size()};
    msghdr header{};
    header.msg_name = &client;
    header.msg_namelen = sizeof client;
    header.msg_iov = &buffer;
    header.msg_iovlen = 1;
    passed.attach(header);
    const ssize_t size =
        ::recvmsg(socket_.native_handle(), &header, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    if (size < 0) return errno == EINTR;
    passed.take(header);
    // A request is not carried out if its reply cannot be sent where it should go.
    const char* problem = passed.any() ? passed.problem() : nullptr;
    if ((header.msg_flags & MSG_TRUNC) != 0) problem = "error: request too long";
    OwnedSocket through = passed.first();
    const bool whole = through.native_handle() >= 0 && PassedSockets::type_of(through) != SOCK_DGRAM;
    const std::string_view words(request.data(), std::min(static_cast<std::size_t>(size), request.size()));
    if constexpr (requires { handler_.take(words, through); })
      if (problem == nullptr && whole && handler_.take(words, through)) return true;
    std::string text = problem != nullptr ? problem : handle(words, whole ? max_reply : max_datagram);
    if (through.native_handle() >= 0) {
      replies_.send(std::move(through), std::move(text));
    } else if (header.msg_namelen > sizeof client.sun_family) {
      if (!send(text, client, header.msg_namelen) && errno == EMSGSIZE)
        send("error: reply too long", client, header.msg_namelen);
    }
    return true;
  }

  std::string handle(std::string_view request, std::size_t limit) {
    if constexpr (std::is_invocable_v<Handler&, std::string_view, std::size_t>) {
      return handler_(request, limit);
    } else {
      return handler_(request);
    }
  }

  bool send(std::string_view text, const sockaddr_un& client, socklen_t client_size) noexcept {
    return ::sendto(socket_.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&client), client_size) >= 0;
  }

  Protocol::socket socket_;
  boost::asio::steady_timer timer_;
  ControlReplies replies_;
  std::string path_;
  Handler handler_;
  OnLost on_lost_;
  FileId file_;
  FileId folder_;
  error_code lost_;
  std::shared_ptr<const int> alive_;  // a new one for each socket
  std::shared_ptr<const int> life_ = std::make_shared<const int>();
};

}  // namespace ilnp
