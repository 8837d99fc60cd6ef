// The control socket: answers, and everything that clients and file systems do wrong.
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <ilnp/asio/control_socket.hpp>

#include "pair.hpp"

namespace ilnp::test::control_socket_test {

/// A folder of the test's own.
struct Folder {
  Folder() { BOOST_TEST_REQUIRE((::mkdtemp(path.data()) != nullptr)); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + '/' + name; }
  std::string path = "/tmp/ilnp-test-XXXXXX";
};

sockaddr_un address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

struct Client {
  explicit Client(const std::string& own = {}) : descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un name = address(own);
    if (!own.empty())
      BOOST_TEST_REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(descriptor); }

  bool send(const std::string& path, const std::string& request) const {
    const sockaddr_un to = address(path);
    return ::sendto(descriptor, request.data(), request.size(), MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0;
  }
  /// What came; none if nothing did.
  std::optional<std::string> receive() const {
    std::string text(1 << 18, '\0');
    const ssize_t size = ::recv(descriptor, text.data(), text.size(), MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(size));
    return text;
  }
  int descriptor;
};

auto echo() {
  return [](std::string_view request) { return "you said: " + std::string(request); };
}

struct Setting {
  Folder folder;
  std::string path = folder / "control";
  boost::asio::io_context io{1};

  std::string ask(const std::string& request) {
    static int number = 0;
    const Client client(folder / ("client" + std::to_string(++number)));
    BOOST_TEST(client.send(path, request));
    std::optional<std::string> answer;
    run_until(io, [&] { return (answer = client.receive()).has_value(); });
    return *answer;
  }
};

BOOST_FIXTURE_TEST_CASE(each_request_has_its_answer, Setting) {
  const ControlSocket control(io.get_executor(), path, echo());
  BOOST_TEST(control.path() == path);
  BOOST_TEST(ask("10001 bob 10001") == "you said: 10001 bob 10001");
  BOOST_TEST(ask("") == "you said: ");
  BOOST_TEST(ask(std::string("a\0b", 3)) == std::string("you said: a\0b", 13));
  const std::string longest(4096, 'x');
  BOOST_TEST(ask(longest) == "you said: " + longest);
}

BOOST_FIXTURE_TEST_CASE(many_at_once, Setting) {
  const ControlSocket control(io.get_executor(), path, echo());
  const Client client(folder / "client");
  // As many as the kernel queues for one socket.
  int sent = 0;
  while (sent < 50 && client.send(path, std::to_string(sent))) ++sent;
  BOOST_TEST(sent >= 10);
  for (int i = 0; i < sent; ++i) {
    std::optional<std::string> answer;
    run_until(io, [&] { return (answer = client.receive()).has_value(); });
    BOOST_TEST(*answer == "you said: " + std::to_string(i));
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_too_long_is_said, Setting) {
  const ControlSocket control(io.get_executor(), path,
                              [](std::string_view) { return std::string(10'000'000, 'x'); });
  BOOST_TEST(ask(std::string(4097, 'x')) == "error: request too long");
  BOOST_TEST(ask("an endless answer, please") == "error: answer too long");
}

BOOST_FIXTURE_TEST_CASE(who_cannot_be_answered_does_no_harm, Setting) {
  const ControlSocket control(io.get_executor(), path, echo());
  const Client nameless;
  BOOST_TEST(nameless.send(path, "no address"));
  {
    const Client gone(folder / "gone");
    BOOST_TEST(gone.send(path, "and away"));
  }
  // One that never reads: its answers fill its queue, and then they are dropped.
  const Client deaf(folder / "deaf");
  for (int i = 0; i < 100; ++i) {
    deaf.send(path, "hear nothing");
    settle(io);
  }
  BOOST_TEST(!nameless.receive().has_value());
  BOOST_TEST(ask("still there?") == "you said: still there?");
}

BOOST_FIXTURE_TEST_CASE(only_the_user_may_ask, Setting) {
  const ::mode_t before = ::umask(0);
  const ControlSocket control(io.get_executor(), path, echo());
  ::umask(before);
  struct stat status {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777u) == 0600u);
}

template <class F>
std::string error_of(F&& f) {
  try {
    f();
    return {};
  } catch (const boost::system::system_error& error) {
    return error.what();
  }
}

BOOST_FIXTURE_TEST_CASE(the_file_is_gone_at_the_end, Setting) {
  { const ControlSocket control(io.get_executor(), path, echo()); }
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_FIXTURE_TEST_CASE(a_socket_that_was_left_behind_is_replaced, Setting) {
  { const Client crashed(path); }  // closed, and its file is still there
  BOOST_TEST(std::filesystem::exists(path));
  const ControlSocket control(io.get_executor(), path, echo());
  BOOST_TEST(ask("new?") == "you said: new?");
}

BOOST_FIXTURE_TEST_CASE(a_socket_in_use_is_left_alone, Setting) {
  const ControlSocket first(io.get_executor(), path, echo());
  const std::string error = error_of([&] { ControlSocket(io.get_executor(), path, echo()); });
  BOOST_TEST((error.find("another proxy answers on " + path) != error.npos));
  BOOST_TEST(ask("you?") == "you said: you?");
}

BOOST_FIXTURE_TEST_CASE(another_file_is_left_alone, Setting) {
  std::ofstream(path) << "precious";
  const std::string error = error_of([&] { ControlSocket(io.get_executor(), path, echo()); });
  BOOST_TEST((error.find(path) != error.npos));
  std::string content;
  std::ifstream(path) >> content;
  BOOST_TEST(content == "precious");
}

BOOST_FIXTURE_TEST_CASE(a_successor_s_file_is_left_alone, Setting) {
  {
    const ControlSocket control(io.get_executor(), path, echo());
    std::filesystem::rename(path, folder / "moved");
    std::ofstream(path) << "another's";
  }
  BOOST_TEST(std::filesystem::exists(path));
}

BOOST_FIXTURE_TEST_CASE(paths_that_cannot_be, Setting) {
  for (const std::string& bad : {std::string(), std::string(200, 'x'), folder / "no/such/folder"})
    BOOST_TEST(!error_of([&] { ControlSocket(io.get_executor(), bad, echo()); }).empty());
}

BOOST_FIXTURE_TEST_CASE(nothing_runs_after_the_end, Setting) {
  const Client client(folder / "client");
  {
    const ControlSocket control(io.get_executor(), path, echo());
    BOOST_TEST(client.send(path, "too late"));
  }
  settle(io);
  BOOST_TEST(io.stopped());
  BOOST_TEST(!client.receive().has_value());
}

}  // namespace ilnp::test::control_socket_test
