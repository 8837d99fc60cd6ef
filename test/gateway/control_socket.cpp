// The control socket: answers, and everything that clients and file systems do wrong.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <ilnp/gateway/control_socket.hpp>

#include "asio/pair.hpp"
#include "support/print.hpp"

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
  /// With descriptors.
  bool send(const std::string& path, const std::string& request, const std::vector<int>& passed) const {
    sockaddr_un to = address(path);
    iovec text{const_cast<char*>(request.data()), request.size()};
    std::vector<std::byte> control(CMSG_SPACE(passed.size() * sizeof(int)));
    msghdr header{};
    header.msg_name = &to;
    header.msg_namelen = sizeof to;
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(passed.size() * sizeof(int));
    std::memcpy(CMSG_DATA(item), passed.data(), passed.size() * sizeof(int));
    return ::sendmsg(descriptor, &header, MSG_DONTWAIT) >= 0;
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

/// One end of a pair of sockets, for an answer to come out of; the other is there until it was passed.
struct Reply {
  explicit Reply(int type = SOCK_STREAM) {
    int ends[2];
    BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    here = OwnedSocket(ends[0]);
    there = OwnedSocket(ends[1]);
    BOOST_TEST(::send(ends[0], "\n", 1, 0) == 1);  // left unread by who does not send all
  }
  bool ask(const std::string& path, const std::string& request) {
    const bool sent = Client().send(path, request, {there.native_handle()});
    there = OwnedSocket();
    return sent;
  }
  /// Takes what is there; false once nothing more will come.
  bool receive() {
    std::string part(100'000, '\0');
    const ssize_t size = ::recv(here.native_handle(), part.data(), part.size(), MSG_DONTWAIT);
    if (size < 0) error = errno;
    if (size > 0) text += part.substr(0, static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && errno == EAGAIN);
  }
  OwnedSocket here, there;
  std::string text;
  int error = 0;
};

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

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
  std::string ask_through(const std::string& request, int type = SOCK_STREAM) {
    Reply reply(type);
    BOOST_TEST(reply.ask(path, request));
    run_until(io, [&] {
      while (reply.receive() && reply.error != EAGAIN) {
      }
      return std::exchange(reply.error, 0) != EAGAIN || (type == SOCK_DGRAM && !reply.text.empty());
    });
    return reply.text;
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
                              [](std::string_view) { return std::string(8'000'000, 'x'); });
  BOOST_TEST(ask(std::string(4097, 'x')) == "error: request too long");
  BOOST_TEST(ask("an endless answer, please") == "error: reply too long");
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
  BOOST_TEST((error.find("another node answers on " + path) != error.npos));
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

BOOST_FIXTURE_TEST_CASE(an_answer_through_a_socket_that_was_passed, Setting) {
  const ControlSocket control(io.get_executor(), path, echo());
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM})
    BOOST_TEST(ask_through("list", type) == "you said: list");
  Reply nothing;
  BOOST_TEST(nothing.ask(path, ""));
  run_until(io, [&] { return !nothing.receive(); });
  BOOST_TEST(nothing.text == "you said: ");
  BOOST_TEST(nothing.error == EAGAIN);  // and then the end, in order
}

BOOST_FIXTURE_TEST_CASE(how_long_an_answer_may_be_depends_on_where_it_goes, Setting) {
  const ControlSocket control(io.get_executor(), path,
                              [](std::string_view, std::size_t limit) { return std::to_string(limit); });
  BOOST_TEST(ask("") == "60000");
  BOOST_TEST(ask_through("", SOCK_DGRAM) == "60000");
  BOOST_TEST(ask_through("") == "16000000");
  BOOST_TEST(ask_through("", SOCK_SEQPACKET) == "16000000");
}

BOOST_FIXTURE_TEST_CASE(an_answer_of_any_length_holds_nobody_up, Setting) {
  std::string long_answer(5'000'000, '\0');
  for (std::size_t i = 0; i < long_answer.size(); ++i) long_answer[i] = static_cast<char>(i / 1000);
  const ControlSocket control(io.get_executor(), path, [&](std::string_view request) {
    return request == "all" ? long_answer : std::string("short");
  });
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {
    Reply slow(type);
    BOOST_TEST(slow.ask(path, "all"));
    settle(io);
    BOOST_TEST(ask("a question meanwhile") == "short");
    BOOST_TEST(ask_through("and one more") == "short");
    BOOST_TEST(ask_through("all") == long_answer);
    run_until(io, [&] {
      slow.error = 0;
      return !slow.receive();
    });
    BOOST_TEST(slow.error == 0);
    BOOST_TEST(slow.text == long_answer);
  }
}

BOOST_FIXTURE_TEST_CASE(of_those_who_do_not_read_few_are_waited_for, Setting) {
  const ControlSocket control(io.get_executor(), path, [](std::string_view request) {
    return std::string(request == "all" ? 1'000'000 : 10, 'x');
  });
  constexpr std::size_t count = ControlReplies::max_waiting + 5;
  const auto before = open_descriptors();
  {
    std::vector<Reply> stuck(count);
    for (Reply& each : stuck) {
      BOOST_TEST(each.ask(path, "all"));
      settle(io);
      BOOST_TEST(ask_through("me too").size() == 10u);
    }
    BOOST_TEST(open_descriptors() ==
               before + static_cast<std::ptrdiff_t>(count + ControlReplies::max_waiting));
    // The first have given way, and see that it is not all.
    while (stuck.front().receive()) {
    }
    BOOST_TEST(stuck.front().error == ECONNRESET);
    BOOST_TEST(stuck.front().text.size() < 1'000'000u);
    run_until(io, [&] {
      stuck.back().error = 0;
      return !stuck.back().receive();
    });
    BOOST_TEST(stuck.back().text.size() == 1'000'000u);
  }
  settle(io);
  BOOST_TEST(open_descriptors() == before);  // nobody is there any more
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_answered_on_is_closed_and_nothing_is_done, Setting) {
  int handled = 0;
  const ControlSocket control(io.get_executor(), path, [&](std::string_view) {
    ++handled;
    return std::string("done");
  });
  const Client client(folder / "client");
  const auto before = open_descriptors();
  const auto refused = [&](const std::vector<int>& passed, std::optional<std::string> answer = {}) {
    BOOST_TEST_REQUIRE(client.send(path, "do it", passed));
    for (const int each : passed) ::close(each);
    run_until(io, [&] { return answer || (answer = client.receive()).has_value(); });
    settle(io);
    BOOST_TEST(answer->starts_with("error: "));
    BOOST_TEST(open_descriptors() == before);
  };
  int ends[2];
  refused({::open("/dev/null", O_RDWR)});
  refused({::open(path.c_str(), O_PATH)});
  refused({::open((folder / "file").c_str(), O_RDWR | O_CREAT, 0600)});
  BOOST_TEST_REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  refused({ends[1]});
  refused({::socket(AF_INET, SOCK_STREAM, 0)});
  refused({::open("/dev/null", O_RDWR), ::open("/dev/null", O_RDWR), ::open("/dev/null", O_RDWR)});
  refused([] {
    std::vector<int> many;
    for (int i = 0; i < 100; ++i) many.push_back(::open("/dev/null", O_RDWR));
    return many;
  }());
  BOOST_TEST(handled == 0);

  // Several, of which the first could be answered on: told there, and not done.
  handled = 0;
  Reply one;
  BOOST_TEST(client.send(path, "do it", {one.there.native_handle(), client.descriptor}));
  one.there = OwnedSocket();
  run_until(io, [&] { return !one.receive(); });
  BOOST_TEST(one.text == "error: more than one descriptor was passed");
  BOOST_TEST(handled == 0);
  // Sockets that lead nowhere.
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM}) {
    const OwnedSocket lonely(::socket(AF_UNIX, type, 0));
    BOOST_TEST(client.send(path, "do it", {lonely.native_handle()}));
  }
  BOOST_TEST(ask("still there?") == "done");
}

BOOST_FIXTURE_TEST_CASE(a_socket_for_which_there_is_no_descriptor_is_said_to_be_lost, Setting) {
  int handled = 0;
  const ControlSocket control(io.get_executor(), path, [&](std::string_view) {
    ++handled;
    return std::string("done");
  });
  const Client client(folder / "client");
  Reply reply;
  BOOST_TEST(client.send(path, "do it", {reply.there.native_handle()}));
  reply.there = OwnedSocket();
  rlimit before{};
  BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;  // no number that is free lies below it
  ::setrlimit(RLIMIT_NOFILE, &none);
  settle(io);
  ::setrlimit(RLIMIT_NOFILE, &before);
  const auto answer = client.receive();
  BOOST_TEST_REQUIRE(answer.has_value());
  BOOST_TEST(answer->starts_with("error: the socket that was passed is lost"));
  BOOST_TEST(handled == 0);
  while (reply.receive() && reply.error != EAGAIN) {
  }
  BOOST_TEST(reply.error == ECONNRESET);
}

BOOST_FIXTURE_TEST_CASE(a_file_or_folder_that_was_removed_comes_back, Setting) {
  std::filesystem::create_directory(folder / "run");
  path = folder / "run/control";
  std::vector<error_code> notes;
  const ControlSocket control(io.get_executor(), path, echo(),
                              [&](const error_code& error) { notes.push_back(error); });
  const Client early(folder / "early");
  const sockaddr_un to = address(path);
  BOOST_TEST_REQUIRE(::connect(early.descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  std::filesystem::remove(path);
  BOOST_TEST(::send(early.descriptor, "found before", 12, 0) == 12);
  run_until(io, [&] { return std::filesystem::exists(path); });
  BOOST_TEST(ask("back?") == "you said: back?");
  BOOST_TEST(early.receive().value_or("nothing") == "you said: found before");
  std::filesystem::remove_all(folder / "run");
  run_until(io, [&] { return std::filesystem::exists(path); });
  BOOST_TEST(ask("and again?") == "you said: and again?");
  struct stat status {};
  BOOST_TEST_REQUIRE(::stat((folder / "run").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777u) == 0700u);
  BOOST_TEST(notes == std::vector<error_code>(2));
}

BOOST_FIXTURE_TEST_CASE(what_another_has_put_there_stays_as_long_as_he_does, Setting) {
  std::vector<error_code> notes;
  const ControlSocket control(io.get_executor(), path, echo(),
                              [&](const error_code& error) { notes.push_back(error); });
  std::filesystem::remove(path);
  {
    const Client other(path);
    run_until(io, [&] { return !notes.empty(); });
    BOOST_TEST(notes.back() == boost::system::errc::address_in_use);
    const Client asks;
    BOOST_TEST(asks.send(path, "whose?"));
    BOOST_TEST(other.receive().value_or("nothing") == "whose?");
  }
  run_until(io, [&] { return notes.size() == 2; });
  BOOST_TEST(!notes.back());
  BOOST_TEST(ask("mine?") == "you said: mine?");
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_is_called_again, Setting) {
  const ControlSocket control(io.get_executor(), path, [](std::string_view request) -> std::string {
    if (request == "bad") throw std::runtime_error("bad");
    return "good";
  });
  const Client client(folder / "client");
  BOOST_TEST(client.send(path, "bad"));
  BOOST_CHECK_THROW(settle(io), std::runtime_error);
  BOOST_TEST(ask("and on") == "good");
}

}  // namespace ilnp::test::control_socket_test
