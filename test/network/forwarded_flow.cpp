#include "ilnp/network/forwarded_flow.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/locators.hpp"

namespace ilnp::test::forwarded_flow_test {

BOOST_AUTO_TEST_SUITE(forwarded_flows)

// Each of the four numbers counts, and so does the direction.
BOOST_AUTO_TEST_CASE(a_flow_is_its_source_and_its_destination) {
  const ForwardedFlow flow{{a, Nid(1)}, {b, Nid(2)}};
  const ForwardedFlow others[] = {
      {{c, Nid(1)}, {b, Nid(2)}}, {{a, Nid(3)}, {b, Nid(2)}}, {{a, Nid(1)}, {c, Nid(2)}},
      {{a, Nid(1)}, {b, Nid(3)}}, {{b, Nid(2)}, {a, Nid(1)}},
  };
  const HashKey key = HashKey::from([word = std::uint64_t{1}]() mutable { return mix64(word++); });
  std::set<std::uint64_t> hashes{ForwardedFlowHash{}(key, flow)};
  BOOST_TEST((flow == ForwardedFlow{{a, Nid(1)}, {b, Nid(2)}}));
  for (const ForwardedFlow& other : others) {
    BOOST_TEST((flow != other));
    hashes.insert(ForwardedFlowHash{}(key, other));
  }
  BOOST_TEST(hashes.size() == 6U);
}

BOOST_AUTO_TEST_CASE(the_hash_of_a_flow_depends_on_the_key) {
  const ForwardedFlow flow{{a, Nid(1)}, {b, Nid(2)}};
  const HashKey key = HashKey::from([] { return std::uint64_t{5}; });
  BOOST_TEST(ForwardedFlowHash{}(key, flow) != ForwardedFlowHash{}(HashKey(), flow));
  BOOST_TEST(ForwardedFlowHash{}(key, flow) == ForwardedFlowHash{}(key, flow));
}

BOOST_AUTO_TEST_CASE(what_is_known_of_a_flow_expires_without_packets) {
  const TimePoint now = TimePoint{} + std::chrono::hours(1);
  ForwardedFlowState state;
  BOOST_TEST(state.expired(now));  // nothing was seen yet
  state.seen_at = now;
  BOOST_TEST(!state.expired(now));
  BOOST_TEST(!state.expired(now + ForwardedFlowState::life - Duration(1)));
  BOOST_TEST(state.expired(now + ForwardedFlowState::life));
}

BOOST_AUTO_TEST_CASE(a_flow_begins_as_one_that_this_node_forwards) {
  const ForwardedFlowState state;
  BOOST_TEST(!state.yielding);
  BOOST_TEST((state.unconfirmed == never));
  BOOST_TEST(state.failures == 0);
  BOOST_TEST(state.conflicts == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::forwarded_flow_test
