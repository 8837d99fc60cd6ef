// Asks a running ilnp-proxy to create, show or remove mappings.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "common.hpp"
#include "control_path.hpp"

namespace {

/// Sends requests to a proxy. Each request passes one end of a socket pair, and the reply arrives at the other. So it does not matter
/// who runs the proxy and which files it sees.
class Client {
 public:
  /// `path`: of its socket.
  explicit Client(std::string path) : path_(std::move(path)) {
    if (const int error = connect(path_)) fail("no proxy answers on " + path_, error);
  }
  /// Looks for one.
  Client() {
    std::string tried;
    for (const program::ControlPlace& place : program::client_places()) {
      path_ = place.path();
      std::string problem = place.problem();
      if (problem.empty()) {
        const int error = connect(path_);
        if (error == 0) return;
        problem = std::strerror(error);
      }
      tried += (tried.empty() ? "" : "; ") + path_ + ": " + problem;
    }
    throw std::runtime_error("no proxy answers; tried " + tried);
  }

  /// The proxy's reply. Throws if there is none.
  std::string ask(const std::string& request) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      fail("cannot create a pair of sockets");
    const ilnp::OwnedSocket here(ends[0]);
    ilnp::OwnedSocket there(ends[1]);
    // The proxy reads this after the complete reply. If it remains unread, the end of the reply is a reset.
    if (::send(here.native_handle(), "\n", 1, MSG_NOSIGNAL) != 1) fail("cannot write to a socket");
    send(request, there.native_handle());
    there = ilnp::OwnedSocket();

    std::string reply;
    std::array<char, 64 * 1024> part;
    while (true) {
      pollfd ready{here.native_handle(), POLLIN, 0};
      if (::poll(&ready, 1, patience * 1000) <= 0)
        throw std::runtime_error("no reply from the proxy on " + path_);
      const ssize_t size = ::recv(here.native_handle(), part.data(), part.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) fail("incomplete reply from the proxy on " + path_);
      if (size == 0) return reply;
      reply.append(part.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  static constexpr int patience = 5;  // seconds without an octet

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
      throw std::runtime_error("no reply from the proxy on " + path_ + ": it accepts no requests");
    fail("no proxy answers on " + path_);
  }

  [[noreturn]] static void fail(const std::string& what, int error = errno) {
    throw std::runtime_error(what + ": " + std::strerror(error));
  }

  std::string path_;
  ilnp::OwnedSocket socket_;
};

/// A line from the proxy, safe for a terminal: names in it are escaped, but something else might reply there.
std::string shown(std::string_view line) { return ilnp::printable(line, ilnp::Escape::unsafe); }

/// Throws the error that the proxy reports.
std::string checked(const std::string& reply) {
  constexpr std::string_view mark = "error: ";
  if (reply.starts_with(mark)) throw std::runtime_error(shown(reply.substr(mark.size())));
  return reply;
}

/// A word of a request, between blanks.
std::string word(const char* what, const std::string& text) {
  if (text.empty() || text.find_first_of(" \t\r\n") != text.npos)
    throw program::UsageError(
        std::string(what) + " \"" + text + "\": " +
        (text.empty() ? "empty"
                      : "a running proxy accepts no name with blanks; start it with --map instead"));
  return text;
}

/// Prints lines, each safe for a terminal.
void print(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::cout << shown(text.substr(0, end)) << '\n';
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

/// A long list arrives in parts; all but the last end with `more PORT`.
void print_list(Client& client) {
  for (std::string request = "list"; !request.empty();) {
    std::string reply = checked(client.ask(request));
    request.clear();
    constexpr std::string_view mark = "more ";
    const auto last = reply.size() < 2 ? 0 : reply.rfind('\n', reply.size() - 2) + 1;  // npos + 1 is 0
    if (std::string_view(reply).substr(last).starts_with(mark)) {
      request = "list " + reply.substr(last + mark.size());
      reply.resize(last);
    }
    print(reply);
  }
}

/// The request that the command line asks for.
std::string read_request(const program::CommandLine& line) {
  const auto excludes = [&](std::string_view option, std::initializer_list<const char*> others) {
    for (const char* other : others)
      if (line.has(other))
        throw program::UsageError("--" + std::string(option) + " can be combined only with --control");
  };
  for (const std::string_view query : {"list", "hosts", "counters"}) {
    if (!line.has(query.data())) continue;
    excludes(query, {"LOCAL_PORT", "remove", "any", "replace"});
    for (const char* other : {"list", "hosts", "counters"})
      if (other != query) excludes(query, {other});
    return std::string(query);
  }
  if (line.has("remove")) {
    // The word after the port is where that of a mapping would be.
    excludes("remove", {"REMOTE_HOST", "any", "replace"});
    return "remove " + word("LOCAL_PORT", line.value("remove")) +
           (line.has("LOCAL_PORT") ? ' ' + word("REMOTE_HOST", line["LOCAL_PORT"]) : "");
  }
  std::string request;
  for (const char* name : {"LOCAL_PORT", "REMOTE_HOST", "REMOTE_PORT"})
    request += word(name, line[name]) + ' ';
  for (const char* option : {"any", "replace"})
    if (line.has(option)) request += std::string(option) + ' ';
  request.pop_back();
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-proxy-create", [&] {
    program::CommandLine line(
        "ilnp-proxy-create [OPTIONS] LOCAL_PORT REMOTE_HOST REMOTE_PORT\n"
        "       ilnp-proxy-create [--control PATH] --remove LOCAL_PORT [REMOTE_HOST]\n"
        "       ilnp-proxy-create [--control PATH] --list | --hosts | --counters",
        "Maps LOCAL_PORT on this host to REMOTE_PORT on REMOTE_HOST in a running ilnp-proxy, in both "
        "directions,\n"
        "and prints the port on which the proxy listens.\n\n"
        "If several proxies run on one machine, even in network namespaces, each needs its own --control.");
    line.add_options()                                                                                  //
        ("control", program::options::value<std::string>()->value_name("PATH"), program::control_help)  //
        ("any", "deliver datagrams from any node, not only from REMOTE_HOST")                           //
        ("replace", "replace the mapping of LOCAL_PORT")                                                //
        ("list", "show the mappings")                                                                   //
        ("remove", program::options::value<std::string>()->value_name("LOCAL_PORT"),
         "remove all mappings of LOCAL_PORT, or the one to REMOTE_HOST")  //
        ("hosts", "show the nodes that the proxy knows")                  //
        ("counters", "show the counters of the proxy's layers");
    for (const char* name : {"LOCAL_PORT", "REMOTE_HOST", "REMOTE_PORT"}) line.argument(name);
    if (!line.parse(argc, argv)) return 0;

    const std::string request = read_request(line);
    Client client = line.has("control") ? Client(line.value("control")) : Client();
    if (request == "list") {
      print_list(client);
    } else {
      print(checked(client.ask(request)));
    }
    return 0;
  });
}
