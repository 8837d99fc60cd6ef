// Who floods a node keeps nobody else out: a newcomer becomes known at once and stays so, and who was there loses nothing.
#include "node.hpp"
#include "support/print.hpp"

namespace ilnp::test::newcomers_test {

constexpr std::uint64_t bad = 0xbad;
/// As many as there is room for beside bob and carol: each can be heard again before it gives way.
constexpr std::uint64_t most = 4094;

Ilv stranger(std::uint64_t i) { return {a, Nid(0x1'0000'0000 + i)}; }
std::string name(std::uint64_t i) { return "stranger-" + std::to_string(i); }

/// Sends frames number 0 to `count` at once, twice (so that what they say is confirmed), then goes on at `rate` a second.
/// Meanwhile somebody new comes each half a second, says where he is, and sends and gets a datagram in each tenth of a second
/// that follows; so does bob.
template <class Flood>
void newcomers_get_through(std::uint64_t count, int rate, Flood&& flood) {
  BOOST_TEST_CONTEXT("going on at " << rate << " a second") {
    Node node;
    for (int round = 0; round < 2; ++round, node.run(1100ms))
      for (std::uint64_t i = 0; i < count; ++i) {
        flood(node, i);
        if (i % 1024 == 0) node.take();
      }
    std::uint64_t next = 0;
    const auto run = [&](Duration length) {
      const auto frames = static_cast<std::uint64_t>(rate * (length / 1ms) / 1000);
      for (std::uint64_t i = 0; i < frames; ++i) {
        flood(node, next++ % count);
        node.run(length / static_cast<Duration::rep>(frames));
      }
    };
    for (std::uint64_t who = 1; who <= 6; ++who) {
      const std::string called = "newcomer-" + std::to_string(who);
      const Ilv newcomer{Locator(0xda00 + who), Nid(0xda5e00 + who)};
      const auto port_of_it = static_cast<std::uint16_t>(port + who);
      BOOST_TEST(!node.stack.map(port_of_it, {called, port, false}));
      BOOST_TEST(node.stack.send(port_of_it, as_bytes("who?"), node.cx) == Errc::unknown_host);
      node.feed(a, discovery(newcomer, called, false, 2), 0xda00);
      for (int tenth = 0; tenth < 5; ++tenth) {
        run(100ms);
        node.take();
        BOOST_TEST(!node.stack.send(port_of_it, as_bytes("to it"), node.cx));
        BOOST_TEST(node.take(42).size() == 1U);
        node.take_delivered();
        node.feed(a, datagram(newcomer, node.self(), port, port_of_it, "from it", 2), 0xda00);
        BOOST_TEST(node.take_delivered() == std::vector<std::string>{"from it"});
        node.works();
      }
      node.meet();
    }
    BOOST_TEST(node.reachable("carol"));
  }
}

template <class Flood>
void at_every_rate(std::uint64_t count, Flood&& flood) {
  for (const int rate : {45, 1000, 5000}) newcomers_get_through(count, rate, flood);
}

BOOST_AUTO_TEST_SUITE(newcomers)

BOOST_AUTO_TEST_CASE(beside_confirmed_names) {
  at_every_rate(most,
                [](Node& node, std::uint64_t i) { node.feed(a, discovery(stranger(i), name(i)), bad); });
}

BOOST_AUTO_TEST_CASE(beside_names_of_many_senders) {
  at_every_rate(
      4096, [](Node& node, std::uint64_t i) { node.feed(a, discovery(stranger(i), name(i)), 0x10000 + i); });
}

BOOST_AUTO_TEST_CASE(beside_one_name_of_many_nodes) {
  at_every_rate(most,
                [](Node& node, std::uint64_t i) { node.feed(a, discovery(stranger(i), "mallory"), bad); });
}

BOOST_AUTO_TEST_CASE(beside_empty_datagrams) {
  at_every_rate(most, [](Node& node, std::uint64_t i) {
    node.feed(a, datagram({Locator(0x10000 + i), stranger(i).nid}, node.self(), 1, 1, ""), bad);
  });
}

BOOST_AUTO_TEST_CASE(beside_datagrams_that_look_like_a_program_s) {
  at_every_rate(most, [](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(i), name(i)), bad);
    node.feed(a, datagram({Locator(0x10000 + i), stranger(i).nid}, node.self(), port, port, "x"), bad);
    node.take_delivered();
  });
}

/// A program that answers whoever sends something makes the node use what strangers have filled the tables with.
BOOST_AUTO_TEST_CASE(beside_strangers_that_are_answered) {
  at_every_rate(most, [](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(i), name(i)), bad);
    node.feed(a, datagram(stranger(i), node.self(), 1, 1, ""), bad);
    (void)node.stack.next_layer().send(1, stranger(i).nid, 1, as_bytes("yes?"), node.cx);
  });
}

/// Names that differ in case only, a thousand of one.
BOOST_AUTO_TEST_CASE(beside_spellings_of_one_name) {
  at_every_rate(1024, [](Node& node, std::uint64_t i) {
    std::string spelt = "newcomers-all";
    for (std::size_t at = 0; at < 10; ++at)
      if (i >> at & 1 && spelt[at] >= 'a') spelt[at] = static_cast<char>(spelt[at] - 'a' + 'A');
    node.feed(a, discovery(stranger(i), spelt), bad);
  });
}

/// alice forwards between a and what is behind d, whatever others send through it.
BOOST_AUTO_TEST_CASE(a_flow_that_is_forwarded_loses_nothing) {
  for (const bool sources : {false, true}) {
    Node node;
    const Ilv here{a, Nid(0x6e4e)}, far{Locator(0xfa4), Nid(0xfa4)};
    std::uint64_t forwarded = 0;
    for (std::uint64_t i = 0; i < 40'000; ++i) {
      if (i % 100 == 0) {
        node.take();
        const std::string text = std::to_string(i);
        node.feed(d, datagram(far, here, 1, 1, text, 2), 0xfa4);
        node.feed(a, datagram(here, far, 1, 1, text, 3), 0x6e4e);
        forwarded += node.take(42).size();
      }
      node.feed(a,
                sources ? datagram({Locator(0x10000 + i), stranger(i).nid}, {d, Nid(7)}, 1, 1, "")
                        : datagram(stranger(i), {Locator(0x10000 + i), Nid(7)}, 1, 1, ""),
                bad);
      node.run(200us);
    }
    BOOST_TEST(forwarded == 800U);
  }
}

/// A solicitation of somebody new is answered, and passed on, though another's messages come by the thousand.
BOOST_AUTO_TEST_CASE(messages_of_others_are_passed_on) {
  Node node;
  int passed = 0;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    node.feed(a, discovery(stranger(i), name(i), true), bad);
    if (i % 1000 == 999) {
      node.take();
      node.feed(a, discovery({a, Nid(0xda5e00 + i)}, "newcomer-" + std::to_string(i), true, 3), 0xda00 + i);
      for (const auto& sent : node.take(43))
        passed += sent.locator == d && wire::load<std::uint64_t>(sent.octets, 24 - 8) == 0xda5e00 + i;
    }
    node.run(20us);
  }
  BOOST_TEST(passed == 50);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::newcomers_test
