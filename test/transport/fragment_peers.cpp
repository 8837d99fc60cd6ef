#include "ilnp/transport/fragment_peers.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::fragment_peers_test {

using namespace std::chrono_literals;

struct Fixture {
  FragmentPeers::Peer& get(std::uint64_t nid) { return peers.get(Nid(nid), now, pool, counters); }
  bool hold(std::uint64_t nid) { return peers.hold(get(nid), Bytes(text), 1, 2, now, pool, counters); }

  const std::array<std::byte, 3000> text{};
  TimePoint now{1h};
  DatagramPool pool;
  FragmentCounters counters;
  FragmentPeers peers;
};

BOOST_FIXTURE_TEST_SUITE(fragment_peers, Fixture)

BOOST_AUTO_TEST_CASE(the_least_recently_used_peer_gives_way_with_its_waiting_datagrams) {
  for (std::uint64_t nid = 1; nid <= FragmentPeers::max_peers; ++nid, now += 1ms) get(nid);
  BOOST_TEST(hold(1));
  BOOST_TEST(hold(2));
  now += 1s;
  get(1);
  for (std::uint64_t nid = 1001; nid < 1000 + FragmentPeers::max_peers; ++nid, now += 1ms) get(nid);
  BOOST_TEST(peers.find(Nid(1)) != nullptr);
  BOOST_TEST(peers.find(Nid(2)) == nullptr);
  BOOST_TEST(counters.dropped_no_reply == 1U);
  BOOST_TEST(pool.size() == 2U);
}

BOOST_AUTO_TEST_CASE(waiting_datagrams_are_limited_for_one_node_and_in_all) {
  const auto waiting = [&](std::uint64_t nid) { return get(nid).held.size(); };
  for (std::size_t i = 0; i < FragmentPeers::max_held_for_one; ++i) BOOST_TEST(hold(1));
  BOOST_TEST(!hold(1));
  for (std::uint64_t nid = 2; nid <= 4; ++nid)
    for (std::size_t i = 0; i < FragmentPeers::max_held_for_one; ++i, now += 1ms) BOOST_TEST(hold(nid));
  BOOST_TEST(counters.dropped_no_reply == 0U);
  for (std::uint64_t nid = 5; nid <= 8; ++nid) BOOST_TEST(hold(nid));
  BOOST_TEST(counters.dropped_no_reply == 4U);  // the oldest of the node with the most
  for (std::uint64_t nid = 1; nid <= 4; ++nid) BOOST_TEST(waiting(nid) == 3U);
  for (std::uint64_t nid = 5; nid <= 8; ++nid) BOOST_TEST(waiting(nid) == 1U);
  BOOST_TEST(pool.size() <= FragmentPeers::max_held + 1);
}

BOOST_AUTO_TEST_CASE(peers_that_never_reply_give_way_before_those_that_do) {
  for (std::uint64_t nid = 1; nid <= 100; ++nid) get(nid).reply(7, now);
  for (std::uint64_t nid = 1001; nid < 3000; ++nid, now += 1ms) get(nid);
  for (std::uint64_t nid = 1; nid <= 100; ++nid) BOOST_TEST(peers.find(Nid(nid)) != nullptr);
}

BOOST_AUTO_TEST_CASE(refusals_grow_unless_the_node_has_replied_before) {
  auto& peer = get(1);
  for (const Duration refusal : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    peer.refuse(now);
    BOOST_TEST(peer.refusing(now + refusal - 1ns));
    now += refusal;
    BOOST_TEST(!peer.refusing(now));
  }
  peer.reply(7, now);
  BOOST_TEST(peer.willing(now + FragmentPeers::trust - 1ns));
  BOOST_TEST(!peer.willing(now + FragmentPeers::trust));
  for (int i = 0; i < 10; ++i) {
    peer.refuse(now);
    now += FragmentPeers::first_refusal;
    BOOST_TEST(!peer.refusing(now));
  }
}

BOOST_AUTO_TEST_CASE(a_probed_peer_has_a_deadline) {
  BOOST_TEST(peers.next_deadline() == never);
  auto& peer = get(1);
  peer.asking = true;
  peer.asked_at = now;
  peers.watch(peer);
  BOOST_TEST(peers.next_deadline() == now + FragmentPeers::probe_interval);
  int due = 0;
  peers.for_each_due(now, [&](const FragmentPeers::Peer&) { ++due; });
  BOOST_TEST(due == 0);
  peers.for_each_due(now + FragmentPeers::probe_interval, [&](const FragmentPeers::Peer&) { ++due; });
  BOOST_TEST(due == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::fragment_peers_test
