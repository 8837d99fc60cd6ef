#include "ilnp/network/host_table.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "support/print.hpp"

namespace ilnp::test::host_table_test {

using namespace std::chrono_literals;

constexpr Nid self{1}, bob{2}, other{3};

struct Fixture {
  /// A discovery message: `nid` claims `name`. Returns the node that the name then means.
  Nid hear(Nid nid, std::string_view name, std::uint64_t sender = 0xd) {
    return table.claim(nid, table.touch(nid, sender, now), name, now).owner;
  }
  Epoch epoch;
  HostTable table{epoch, self, "alice", 90s};
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(host_tables, Fixture)

BOOST_AUTO_TEST_CASE(a_name_means_the_node_that_claims_it) {
  BOOST_TEST(table.resolve("bob", now) == Nid{});
  const Epoch::Stamp before = epoch.stamp();
  BOOST_TEST(hear(bob, "bob") == bob);
  BOOST_TEST(epoch.stamp() > before);
  BOOST_TEST(table.resolve("bob", now) == bob);
  BOOST_TEST(table.find(bob, now)->name == "bob");
  BOOST_TEST(table.find(bob, now)->used_at == now);  // when it was resolved
  BOOST_TEST(table.find(other, now) == nullptr);
  BOOST_TEST(table.size() == 1U);
  BOOST_TEST(table.life() == 90s);
}

BOOST_AUTO_TEST_CASE(an_entry_lives_as_long_as_its_node_is_heard) {
  hear(bob, "bob");
  now += 89s;
  hear(bob, "bob");
  now += 89s;
  BOOST_TEST(table.resolve("bob", now) == bob);
  now += 1s;
  BOOST_TEST(table.resolve("bob", now) == Nid{});
  BOOST_TEST(table.find(bob, now) == nullptr);
  table.for_each(now, [](Nid, const KnownHost&, bool) { BOOST_ERROR("one that has expired"); });
  BOOST_TEST(hear(bob, "bob") == bob);
  BOOST_TEST(table.resolve("bob", now) == bob);
  BOOST_TEST(table.find(bob, now)->used_at == now);
}

BOOST_AUTO_TEST_CASE(a_name_stays_with_its_holder) {
  hear(bob, "bob");
  BOOST_TEST(hear(other, "bob") == bob);
  BOOST_TEST(hear(bob, "bob") == bob);
  BOOST_TEST(table.resolve("bob", now) == bob);
  std::map<Nid, bool> owners;
  table.for_each(now, [&](Nid nid, const KnownHost&, bool owner) { owners[nid] = owner; });
  BOOST_TEST((owners == std::map<Nid, bool>{{bob, true}, {other, false}}));
  now += 60s;
  hear(other, "bob");
  now += 60s;  // bob has fallen silent
  BOOST_TEST(table.resolve("bob", now) == other);
  BOOST_TEST(hear(other, "bob") == other);
  BOOST_TEST(hear(bob, "bob") == other);
}

BOOST_AUTO_TEST_CASE(a_silent_holder_loses_its_name_to_the_next_claimant) {
  hear(bob, "bob");
  hear(other, "bob");
  now += 60s;
  hear(other, "bob");
  now += 60s;
  BOOST_TEST(hear(other, "bob") == other);
}

BOOST_AUTO_TEST_CASE(a_name_passes_only_from_its_holder_to_a_claimant) {
  hear(bob, "bob");
  BOOST_TEST(!table.pass("bob", bob, other, now));  // which is not there
  hear(other, "other");
  BOOST_TEST(!table.pass("bob", bob, other, now));  // and does not claim it
  hear(Nid(4), "bob");
  BOOST_TEST(!table.pass("bob", other, Nid(4), now));  // which does not hold it
  BOOST_TEST(table.resolve("bob", now) == bob);
  const Epoch::Stamp before = epoch.stamp();
  BOOST_TEST(table.pass("bob", bob, Nid(4), now));
  BOOST_TEST(epoch.stamp() > before);
  BOOST_TEST(table.resolve("bob", now) == Nid(4));
}

BOOST_AUTO_TEST_CASE(a_forgotten_node_leaves_its_name_to_a_claimant) {
  hear(bob, "bob");
  hear(other, "bob");
  table.forget(bob);
  BOOST_TEST(table.resolve("bob", now) == other);
  table.forget(other);
  table.forget(other);
  BOOST_TEST(table.resolve("bob", now) == Nid{});
  BOOST_TEST(table.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_name_that_differs_only_in_case_is_found_if_it_is_unique) {
  hear(bob, "Bob-\u00c4");
  BOOST_TEST(table.resolve("bob-\u00c4", now) == bob);
  BOOST_TEST(table.find(bob, now)->used_at == now);
  BOOST_TEST(table.resolve("bob-\u00e4", now) == Nid{});  // ASCII only
  BOOST_TEST(table.resolve("bob", now) == Nid{});
  const ResolvedName known = table.resolve_for_long("BOB-\u00c4", now);
  BOOST_TEST(known.value == bob);
  BOOST_TEST(known.holds(table.changed(), now));
  epoch.bump();  // a change of something else
  BOOST_TEST(known.holds(table.changed(), now));

  hear(other, "BOB-\u00c4");
  BOOST_TEST(!known.holds(table.changed(), now));
  BOOST_TEST(table.resolve("BOB-\u00c4", now) == other);  // the exact name comes first
  BOOST_TEST(table.resolve("Bob-\u00c4", now) == bob);
  BOOST_TEST(table.resolve("bob-\u00c4", now) == Nid{});  // ambiguous
  now += 60s;
  hear(bob, "Bob-\u00c4");
  now += 60s;  // the other has fallen silent
  BOOST_TEST(table.resolve("bob-\u00c4", now) == bob);
  BOOST_TEST(table.resolve("BOB-\u00c4", now) == bob);
  hear(bob, "robert");
  now += KnownHost::burst;
  hear(bob, "robert");
  BOOST_TEST(table.resolve("bob-\u00c4", now) == Nid{});
}

BOOST_AUTO_TEST_CASE(the_name_of_this_node_never_passes) {
  BOOST_TEST(hear(bob, "alice") == self);
  BOOST_TEST(table.resolve("alice", now) == self);
}

BOOST_AUTO_TEST_CASE(a_node_that_changes_its_name_releases_the_old_one) {
  hear(bob, "bob");
  hear(other, "bob");
  hear(bob, "carol");
  BOOST_TEST(table.resolve("bob", now) == bob);  // one message is not enough
  BOOST_TEST(table.resolve("carol", now) == Nid{});
  now += KnownHost::burst;
  hear(bob, "carol");
  BOOST_TEST(table.resolve("bob", now) == other);
  BOOST_TEST(table.resolve("carol", now) == bob);
}

BOOST_AUTO_TEST_CASE(a_node_that_repeats_its_name_keeps_it) {
  hear(bob, "bob");
  for (int round = 0; round < 10; ++round) {
    hear(bob, "mallory");  // somebody else claims this
    now += 600ms;
    hear(bob, "bob");
    now += 600ms;
  }
  BOOST_TEST(table.resolve("bob", now) == bob);
}

BOOST_AUTO_TEST_CASE(strangers_do_not_displace_known_nodes_and_release_their_names) {
  hear(bob, "bob");
  for (std::uint64_t i = 0; i < 20'000; ++i)
    BOOST_REQUIRE(hear(Nid(100 + i), "stranger-" + std::to_string(i)) == Nid(100 + i));
  BOOST_TEST(table.size() == HostTable::max_hosts);
  BOOST_TEST(table.resolve("bob", now) == bob);
  BOOST_TEST(table.resolve("stranger-19999", now) == Nid(100 + 19'999));
  BOOST_TEST(table.resolve("stranger-5000", now) == Nid{});  // gave way
}

BOOST_AUTO_TEST_CASE(in_a_full_table_an_entry_of_the_largest_sender_gives_way) {
  hear(bob, "bob", 0xb);
  table.resolve("bob", now);
  for (std::uint64_t i = 0; i < 2 * HostTable::max_hosts; ++i) {
    hear(Nid(100 + i), std::to_string(i));
    table.resolve(std::to_string(i), now);
  }
  BOOST_TEST(hear(other, "carol", 0xc) == other);
  for (std::uint64_t i = 0; i < HostTable::max_hosts; ++i)
    hear(Nid(100'000 + i), std::to_string(100'000 + i));
  BOOST_TEST(table.resolve("carol", now) == other);
  BOOST_TEST(table.resolve("bob", now) == bob);
  BOOST_TEST(table.size() == HostTable::max_hosts);
}

BOOST_AUTO_TEST_CASE(a_node_that_was_asked_for_survives_a_flood_under_many_senders) {
  const auto strangers = [&](std::uint64_t first) {
    for (std::uint64_t i = first; i < first + 20'000; ++i)
      hear(Nid(100 + i), "stranger-" + std::to_string(i), 0x1000 + i);
  };
  strangers(0);
  BOOST_TEST(table.resolve("BOB", now) == Nid{});
  hear(bob, "bob", 0xb);
  hear(other, "carol", 0xc);  // nobody has asked for carol
  strangers(50'000);
  BOOST_TEST(table.resolve("bob", now) == bob);
  BOOST_TEST(table.resolve("carol", now) == Nid{});
}

BOOST_AUTO_TEST_CASE(the_name_of_who_has_expired_goes_to_the_next_that_is_alive) {
  for (std::uint64_t i = 0; i < 1000; ++i) hear(Nid(100 + i), "bob");
  now += 60s;
  hear(Nid(100 + 500), "bob");
  BOOST_TEST(table.resolve("bob", now) == Nid(100));  // the first claimant
  now += 60s;
  BOOST_TEST(table.resolve("bob", now) == Nid(100 + 500));
  hear(Nid(100), "bob");
  now += 60s;
  BOOST_TEST(table.resolve("bob", now) == Nid(100));
  now += 60s;
  for (int i = 0; i < 1'000'000; ++i) BOOST_REQUIRE(table.resolve("bob", now) == Nid{});  // without a search
  BOOST_TEST(hear(Nid(100 + 7), "bob") == Nid(100 + 7));
  BOOST_TEST(table.resolve("bob", now) == Nid(100 + 7));
  hear(Nid(100 + 7), "robert");
  now += KnownHost::burst;
  hear(Nid(100 + 7), "robert");
  BOOST_TEST(table.resolve("bob", now) == Nid{});
}

BOOST_AUTO_TEST_CASE(the_key_may_change_while_the_table_holds_nodes) {
  for (std::uint64_t i = 0; i < 100; ++i) hear(Nid(100 + i), "node-" + std::to_string(i));
  Random random(1);
  Context<> cx(now, random);
  table.rekey(HashKey(cx));
  for (std::uint64_t i = 0; i < 100; ++i) {
    BOOST_TEST(table.resolve("node-" + std::to_string(i), now) == Nid(100 + i));
    BOOST_TEST(table.resolve("Node-" + std::to_string(i), now) == Nid(100 + i));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::host_table_test
