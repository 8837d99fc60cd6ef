#include "ilnp/network/sessions.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "overlay.hpp"
#include "stranger.hpp"
#include "support/memory_underlay.hpp"
#include "support/nonce_format.hpp"
#include "support/octets.hpp"

namespace ilnp::test::sessions_test {

static_assert(std::is_empty_v<Sessions<wire::Overlay>>);

using Nonce = std::uint32_t;
using wire::InSession;

/// The sessions of one node, and the time.
struct Table {
  static constexpr Duration ttl = 30s;

  /// The nonce in the header of the next packet to `peer`.
  std::optional<Nonce> sent(Nid peer, Locator from = a) {
    Nonced::HeaderRepr values{0, 42, 3, {from, self}, {b, peer}};
    sessions.complete(values, peer, cx);
    return values.nonce;
  }
  InSession heard(Nid peer, std::optional<Nonce> nonce, bool known = true, std::uint8_t next_header = 42,
                  std::uint64_t share = 7) {
    const Nonced::HeaderRepr values{0, next_header, 3, {b, peer}, {a, self}, nonce};
    Octets frame(values.size());
    values.write_to(frame);
    return sessions.hear(*Nonced::Header::parse(frame), share, known, cx);
  }
  void wait(Duration time) { cx.set_now(cx.now() + time); }

  static constexpr Nid self{1}, bob{2};
  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  Sessions<Nonced> sessions{ttl};
};

/// Alice in a, bob in b, a router between them, and a stranger in b. Both have sent something to the other.
struct Pair : BasicOverlay<BasicEndpoint<STP<ILNP<sim::SimUnderlay, Nonced>>>> {
  explicit Pair(std::uint64_t seed = 1) : BasicOverlay(seed) {
    start();
    world.tap([this](const sim::SentFrame& frame) {
      const auto header = Nonced::Header::parse(frame.bytes);
      if (!header || header->destination().nid == Nid{}) return;
      const bool update = Nonced::kind(*header) == wire::Kind::locator_update;
      (update ? updates : packets)[header->nonce().has_value()]++;
      if (header->nonce()) nonces[header->source().nid].insert(*header->nonce());
    });
    BOOST_TEST(!alice.send(bob.nid(), 1));
    BOOST_TEST(!bob.send(alice.nid(), 1));
    world.run_for(1s);
  }

  /// What looks like a packet from alice to bob, with that nonce.
  void put(Locator from, std::optional<Nonce> nonce, std::uint8_t next_header, const Octets& payload) {
    const auto size = static_cast<std::uint16_t>(payload.size());
    const Ilv source{from, alice.nid()}, destination{b, bob.nid()};
    const Nonced::HeaderRepr values{size, next_header, 8, source, destination, nonce};
    Octets frame(values.size());
    values.write_to(frame);
    frame.insert(frame.end(), payload.begin(), payload.end());
    stranger.put(b, frame);
  }
  void forge(Locator from, std::optional<Nonce> nonce, std::uint8_t next_header, const Octets& payload) {
    put(from, nonce, next_header, payload);
    world.run_for(10ms);
  }
  static Octets move_to(Locator locator) {
    const std::array<Locator, 1> to{locator};
    Octets out(Nonced::LocatorUpdateRepr{to}.size());
    Nonced::LocatorUpdateRepr{to}.write_to(out);
    return out;
  }
  static Octets number(std::uint64_t value) {
    Octets octets = datagram("12345678");
    wire::store(MutableBytes(octets), octets.size() - 8, value);
    return octets;
  }
  Nonce nonce() const { return *nonces.at(alice.nid()).begin(); }
  std::uint64_t drops() const { return bob.drops(Drop::not_in_session); }

  BasicEndpoint<STP<ILNP<sim::SimUnderlay, Nonced>>>&alice = add(0xa, "alice", {a}),
                                           &bob = add(0xb, "bob", {b}),
                                           &router = add(0xd, "router", {a, b, c});
  Stranger stranger{world, {b}};
  std::map<Nid, std::set<Nonce>> nonces;
  std::map<bool, int> packets, updates;  // by whether they have a nonce
};

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(a_session_begins_with_what_is_sent_or_heard) {
  Table table;
  const auto nonce = table.sent(Table::bob);
  BOOST_TEST_REQUIRE(nonce.has_value());
  BOOST_TEST(*table.sent(Table::bob) == *nonce);
  BOOST_TEST((table.heard(Nid(3), 0xc0ffee) == InSession::once));
  BOOST_TEST(table.sessions.size() == 2U);
  BOOST_TEST(*table.sent(Nid(3)) != *nonce);  // one for each peer
  BOOST_TEST((table.heard(Nid(3), 0xc0ffee) == InSession::once));
  BOOST_TEST((table.heard(Nid(3), 0xbad) == InSession::no));
  table.wait(2s);
  BOOST_TEST(!table.sent(Table::bob));
  BOOST_TEST(*table.sent(Table::bob, c) == *nonce);  // said again after a move
}

BOOST_AUTO_TEST_CASE(what_does_not_belong_to_a_session_begins_none) {
  Table table;
  BOOST_TEST((table.heard(Table::bob, 1, true, Nonced::update_type) == InSession::no));
  BOOST_TEST((table.heard(Table::bob, {}, false) == InSession::no));
  BOOST_TEST(table.sessions.size() == 0U);
}

BOOST_AUTO_TEST_CASE(traffic_in_either_direction_keeps_a_session) {
  Table table;
  const auto nonce = table.sent(Table::bob);
  table.heard(Table::bob, 0xc0ffee);
  for (int i = 0; i < 4; ++i) {
    table.wait(Table::ttl - 1s);
    BOOST_TEST((table.heard(Table::bob, {}) == InSession::all));
  }
  for (int i = 0; i < 4; ++i) {
    table.wait(Table::ttl - 1s);
    table.sent(Table::bob);
  }
  BOOST_TEST(*table.sent(Table::bob, c) == *nonce);
  BOOST_TEST((table.heard(Table::bob, 0xbad) == InSession::no));
}

BOOST_AUTO_TEST_CASE(without_traffic_a_session_ends) {
  for (const bool sends : {true, false}) {
    Table table;
    const auto nonce = table.sent(Table::bob);
    table.heard(Table::bob, 0xc0ffee);
    table.wait(Table::ttl);
    if (sends) BOOST_TEST(*table.sent(Table::bob) != *nonce);
    BOOST_TEST((table.heard(Table::bob, 0xbeef) == InSession::once));
    BOOST_TEST(*table.sent(Table::bob, c) != *nonce);
  }
}

BOOST_AUTO_TEST_CASE(a_session_ends_when_the_node_is_forgotten) {
  Table table;
  const auto nonce = table.sent(Table::bob);
  table.sessions.forget(Table::bob);
  BOOST_TEST(table.sessions.size() == 0U);
  BOOST_TEST(*table.sent(Table::bob) != *nonce);
}

BOOST_AUTO_TEST_CASE(strangers_do_not_displace_those_to_which_the_node_sends) {
  Table table;
  const auto nonce = table.sent(Table::bob);
  table.heard(Table::bob, 0xc0ffee);
  for (std::uint64_t i = 0; i < 3 * Sessions<Nonced>::max_sessions; ++i)
    table.heard(Nid(1000 + i), 1, true, 42, 1000 + i % 100);
  BOOST_TEST(table.sessions.size() == Sessions<Nonced>::max_sessions);
  BOOST_TEST(*table.sent(Table::bob) == *nonce);
  BOOST_TEST((table.heard(Table::bob, 0xbad) == InSession::no));
}

BOOST_AUTO_TEST_CASE(nonces_are_drawn_from_the_secret_source) {
  std::set<Nonce> all;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Pair net(seed);
    for (const auto& [nid, nonces] : net.nonces) {
      BOOST_TEST(nonces.size() == 1U);
      all.insert(nonces.begin(), nonces.end());
    }
  }
  BOOST_TEST(all.size() == 16U);
}

BOOST_AUTO_TEST_CASE(nonces_are_in_the_first_packets_and_in_each_update) {
  Pair net;
  net.alice.stream(net.bob, 10ms, net.in(1ms), net.in(10s));
  net.bob.stream(net.alice, 10ms, net.in(6ms), net.in(10s));
  net.world.after(5s, [&] { net.alice.move_to({c}); });
  net.world.run_for(11s);
  BOOST_TEST(net.alice.from[net.bob.nid()].lost(1, 990) == 0);
  BOOST_TEST(net.bob.from[net.alice.nid()].lost(1, 990) == 0);
  BOOST_TEST(net.alice.watch.acknowledged == 1);
  BOOST_TEST(net.updates[true] >= 4);  // the update and the acknowledgement, each also forwarded
  BOOST_TEST(net.updates[false] == 0);
  BOOST_TEST(net.packets[true] > 200);
  BOOST_TEST(net.packets[false] > 1000);
  BOOST_TEST(net.bob.drops(Drop::not_in_session) == 0U);
  BOOST_TEST(net.alice.drops(Drop::not_in_session) == 0U);
  BOOST_TEST(net.nonces[net.alice.nid()].size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_update_needs_the_nonce) {
  Pair net;
  for (const auto nonce : {std::optional(net.nonce() + 1), std::optional<Nonce>()}) {
    const auto before = net.drops();
    for (int i = 0; i < 5; ++i) net.forge(a, nonce, Nonced::update_type, Pair::move_to(c));
    BOOST_TEST(net.drops() == before + 5);
    BOOST_TEST(net.bob.network().counters().updates_received == 0U);
    BOOST_TEST(!net.bob.send(net.alice.nid(), 2));
    net.world.run_for(100ms);
    BOOST_TEST(net.alice.from[net.bob.nid()].last == 2U);
    net.alice.from[net.bob.nid()].last = 0;
  }
  net.forge(a, net.nonce(), Nonced::update_type, Pair::move_to(c));
  BOOST_TEST(net.bob.network().counters().updates_received == 1U);
}

BOOST_AUTO_TEST_CASE(a_packet_from_an_unknown_locator_needs_the_nonce) {
  Pair net;
  const auto got = [&](std::uint64_t value) {
    return net.bob.from[net.alice.nid()].arrivals.contains(value);
  };
  net.forge(c, {}, 42, Pair::number(11));
  net.forge(c, net.nonce() + 1, 42, Pair::number(12));
  net.forge(a, net.nonce() + 1, 42, Pair::number(13));
  BOOST_TEST(net.drops() == 3U);
  net.forge(a, {}, 42, Pair::number(14));
  net.forge(c, net.nonce(), 42, Pair::number(15));
  // What was decided for a packet with the nonce does not hold for one with another.
  net.put(c, net.nonce(), 42, Pair::number(16));
  net.put(c, net.nonce() + 1, 42, Pair::number(17));
  net.world.run_for(100ms);
  for (const std::uint64_t value : {11U, 12U, 13U, 17U}) BOOST_TEST(!got(value));
  for (const std::uint64_t value : {14U, 15U, 16U}) BOOST_TEST(got(value));
}

BOOST_AUTO_TEST_CASE(what_has_no_session_changes_nothing) {
  Pair net;
  const auto& routes = net.bob.network().forwarding();
  const std::size_t before = routes.size();
  net.forge(d, {}, 42, Pair::number(11));
  net.forge(d, 1, Nonced::update_type, Pair::move_to(d));
  BOOST_TEST(net.drops() == 2U);
  BOOST_TEST(routes.size() == before);
}

BOOST_AUTO_TEST_CASE(a_node_that_has_left_has_no_session) {
  Pair net;
  const auto count = [&] {
    std::size_t found = 0;
    net.bob.network().for_each_table([&](std::string_view name, std::size_t size, std::size_t) {
      if (name == "sessions") found = size;
    });
    return found;
  };
  BOOST_TEST(count() == 1U);
  net.alice.shut_down();
  net.world.run_for(5s);
  BOOST_TEST(count() == 0U);
}

BOOST_AUTO_TEST_CASE(there_is_room_for_the_largest_header) {
  ILNP<MemoryUnderlay, Nonced> network(node_config(1, "alice", {{a}}), std::size_t{100});
  BOOST_TEST(network.max_payload() == 100U - Nonced::max_header_size);
  BOOST_TEST(network.max_payload(Nid(2)) == network.max_payload());
  BOOST_TEST(network.headroom(7).size() == Nonced::max_header_size + 7);
  bool listed = false;
  network.for_each_table([&](std::string_view name, std::size_t, std::size_t limit) {
    listed |= name == "sessions" && limit == Sessions<Nonced>::max_sessions;
  });
  BOOST_TEST(listed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::sessions_test
