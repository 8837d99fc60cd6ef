// The layers of docs/tutorial.md, each alone and all of them in one node.
#include <fcntl.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <ilnp/base/stack.hpp>
#include <ilnp/network/ilnp.hpp>
#include <map>
#include <sstream>
#include <string>

#include "package/consumer/cable.hpp"
#include "support/print.hpp"
#include "tutorial_front_end.hpp"
#include "tutorial_layer.hpp"
#include "tutorial_transport.hpp"
#include "tutorial_underlay.hpp"

namespace ilnp::test::tutorial_test {

using namespace std::chrono_literals;
using tutorial::Console;
using tutorial::Latest;
using tutorial::Quota;
using tutorial::StreamLink;

NetworkConfig named(std::uint64_t nid, const char* name) {
  return {.nid = Nid(nid), .locators = {{Locator(0xa)}}, .host_name = name};
}

/// Two nodes on a cable, which have found each other.
struct Pair {
  using Node = Latest<Quota<ILNP<::Cable>>>;

  Pair() {
    BOOST_TEST(!alice.bind(1));
    BOOST_TEST(!bob.bind(7));
    for (Node* node : {&alice, &bob}) BOOST_TEST(!network_layer(*node).start(cx));
    for (int i = 0; i < 50 && !alice.resolve("bob", cx); ++i) run(100ms);
    BOOST_TEST_REQUIRE(alice.resolve("bob", cx).has_value());
    run(2s);
  }
  void run(Duration time) {
    cx.set_now(cx.now() + time);
    const auto up = [&](const DatagramSource& source, Bytes payload) {
      BOOST_TEST(source.nid == Nid(1));
      BOOST_TEST(source.port == 1);
      BOOST_TEST(source.destination_port == 7);
      heard.emplace_back(as_text(payload));
    };
    for (Node* node : {&alice, &bob}) {
      node->on_timer(cx, up);
      lowest_layer(*node).fetch([&](auto from, auto& octets) { node->feed(from, octets, cx, up); });
      node->end_batch(cx);
    }
  }
  error_code send(std::string_view text, std::uint16_t port = 7) {
    return alice.send(1, Nid(2), port, as_bytes(text), cx);
  }
  std::uint64_t count(const Node& node, std::string_view wanted) {
    std::map<std::string, std::uint64_t> counters;
    for_each_counter(node, [&](auto layer, auto name, auto value) {
      counters[std::string(layer) + '.' + std::string(name)] = value;
    });
    return counters.at(std::string(wanted));
  }

  ::Cable::Frames to_bob, to_alice;
  Random random{1};
  Context<> cx{TimePoint{}, random};
  Node alice{1000u, named(1, "alice"), to_bob, to_alice}, bob{1000u, named(2, "bob"), to_alice, to_bob};
  std::vector<std::string> heard;
};

BOOST_AUTO_TEST_CASE(a_quota_allows_a_burst_and_then_the_rate) {
  Pair pair;
  const std::string text(92, 'x');  // 100 octets with the header of the transport
  for (int i = 0; i < 10; ++i) BOOST_TEST(!pair.send(text));
  BOOST_TEST(pair.send(text) == boost::system::errc::resource_unavailable_try_again);
  pair.run(100ms);
  BOOST_TEST(!pair.send(text));
  BOOST_TEST(pair.send(text).failed());
  pair.run(10s);
  for (int i = 0; i < 10; ++i) BOOST_TEST(!pair.send(text));
  BOOST_TEST(pair.send(text).failed());
  BOOST_TEST(pair.count(pair.alice, "quota.sent") == 21u);
  BOOST_TEST(pair.count(pair.alice, "quota.refused") == 3u);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_sent_costs_nothing) {
  Pair pair;
  const std::string text(992, 'x');
  BOOST_TEST(pair.alice.send(1, Nid(3), 7, as_bytes(text), pair.cx) == Errc::unknown_host);
  BOOST_TEST(!pair.send(text));
}

BOOST_AUTO_TEST_CASE(only_the_latest_datagram_is_delivered) {
  Pair pair;
  for (const char* text : {"one", "two", "three"}) BOOST_TEST(!pair.send(text));
  BOOST_TEST_REQUIRE(pair.to_bob.size() == 3u);
  std::swap(pair.to_bob[0], pair.to_bob[1]);
  pair.run(1ms);
  BOOST_TEST(pair.heard == std::vector<std::string>({"two", "three"}), boost::test_tools::per_element());
  BOOST_TEST(pair.count(pair.bob, "latest.dropped_old") == 1u);

  BOOST_TEST(!pair.send("?", 8));
  BOOST_TEST(pair.alice.send(1, Nid(2), 7, Bytes(), pair.cx) ==
             error_code());  // an empty datagram is one too
  pair.run(1ms);
  BOOST_TEST(pair.heard.back() == "");
  BOOST_TEST(pair.count(pair.bob, "latest.dropped_not_bound") == 1u);
}

BOOST_AUTO_TEST_CASE(a_sender_that_has_restarted_is_heard_after_two_seconds) {
  Pair pair;
  for (int i = 0; i < 5; ++i) BOOST_TEST(!pair.send("before"));
  pair.run(1ms);
  BOOST_TEST(pair.heard.size() == 5u);
  const ::Cable::Frame first = [&] {
    Pair other;
    BOOST_TEST(!other.send("after"));
    return other.to_bob.front();
  }();
  pair.to_bob.push_back(first);
  pair.run(1ms);
  BOOST_TEST(pair.heard.size() == 5u);
  pair.run(3s);
  pair.to_bob.push_back(first);
  pair.run(1ms);
  BOOST_TEST(pair.heard.back() == "after");
}

BOOST_AUTO_TEST_CASE(ports_are_bound_once) {
  Pair pair;
  BOOST_TEST(pair.bob.bind(0) == Errc::invalid_port);
  BOOST_TEST(pair.bob.bind(7) == Errc::port_in_use);
  pair.bob.unbind(7);
  BOOST_TEST(!pair.bob.bind(7));
  BOOST_TEST(pair.send(std::string(pair.alice.max_payload() + 1, 'x')) == Errc::message_too_long);
}

/// Two ends of a stream that do not block.
struct Ends {
  Ends() { BOOST_TEST(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, at.data()) == 0); }
  ~Ends() {
    for (const int end : at) ::close(end);
  }
  std::array<int, 2> at;
};

BOOST_AUTO_TEST_CASE(a_stream_carries_frames_in_any_parts) {
  Ends first, second;
  StreamLink out(first.at[0]), in(second.at[0]);
  Random random(1);
  Context cx(TimePoint{}, random);
  for (const std::size_t size : {std::size_t{1440}, std::size_t{0}, std::size_t{77}}) {
    const std::vector<std::byte> frame(size, std::byte(size));
    BOOST_TEST(!out.send(Locator(0xa0b), Packet({}, frame), cx));
  }
  out.end_batch(cx);
  BOOST_TEST((out.next_deadline() == never));
  std::vector<std::size_t> sizes;
  for (std::byte octet; ::read(first.at[1], &octet, 1) == 1;) {
    BOOST_TEST_REQUIRE(::write(second.at[1], &octet, 1) == 1);
    in.receive([&](FrameSource from, MutableBytes frame) {
      BOOST_TEST(from.interface == Locator(0xa0b));
      BOOST_TEST(std::ranges::count(frame, std::byte(frame.size())) ==
                 static_cast<std::ptrdiff_t>(frame.size()));
      sizes.push_back(frame.size());
    });
  }
  BOOST_TEST(sizes == std::vector<std::size_t>({1440, 0, 77}), boost::test_tools::per_element());

  const std::array<unsigned char, 10> wrong{0xff};
  BOOST_TEST(::write(second.at[1], wrong.data(), wrong.size()) == 10);
  BOOST_CHECK_THROW(in.receive([](auto&&...) {}), boost::system::system_error);
  ::shutdown(first.at[1], SHUT_WR);
  BOOST_CHECK_THROW(out.receive([](auto&&...) {}), boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(a_stream_that_nobody_reads_fills_a_bounded_queue) {
  Ends ends;
  StreamLink out(ends.at[0]), in(ends.at[1]);
  Random random(1);
  Context cx(TimePoint{}, random);
  const std::vector<std::byte> frame(1440);
  std::size_t sent = 0, received = 0;
  for (error_code error; !error; out.end_batch(cx)) {
    error = out.send(Locator(1), Packet({}, frame), cx);
    if (error)
      BOOST_TEST(error == Errc::queue_full);
    else
      ++sent;
  }
  BOOST_TEST((out.next_deadline() == cx.now() + 5ms));
  for (std::size_t before = 1; before != received;) {
    before = received;
    while (in.receive([&](FrameSource, MutableBytes got) { received += got.size() == 1440; }) != 0) {
    }
    out.end_batch(cx);
  }
  BOOST_TEST(received == sent);
  BOOST_TEST((out.next_deadline() == never));
}

BOOST_AUTO_TEST_CASE(two_people_talk_through_all_of_it) {
  using Stack = Latest<Quota<ILNP<StreamLink>>>;
  Ends link, alices_keyboard, bobs_keyboard;
  boost::asio::io_context io;
  Stack alice(10'000u, named(1, "alice"), link.at[0]), bob(10'000u, named(2, "bob"), link.at[1]);
  std::ostringstream alice_reads, bob_reads;
  {
    Console<Stack> alices(io, alice, ::dup(alices_keyboard.at[0]), alice_reads, "bob");
    Console<Stack> bobs(io, bob, ::dup(bobs_keyboard.at[0]), bob_reads, "alice");
    BOOST_TEST(!alices.start());
    BOOST_TEST(!bobs.start());
    const auto type = [](const Ends& keyboard, std::string_view text) {
      BOOST_TEST(::write(keyboard.at[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    };
    const auto until = [&](const std::ostringstream& reads, const std::string& text) {
      const auto end = std::chrono::steady_clock::now() + 20s;
      while (reads.str() != text && std::chrono::steady_clock::now() < end) io.run_one_for(10ms);
      BOOST_TEST(reads.str() == text);
    };
    type(alices_keyboard, "too early\n");
    until(alice_reads, "bob: unknown host\n");
    alice_reads.str("");
    const auto end = std::chrono::steady_clock::now() + 20s;
    const auto met = [&] {
      return network_layer(alice).hosts().size() > 1 && network_layer(bob).hosts().size() > 1;
    };
    while (!met() && std::chrono::steady_clock::now() < end) io.run_one_for(10ms);
    type(alices_keyboard, "hello,\nbob\033[2J\n");
    until(bob_reads, "0:0:0:1: hello,\n0:0:0:1: bob\\x1b[2J\n");
    type(bobs_keyboard, "hello, alice\n");
    until(alice_reads, "0:0:0:2: hello, alice\n");
    type(bobs_keyboard, std::string(2000, 'x'));
    bob_reads.str("");
    until(bob_reads, "input: Element not found\n");
  }
  io.restart();
  io.poll();
}

}  // namespace ilnp::test::tutorial_test
