// Strangers by the hundred thousand: memory stays bounded, who was known stays reachable, who is new becomes known.
#include "node.hpp"

namespace ilnp::test::floods_test {

constexpr std::uint64_t count = 100'000;
constexpr Ilv dave{Locator(0xda), Nid(0xda5e)};

Ilv stranger(std::uint64_t i) { return {a, Nid(0x1'0000'0000 + i)}; }

/// After the flood: bob, with whom there was traffic, carol, who was only known, and dave, whom nobody knew.
void all_is_well(Node& node) {
  node.works();
  BOOST_TEST(node.reachable("carol"));
  BOOST_TEST(!node.reachable("dave"));
  node.feed(a, discovery(dave, "dave", false, 2), 0xd);
  BOOST_TEST(node.reachable("dave"));
  BOOST_TEST(node.network().hosts().size() <= HostTable::max_hosts);
  BOOST_TEST(node.network().forwarding().size() <= ForwardingTable::max_routes);
  BOOST_TEST(node.network().correspondents().size() <= CorrespondentTable::max_correspondents);
}

/// In one instant, within a second, and within 100 s, with the known ones heard as often as they are.
template <class Flood>
void at_every_pace(Flood&& flood) {
  for (const Duration pace : {Duration(0ns), Duration(10us), Duration(1ms)}) {
    Node node;
    for (std::uint64_t i = 0; i < count; ++i) {
      flood(node, i);
      if (pace > Duration{}) node.run(pace);
      if (pace * static_cast<int>(i % 10'000) == 10s - pace) node.meet();
      if (i % 1024 == 0) node.take();
    }
    BOOST_TEST_CONTEXT("one each " << std::chrono::nanoseconds(pace).count() << " ns") all_is_well(node);
  }
}

BOOST_AUTO_TEST_SUITE(floods)

BOOST_AUTO_TEST_CASE(host_names) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(i), "stranger-" + std::to_string(i)), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(host_names_each_said_three_times) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(i / 3), "stranger-" + std::to_string(i / 3)), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(one_host_name_of_many_nodes) {
  at_every_pace([](Node& node, std::uint64_t i) { node.feed(a, discovery(stranger(i), "mallory"), 0xbad); });
}

BOOST_AUTO_TEST_CASE(many_names_of_one_node) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(0), "stranger-" + std::to_string(i)), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(locators_of_one_node) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, discovery({Locator(0x1000 + i), stranger(0).nid}, "mallory"), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(senders) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(i), "stranger-" + std::to_string(i)), 0x1000 + i);
  });
}

BOOST_AUTO_TEST_CASE(source_locators) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, datagram({Locator(0x1000 + i), stranger(0).nid}, node.self(), 1, 1, ""), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(source_locators_each_used_three_times) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(i % 2 ? a : d, datagram({Locator(0x1000 + i / 3), stranger(i % 2).nid}, node.self(), 1, 1, ""),
              0xbad);
  });
}

BOOST_AUTO_TEST_CASE(nodes_that_send_datagrams) {
  at_every_pace(
      [](Node& node, std::uint64_t i) { node.feed(a, datagram(stranger(i), node.self(), 1, 1, ""), 0xbad); });
}

BOOST_AUTO_TEST_CASE(flows_to_be_forwarded) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, datagram(stranger(i), {d, Nid(i + 1)}, 1, 1, ""), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(solicitations) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, discovery(stranger(i), "stranger-" + std::to_string(i), true), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(updates) {
  at_every_pace([](Node& node, std::uint64_t i) {
    node.feed(a, locator_update(stranger(i), node.self(), {Locator(i)}), 0xbad);
  });
}

BOOST_AUTO_TEST_CASE(nodes_that_send_datagrams_during_a_handoff) {
  Node node;
  BOOST_TEST(node.network().move_to(std::vector{a, c}, node.cx));
  node.run(200ms);
  BOOST_TEST(node.take(44).size() == 1U);  // bob is told
  for (std::uint64_t i = 0; i < count; ++i) {
    node.feed(a, discovery(stranger(i), "stranger-" + std::to_string(i)), 0xbad);
    node.feed(a, datagram(stranger(i), node.self(), 1, 1, ""), 0xbad);
  }
  node.take();
  node.run(500ms);
  BOOST_TEST(node.take(44).size() <= CorrespondentTable::max_correspondents);
  node.run(20s);
  BOOST_TEST(node.network().interfaces().locators().size() == 2U);
  node.works();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::floods_test
