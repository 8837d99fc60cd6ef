// What a node measures, and how its state and counters become metrics.
#include "node_metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <regex>

namespace ilnp::test::node_metrics_test {

using program::counter_metric;
using program::Durations;
using namespace std::chrono_literals;

const TimePoint start(1000s);

std::uint64_t count(const program::Histogram& histogram) {
  std::uint64_t sum = 0;
  for (const std::uint64_t each : histogram.counts()) sum += each;
  return sum;
}

BOOST_AUTO_TEST_SUITE(node_metrics)

BOOST_AUTO_TEST_CASE(a_handoff_lasts_from_its_beginning_to_its_end) {
  Durations durations;
  durations(event::HandoffEnded{}, start);  // the end of nothing
  BOOST_TEST(count(durations.handoffs()) == 0u);
  durations(event::HandoffBegan{}, start);
  durations(event::HandoffEnded{}, start + 1500ms);
  BOOST_TEST(count(durations.handoffs()) == 1u);
  BOOST_TEST(durations.handoffs().sum() == 1.5);
}

BOOST_AUTO_TEST_CASE(a_round_trip_counts_only_if_it_is_known_which_update_was_acknowledged) {
  Durations durations;
  const Nid bob(2);
  const Nid carol(3);
  durations(event::UpdateAcknowledged{bob}, start);
  durations(event::UpdateSent{bob, 1}, start);
  durations(event::UpdateSent{carol, 1}, start);
  durations(event::UpdateSent{carol, 2}, start + 1s);
  durations(event::UpdateAcknowledged{bob}, start + 250ms);
  durations(event::UpdateAcknowledged{bob}, start + 900ms);  // a duplicate
  durations(event::UpdateAcknowledged{carol}, start + 1s);
  BOOST_TEST(count(durations.round_trips()) == 1u);
  BOOST_TEST(durations.round_trips().sum() == 0.25);
  durations(event::UpdateSent{bob, 1}, start);
  durations(event::UpdateGivenUp{bob}, start + 2s);
  durations(event::UpdateAcknowledged{bob}, start + 3s);
  BOOST_TEST(count(durations.round_trips()) == 1u);
}

BOOST_AUTO_TEST_CASE(a_ping_counts_if_its_destination_replied) {
  Durations durations;
  PingReply reply;
  reply.round_trip = 250ms;
  durations(event::PingAnswered{reply}, start);  // of a forwarder
  BOOST_TEST(count(durations.pings()) == 0u);
  reply.reached = true;
  durations(event::PingAnswered{reply}, start);
  BOOST_TEST(count(durations.pings()) == 1u);
  BOOST_TEST(durations.pings().sum() == 0.25);
}

BOOST_AUTO_TEST_CASE(updates_that_wait_are_limited) {
  Durations durations;
  for (std::uint64_t nid = 1; nid <= Durations::max_updates + 100; ++nid)
    durations(event::UpdateSent{Nid(nid), 1}, start);
  for (std::uint64_t nid = 1; nid <= Durations::max_updates + 100; ++nid)
    durations(event::UpdateAcknowledged{Nid(nid)}, start);
  BOOST_TEST(count(durations.round_trips()) == Durations::max_updates);
}

BOOST_AUTO_TEST_CASE(counters_have_names_by_convention) {
  BOOST_TEST(counter_metric("ilnp", "dropped_hop_limit") == "ilnp_network_dropped_hop_limit");
  BOOST_TEST(counter_metric("sctp", "octets_read") == "ilnp_sctp_read_bytes");
  BOOST_TEST(counter_metric("link", "link_changes") == "ilnp_link_changes");
  BOOST_TEST(counter_metric("fragment", "fragments_sent") == "ilnp_fragment_fragments_sent");
}

BOOST_AUTO_TEST_CASE(only_the_nodes_that_were_used_last_are_shown) {
  Epoch epoch;
  HostTable hosts(epoch, Nid(1), "alice", 90s);
  for (std::uint64_t at = 0; at < 100; ++at) {
    KnownHost& host = hosts.touch(Nid(100 + at), 1, start);
    hosts.claim(Nid(100 + at), host, "host " + std::to_string(at), start);
    host.heard = start;
    if (at < 50) host.used_at = start + std::chrono::seconds(at);
  }
  program::MetricsText metrics(program::MetricsFormat::prometheus);
  add_hosts(metrics, hosts, start + 60s, 2);
  const std::string text = metrics.finish();
  BOOST_TEST(text.find("\nilnp_hosts_known 100\n") != text.npos, text);
  const std::string expected =
      "ilnp_host_silence_seconds{host=\"host\\\\x2049\",nid=\"0:0:0:95\"} 60\n"
      "ilnp_host_silence_seconds{host=\"host\\\\x2048\",nid=\"0:0:0:94\"} 60\n# ";
  BOOST_TEST(text.find(expected) != text.npos, text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::node_metrics_test
