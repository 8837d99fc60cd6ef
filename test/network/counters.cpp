#include "ilnp/network/counters.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "ilnp/network/events.hpp"

namespace ilnp::test::counters_test {

BOOST_AUTO_TEST_SUITE(network_counters)

BOOST_AUTO_TEST_CASE(each_drop_reason_has_its_own_name) {
  std::set<std::string_view> names;
  for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
    const auto name = to_string(static_cast<Drop>(reason));
    BOOST_TEST(!name.empty());
    BOOST_TEST(names.insert(name).second, name);
  }
  BOOST_TEST(to_string(Drop::too_short) == "too_short");
  BOOST_TEST(to_string(Drop::hop_limit) == "hop_limit");
  BOOST_TEST(to_string(Drop::overheard) == "overheard");
  BOOST_TEST(to_string(Drop::acknowledgement_unexpected) == "acknowledgement_unexpected");
  BOOST_TEST(to_string(Drop::send_failed) == "send_failed");
}

BOOST_AUTO_TEST_CASE(each_counter_is_reported_once_with_its_value) {
  NetworkCounters counters;
  std::uint64_t value = 0;
  for (auto* counter : {&counters.received,
                        &counters.delivered,
                        &counters.forwarded,
                        &counters.sent,
                        &counters.discovery_received,
                        &counters.discovery_passed_on,
                        &counters.solicitations_sent,
                        &counters.advertisements_sent,
                        &counters.updates_sent,
                        &counters.updates_received,
                        &counters.acknowledgements_sent,
                        &counters.acknowledgements_received,
                        &counters.handoffs,
                        &counters.duplicate_nid,
                        &counters.updates_undone,
                        &counters.names_checked,
                        &counters.names_passed,
                        &counters.name_conflicts,
                        &counters.peers_silent,
                        &counters.peers_heard,
                        &counters.peers_left,
                        &counters.expired_answered})
    *counter = ++value;
  for (auto& counter : counters.dropped) counter = ++value;
  std::set<std::string> names;
  std::uint64_t next = 0;
  counters.for_each([&](std::string_view name, std::uint64_t shown) {
    BOOST_TEST(shown == ++next, name);
    names.emplace(name);
  });
  BOOST_TEST(next == value);
  BOOST_TEST(names.size() == value);
  BOOST_TEST(names.contains("dropped_hop_limit"));
  BOOST_TEST(sizeof counters == value * sizeof value);  // none is missing here
  BOOST_TEST(counters.of(Drop::too_short) == 23U);
  BOOST_TEST(counters.of(Drop::not_in_session) == value);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::counters_test
