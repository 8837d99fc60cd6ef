#include "ilnp/network/run.hpp"

#include <boost/test/unit_test.hpp>

#include "interface_at.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::run_test {

struct Fixture {
  /// A packet of the flow with this number.
  static Octets packet(std::uint64_t flow, std::uint8_t hop_limit = 3, std::uint8_t next_header = 42) {
    return frame({b, Nid(flow)}, {c, Nid(1)}, next_header, as_bytes("x"), hop_limit);
  }
  const Run* find(const Octets& octets, Locator on = a) {
    return runs.find(*wire::IlnpHeader::parse(octets), on, ways, now);
  }
  const Run* begin(const Octets& octets, std::optional<Locator> out = {}) {
    return runs.begin(*wire::IlnpHeader::parse(octets), in, ways, now + run_hold, out);
  }

  Runs runs;
  Interface in = interface_at(a);
  std::uint32_t ways = 1;
  TimePoint now{1h};
};

BOOST_FIXTURE_TEST_SUITE(runs_of_packets, Fixture)

BOOST_AUTO_TEST_CASE(a_decision_applies_to_packets_with_the_same_path) {
  BOOST_TEST((find(packet(1)) == nullptr));
  begin(packet(1), d);
  const Run* run = find(packet(1));
  BOOST_REQUIRE(run != nullptr);
  BOOST_TEST(run->out == d);
  BOOST_TEST(run->in == &in);
  BOOST_TEST((find(packet(1, 2)) == nullptr));      // another hop limit
  BOOST_TEST((find(packet(1, 3, 41)) == nullptr));  // another next header
  BOOST_TEST((find(packet(2)) == nullptr));         // from another source
  BOOST_TEST((find(packet(1), b) == nullptr));      // on another interface
  BOOST_TEST(find(packet(1)) == run);
}

BOOST_AUTO_TEST_CASE(an_entry_is_valid_for_a_while_unless_something_changes) {
  begin(packet(1));
  now += run_hold - 1ns;
  BOOST_TEST((find(packet(1)) != nullptr));
  now += 1ns;
  BOOST_TEST((find(packet(1)) == nullptr));
  begin(packet(1));
  ++ways;
  BOOST_TEST((find(packet(1)) == nullptr));
}

BOOST_AUTO_TEST_CASE(many_paths_in_turn_are_cached) {
  constexpr std::uint64_t flows = Runs::max_runs / 8;
  for (std::uint64_t flow = 1; flow <= flows; ++flow) begin(packet(flow), Locator(flow));
  std::uint64_t found = 0;
  for (std::uint64_t flow = 1; flow <= flows; ++flow) {
    const Run* run = find(packet(flow));
    if (!run) continue;
    BOOST_TEST(run->out == Locator(flow));
    ++found;
  }
  BOOST_TEST(found > flows * 9 / 10);
}

BOOST_AUTO_TEST_CASE(the_hop_limit_does_not_change_the_hash_of_a_path) {
  const auto hash = begin(packet(1))->path_hash;
  BOOST_TEST(begin(packet(1, 1))->path_hash == hash);
  BOOST_TEST(begin(packet(2))->path_hash != hash);
  BOOST_TEST(begin(packet(1, 3, 41))->path_hash != hash);
}

BOOST_AUTO_TEST_CASE(the_next_hop_to_a_node_is_cached) {
  Ways known;
  BOOST_TEST(!known.find(Nid(1), 7, now));
  known.begin(Nid(1), {a, b, nullptr, 7, now + 1s});
  BOOST_TEST(known.find(Nid(1), 7, now));
  BOOST_TEST(known.last().locator == a);
  BOOST_TEST(known.last().out == b);
  BOOST_TEST(!known.find(Nid(1), 8, now));
  BOOST_TEST(!known.find(Nid(1), 7, now + 1s));
  BOOST_TEST(!known.find(Nid(2), 7, now));
  BOOST_TEST(!known.find(Nid{}, 7, now));
  BOOST_TEST(known.find(Nid(1), 7, now));
}

BOOST_AUTO_TEST_CASE(the_next_hops_to_many_nodes_in_turn_are_cached) {
  Ways known;
  constexpr std::uint64_t nodes = Ways::max_nodes / 8;
  for (std::uint64_t nid = 1; nid <= nodes; ++nid)
    known.begin(Nid(nid), {Locator(nid), b, nullptr, 7, now + 1s});
  std::uint64_t found = 0;
  for (std::uint64_t nid = 1; nid <= nodes; ++nid) {
    if (!known.find(Nid(nid), 7, now)) continue;
    BOOST_TEST(known.last().locator == Locator(nid));
    ++found;
  }
  BOOST_TEST(found > nodes * 3 / 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::run_test
