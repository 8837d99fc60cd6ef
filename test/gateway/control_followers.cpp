#include "ilnp/gateway/control_followers.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include "asio/pair.hpp"

namespace ilnp::test::control_followers_test {

struct Setting {
  boost::asio::io_context io{1};
  ControlFollowers followers{io.get_executor(),
                             [](std::uint64_t lines) { return "lost " + std::to_string(lines) + '\n'; }};

  /// A client's end; the other is a follower's.
  struct Client {
    OwnedSocket socket;
    ControlFollowers::Id id = 0;
    std::string text;
    bool ended = false;

    void read() {
      std::array<char, 65536> part;
      ssize_t size;
      while ((size = ::recv(socket.native_handle(), part.data(), part.size(), MSG_DONTWAIT)) > 0)
        text.append(part.data(), static_cast<std::size_t>(size));
      ended = size == 0;
    }
  };
  Client join(std::function<void()> on_end = {}) {
    int ends[2];
    BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    Client client;
    client.socket = OwnedSocket(ends[0]);
    client.id = followers.add(OwnedSocket(ends[1]), std::move(on_end));
    return client;
  }
};

BOOST_FIXTURE_TEST_SUITE(control_followers, Setting)

BOOST_AUTO_TEST_CASE(each_gets_each_line_and_one_alone_gets_its_own) {
  Client a = join();
  Client b = join();
  followers.write("to all\n");
  followers.write(b.id, "to b\n");
  a.read(), b.read();
  BOOST_TEST(a.text == "to all\n");
  BOOST_TEST(b.text == "to all\nto b\n");
}

BOOST_AUTO_TEST_CASE(one_that_does_not_read_costs_little_and_learns_what_it_missed) {
  Client slow = join();
  Client quick = join();
  const std::string line = std::string(999, 'x') + '\n';
  constexpr std::size_t lines = 10'000;
  for (std::size_t at = 0; at < lines; ++at) {
    followers.write(line);
    if (at % 50 == 0) io.poll(), quick.read();
  }
  run_until(io, [&] { return quick.read(), quick.text.size() == lines * line.size(); });
  followers.write("the last\n");  // still too early for the slow one
  const auto last = [&](const std::string& end) { return slow.read(), slow.text.ends_with(end); };
  std::string gap;
  run_until(io, [&] {
    slow.read();
    const auto at = slow.text.rfind("lost ");
    if (at != slow.text.npos && slow.text.ends_with('\n')) gap = slow.text.substr(at);
    return !gap.empty();
  });
  const std::size_t lost = std::stoul(gap.substr(5));
  BOOST_TEST(slow.text.size() - gap.size() == (lines + 1 - lost) * line.size());
  BOOST_TEST(slow.text.size() < 2 * ControlFollowers::max_waiting + 1'000'000);
  followers.write("again\n");
  run_until(io, [&] { return last("again\n"); });
}

BOOST_AUTO_TEST_CASE(one_that_has_gone_is_forgotten) {
  bool told = false;
  Client client = join([&] { told = true; });
  BOOST_TEST(followers.size() == 1U);
  client.socket = OwnedSocket();
  run_until(io, [&] { return followers.empty(); });
  BOOST_TEST(told);
  followers.write(client.id, "nobody\n");
  followers.end(client.id);
}

BOOST_AUTO_TEST_CASE(what_it_says_is_ignored) {
  Client client = join();
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(::send(client.socket.native_handle(), "????", 4, MSG_DONTWAIT) == 4);
  followers.write("line\n");
  run_until(io, [&] { return client.read(), !client.text.empty(); });
  BOOST_TEST(followers.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_end_comes_after_all_that_was_written) {
  bool told = false;
  Client client = join([&] { told = true; });
  std::string text;
  for (int i = 0; i < 200; ++i) text += std::to_string(i) + std::string(1000, '.') + '\n';
  followers.write(client.id, text);
  followers.end(client.id);
  followers.write(client.id, "too late\n");
  run_until(io, [&] { return client.read(), client.ended; });
  BOOST_TEST(client.text == text);
  BOOST_TEST(!told);
  BOOST_TEST(followers.empty());
}

BOOST_AUTO_TEST_CASE(there_are_not_too_many) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < ControlFollowers::max_followers; ++i) clients.push_back(join());
  BOOST_TEST(followers.full());
  BOOST_TEST(join().id == 0U);
  BOOST_TEST(followers.size() == ControlFollowers::max_followers);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::control_followers_test
