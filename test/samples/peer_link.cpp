// An underlay of one's own under `Node`, between two processes; and two transports in one node.
#include "docs/peer_link.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is of POSIX
#include <sys/prctl.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "bursts.hpp"
#include "ilnp/asio/node.hpp"
#include "underlay/lab.hpp"

namespace ilnp::test::peer_link_test {

using namespace std::chrono_literals;

sockaddr_un unix_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}
sockaddr_in6 udp_at(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(port);
  return address;
}

/// Sends datagrams back to where they came from; and notes.
template <class Stack>
struct Echo {
  Node<Stack, Echo>** node;
  void operator()(const DatagramSource& source, Bytes payload) const {
    (*node)->with([&](Stack& stack, auto& cx) {
      (void)stack.send(source.destination_port, source.nid, source.port, payload, cx);
    });
  }
  void operator()(const Note& note, Bytes text) const {
    (*node)->with([&](Stack& stack, auto& cx) { (void)stack.send_note(note.from, text, cx); });
  }
};
template <class Stack>
[[noreturn]] void echo_for_ever(Stack& stack) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  boost::asio::io_context io{1};
  Node<Stack, Echo<Stack>>* self = nullptr;
  Node<Stack, Echo<Stack>> node(io.get_executor(), stack, Echo<Stack>{&self});
  self = &node;
  if (stack.bind(7) || node.start()) ::_exit(1);
  io.run();
  ::_exit(1);
}

struct Heard {
  std::vector<std::uint32_t>* datagrams;
  std::vector<std::string>* notes;
  void operator()(const DatagramSource&, Bytes payload) const {
    datagrams->push_back(number_of(payload).value_or(0xffffffff));
  }
  void operator()(const Note&, Bytes text) const { notes->emplace_back(as_text(text)); }
};

/// This process and another, with a node each, talk by both transports.
template <class Address>
void talk(const Address& here, const Address& there) {
  using Stack = Notes<STP<ILNP<PeerLink<Address>>>>;
  const ::pid_t child = ::fork();
  if (child == 0) {
    Stack stack(node_config(2, "bob", {{a}}), there, std::vector{here});
    echo_for_ever(stack);
  }
  Stack stack(node_config(1, "alice", {{a}}), here, std::vector{there});
  boost::asio::io_context io{1};
  std::vector<std::uint32_t> datagrams;
  std::vector<std::string> notes;
  Node<Stack, Heard> node(io.get_executor(), stack, Heard{&datagrams, &notes});
  BOOST_TEST(!stack.bind(8));
  BOOST_TEST(!node.start());
  const auto run_until = [&](auto&& happened) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!happened() && std::chrono::steady_clock::now() < end) io.run_one_for(10ms);
    return happened();
  };
  const auto find_bob = [&] {
    return node.with([](Stack& s, auto& cx) { return s.resolve("bob", cx); }).has_value();
  };
  BOOST_TEST_REQUIRE(run_until(find_bob));
  for (std::uint32_t number = 0; number < 200; number += 5) {  // few at once: such sockets have short queues
    node.with([&](Stack& s, auto& cx) {
      for (std::uint32_t i = 0; i < 5; ++i) BOOST_TEST(!s.send(8, Nid(2), 7, datagram(number + i), cx));
      BOOST_TEST(!s.send_note(Nid(2), as_bytes("note"), cx));
    });
    BOOST_TEST_REQUIRE(
        run_until([&] { return datagrams.size() >= number + 5 && notes.size() > number / 5; }));
  }
  for (std::uint32_t i = 0; i < 200; ++i) BOOST_TEST(datagrams[i] == i);
  BOOST_TEST(notes.size() == 40u);
  BOOST_TEST(notes.front() == "note");
  BOOST_TEST(::kill(child, SIGKILL) == 0);
  ::waitpid(child, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(two_processes_talk_by_unix_datagrams) {
  std::string folder = "/tmp/ilnp-test-XXXXXX";
  BOOST_TEST_REQUIRE(::mkdtemp(folder.data()));
  talk(unix_at(folder + "/alice"), unix_at(folder + "/bob"));
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(two_processes_talk_by_udp_to_fixed_peers) {
  BOOST_TEST(std::system("ip link set lo up") == 0);
  talk(udp_at(4001), udp_at(4002));
}

}  // namespace ilnp::test::peer_link_test
