#include "ilnp/network/flow_cache.hpp"

#include <boost/test/unit_test.hpp>

#include "interface_at.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::flow_cache_test {

struct Fixture {
  /// A packet of the flow with this number.
  static Octets packet(std::uint64_t flow, std::uint8_t hop_limit = 3, std::uint8_t next_header = 42) {
    return frame({b, Nid(flow)}, {c, Nid(1)}, next_header, as_bytes("x"), hop_limit);
  }
  const FlowEntry* find(const Octets& octets, Locator on = a) {
    return flows.find(*wire::IlnpHeader::parse(octets), on, epoch, now);
  }
  const FlowEntry* add(const Octets& octets, std::optional<Locator> out = {}) {
    const auto settle = [](const FlowEntry&) {};
    return flows.add(*wire::IlnpHeader::parse(octets), in, epoch, now + decision_hold, settle, out);
  }

  Epoch epoch;
  FlowCache flows;
  Interface in = interface_at(a);
  TimePoint now{1h};
};

BOOST_FIXTURE_TEST_SUITE(flow_caches, Fixture)

BOOST_AUTO_TEST_CASE(a_decision_applies_to_packets_with_the_same_path) {
  BOOST_TEST((find(packet(1)) == nullptr));
  add(packet(1), d);
  const FlowEntry* entry = find(packet(1));
  BOOST_REQUIRE(entry != nullptr);
  BOOST_TEST(entry->out == d);
  BOOST_TEST(entry->in == &in);
  BOOST_TEST((find(packet(1, 2)) == nullptr));      // another hop limit
  BOOST_TEST((find(packet(1, 3, 41)) == nullptr));  // another next header
  BOOST_TEST((find(packet(2)) == nullptr));         // from another source
  BOOST_TEST((find(packet(1), b) == nullptr));      // on another interface
  BOOST_TEST(find(packet(1)) == entry);
}

BOOST_AUTO_TEST_CASE(an_entry_is_valid_for_a_while_within_its_epoch) {
  add(packet(1));
  now += decision_hold - 1ns;
  BOOST_TEST((find(packet(1)) != nullptr));
  now += 1ns;
  BOOST_TEST((find(packet(1)) == nullptr));
  add(packet(1));
  epoch.bump();
  BOOST_TEST((find(packet(1)) == nullptr));
}

BOOST_AUTO_TEST_CASE(many_paths_in_turn_are_cached) {
  constexpr std::uint64_t paths = FlowCache::max_entries / 8;
  for (std::uint64_t flow = 1; flow <= paths; ++flow) add(packet(flow), Locator(flow));
  std::uint64_t found = 0;
  for (std::uint64_t flow = 1; flow <= paths; ++flow) {
    const FlowEntry* entry = find(packet(flow));
    if (!entry) continue;
    BOOST_TEST(entry->out == Locator(flow));
    ++found;
  }
  BOOST_TEST(found > paths * 9 / 10);
}

BOOST_AUTO_TEST_CASE(the_hop_limit_does_not_change_the_hash_of_a_path) {
  const auto hash = add(packet(1))->path_hash;
  BOOST_TEST(add(packet(1, 1))->path_hash == hash);
  BOOST_TEST(add(packet(2))->path_hash != hash);
  BOOST_TEST(add(packet(1, 3, 41))->path_hash != hash);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::flow_cache_test
