// Asks a running ilnp-proxy to make, show or end mappings.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "common.hpp"
#include "control_path.hpp"

namespace {

/// A UNIX socket with an address of its own, for the answer to come to; both are gone with the object.
class Client {
 public:
  explicit Client(std::string proxy)
      : proxy_(std::move(proxy)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    // A file, not Linux's abstract names: those end at the border of a network namespace.
    if (socket_ < 0 || ::mkdtemp(folder_.data()) == nullptr) fail("no folder for the answer in /tmp");
    const sockaddr_un own = address(folder_ + "/answer");
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) fail(own.sun_path);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    ::close(socket_);
    ::unlink((folder_ + "/answer").c_str());
    ::rmdir(folder_.c_str());
  }

  /// The proxy's answer. Throws if there is none.
  std::string ask(const std::string& request) {
    const sockaddr_un to = address(proxy_);
    if (::sendto(socket_, request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                 sizeof to) < 0)
      fail("no proxy answers on " + proxy_);
    pollfd ready{socket_, POLLIN, 0};
    constexpr int patience = 5000;  // milliseconds
    if (::poll(&ready, 1, patience) <= 0) throw std::runtime_error("no answer from the proxy on " + proxy_);
    std::string answer(1 << 17, '\0');
    const ssize_t size = ::recv(socket_, answer.data(), answer.size(), 0);
    if (size < 0) fail(proxy_);
    answer.resize(static_cast<std::size_t>(size));
    return answer;
  }

 private:
  static sockaddr_un address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
      throw std::runtime_error(path + ": too long for the path of a socket");
    path.copy(address.sun_path, path.size());
    return address;
  }
  [[noreturn]] static void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
  }

  std::string proxy_;
  std::string folder_ = "/tmp/ilnp-XXXXXX";
  int socket_;
};

/// A line of the proxy's, fit for a terminal: names in it are escaped, but who knows what answers there.
std::string shown(std::string_view line) { return ilnp::printable(line, ilnp::Escape::unsafe); }

/// Throws what the proxy says was wrong.
std::string checked(const std::string& answer) {
  constexpr std::string_view mark = "error: ";
  if (answer.starts_with(mark)) throw std::runtime_error(shown(answer.substr(mark.size())));
  return answer;
}

/// A word of a request, between blanks.
std::string word(const char* what, const std::string& text) {
  if (text.empty() || text.find_first_of(" \t\r\n") != text.npos)
    throw program::UsageError(
        std::string(what) + " \"" + text +
        "\": " + (text.empty() ? "empty" : "the proxy cannot be told of names with blanks; give it --map"));
  return text;
}

/// Prints lines, each fit for a terminal.
void print(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::cout << shown(text.substr(0, end)) << '\n';
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

/// A long list comes in parts, all but the last of which end with `more PORT`.
void print_list(Client& client) {
  for (std::string request = "list"; !request.empty();) {
    std::string answer = checked(client.ask(request));
    request.clear();
    constexpr std::string_view mark = "more ";
    const auto last = answer.size() < 2 ? 0 : answer.rfind('\n', answer.size() - 2) + 1;  // npos + 1 is 0
    if (std::string_view(answer).substr(last).starts_with(mark)) {
      request = "list " + answer.substr(last + mark.size());
      answer.resize(last);
    }
    print(answer);
  }
}

/// What the command line asks for, as the proxy takes it.
std::string read_request(const program::CommandLine& line) {
  const auto excludes = [&](std::string_view option, std::initializer_list<const char*> others) {
    for (const char* other : others)
      if (line.has(other))
        throw program::UsageError("--" + std::string(option) + " goes with nothing but --control");
  };
  for (const std::string_view question : {"list", "hosts", "counters"}) {
    if (!line.has(question.data())) continue;
    excludes(question, {"LOCAL_PORT", "remove", "any", "replace"});
    for (const char* other : {"list", "hosts", "counters"})
      if (other != question) excludes(question, {other});
    return std::string(question);
  }
  if (line.has("remove")) {
    // The word after the port stands where a mapping's first would.
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
        "Has a running ilnp-proxy carry what a program sends from LOCAL_PORT on this host to REMOTE_PORT on "
        "REMOTE_HOST,\n"
        "and back; prints the port on which the proxy listens.\n\n"
        "Hosts that are network namespaces of one machine share its name and folders: give each proxy a\n"
        "--control of its own.");
    line.add_options()                                                              //
        ("control", program::options::value<std::string>(), program::control_help)  //
        ("any", "deliver datagrams from any node, not only from REMOTE_HOST")       //
        ("replace", "in place of the mapping that LOCAL_PORT has")                  //
        ("list", "show the mappings")                                               //
        ("remove", program::options::value<std::string>()->value_name("LOCAL_PORT"),
         "end all mappings of LOCAL_PORT, or that to REMOTE_HOST")  //
        ("hosts", "show the nodes that the proxy knows")            //
        ("counters", "show what the proxy's layers have counted");
    for (const char* name : {"LOCAL_PORT", "REMOTE_HOST", "REMOTE_PORT"}) line.argument(name);
    if (!line.parse(argc, argv)) return 0;

    const std::string request = read_request(line);
    Client client(line.has("control") ? line.value("control") : program::default_control_path());
    if (request == "list") {
      print_list(client);
    } else {
      print(checked(client.ask(request)));
    }
    return 0;
  });
}
