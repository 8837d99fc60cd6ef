// Random octets, and random payloads behind a header that is right.
#include "node.hpp"

namespace ilnp::test::random_test {

constexpr int count = 100'000;

/// What every format has in common: nothing is lost count of, what is sent in answer is well formed, and afterwards all is well.
template <class Make>
void flood(const char* name, Make&& make) {
  Node node;
  Random random(seed(name));
  const auto received = node.counters().received;
  for (int i = 0; i < count; ++i) {
    const Octets octets = make(random, node);
    node.feed(random.below(2) ? a : d, octets, random.below(4));
    if (i % 100 == 0) node.run(10ms);
    for (const auto& sent : node.take()) BOOST_REQUIRE(wire::IlnpHeader::parse(sent.octets).has_value());
  }
  BOOST_TEST(node.counters().received == received + count);
  BOOST_TEST(node.network().hosts().size() <= HostTable::max_hosts);
  BOOST_TEST(node.network().forwarding().size() <= ForwardingTable::max_routes);
  BOOST_TEST(node.network().correspondents().size() <= CorrespondentTable::max_correspondents);
  BOOST_TEST(node.stack.mappings() == 1U);
  node.run(3s);  // updates of bob's own that were forged are over
  node.meet();
  node.run(2s);
  node.meet();
  node.works();
  BOOST_TEST(node.reachable("carol"));
  BOOST_TEST(node.all_drops() > 0U);
}

/// A source that is known, or any; a destination that is this node, all nodes, or another.
Ilv any_source(Random& random) {
  return random.below(3) == 0 ? bob : Ilv{Locator(random.below(64)), Nid(1 + random.below(64))};
}

BOOST_AUTO_TEST_SUITE(noise)

BOOST_AUTO_TEST_CASE(of_any_length) {
  flood("random octets", [](Random& random, Node&) { return random_octets(random, random.below(1441)); });
}

BOOST_AUTO_TEST_CASE(with_a_length_that_is_right) {
  flood("random headers", [](Random& random, Node&) {
    Octets octets = random_octets(random, 40 + random.below(100));
    wire::store(octets, 4, static_cast<std::uint16_t>(octets.size() - 40));
    return octets;
  });
}

BOOST_AUTO_TEST_CASE(in_discovery) {
  flood("random discovery", [](Random& random, Node&) {
    return frame(any_source(random), {all_nodes_locator, Nid{}}, 43, random_octets(random, random.below(60)),
                 static_cast<std::uint8_t>(random.below(4)));
  });
}

BOOST_AUTO_TEST_CASE(in_discovery_that_was_right) {
  flood("mutated discovery", [](Random& random, Node&) {
    const Octets whole =
        discovery({Locator(random.below(16)), Nid(1 + random.below(16))}, "mallory", random.below(2) == 0);
    const Octets payload = mutated(random, Octets(whole.begin() + 40, whole.end()));
    return frame(any_source(random), {all_nodes_locator, Nid{}}, 43, payload);
  });
}

BOOST_AUTO_TEST_CASE(in_locator_updates) {
  flood("random updates", [](Random& random, Node& node) {
    Octets payload = random_octets(random, random.below(40));
    if (!payload.empty() && random.below(2)) payload[0] = static_cast<std::byte>(random.below(2));
    // From strangers: what bob himself says of himself is believed.
    return frame({Locator(random.below(64)), Nid(1 + random.below(64))}, node.self(), 44, payload);
  });
}

BOOST_AUTO_TEST_CASE(in_datagrams) {
  flood("random datagrams", [](Random& random, Node& node) {
    return frame(any_source(random), node.self(), 42, random_octets(random, random.below(20)));
  });
}

BOOST_AUTO_TEST_CASE(in_packets_for_others) {
  flood("random packets for others", [](Random& random, Node&) {
    return frame(any_source(random), {Locator(random.below(16)), Nid(1 + random.below(64))},
                 static_cast<std::uint8_t>(42 + random.below(4)), random_octets(random, random.below(40)),
                 static_cast<std::uint8_t>(random.below(4)));
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::random_test
