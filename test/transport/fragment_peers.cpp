#include "ilnp/transport/fragment_peers.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

namespace ilnp::test::fragment_peers_test {

using namespace std::chrono_literals;

struct Fixture {
  FragmentPeers::Peer& get(std::uint64_t nid) { return peers.get(Nid(nid), now, pool, counters); }
  bool hold(std::uint64_t nid) { return peers.hold(get(nid), Bytes(text), 1, 2, now, pool); }

  const std::array<std::byte, 3000> text{};
  TimePoint now{1h};
  DatagramPool pool;
  FragmentCounters counters;
  FragmentPeers peers;
};

BOOST_FIXTURE_TEST_SUITE(fragment_peers, Fixture)

BOOST_AUTO_TEST_CASE(the_peer_that_was_used_least_recently_gives_way_and_what_it_holds_with_it) {
  for (std::uint64_t nid = 1; nid <= FragmentPeers::max_peers; ++nid, now += 1ms) get(nid);
  BOOST_TEST(hold(1));
  BOOST_TEST(hold(2));
  now += 1s;
  get(1);
  for (std::uint64_t nid = 1001; nid < 1000 + FragmentPeers::max_peers; ++nid, now += 1ms) get(nid);
  BOOST_TEST(peers.find(Nid(1)) != nullptr);
  BOOST_TEST(peers.find(Nid(2)) == nullptr);
  BOOST_TEST(counters.dropped_no_answer == 1U);
  BOOST_TEST(pool.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_may_wait_is_limited_for_one_and_for_all) {
  std::size_t held = 0;
  for (std::uint64_t nid = 1; nid <= 10; ++nid)
    for (std::size_t i = 0; i < 10; ++i) held += hold(nid) ? 1 : 0;
  BOOST_TEST(held == FragmentPeers::max_held);
  std::size_t of_the_first = 0;
  peers.release_held(get(1), [&](const FragmentPeers::Held& each) {
    ++of_the_first;
    pool.give_back(each.buffer);
  });
  BOOST_TEST(of_the_first == FragmentPeers::max_held_for_one);
  BOOST_TEST(hold(10));
}

BOOST_AUTO_TEST_CASE(who_is_asked_is_due) {
  BOOST_TEST((peers.next_deadline() == never));
  auto& peer = get(1);
  peer.asking = true;
  peer.asked_at = now;
  BOOST_TEST((peers.next_deadline() == now + FragmentPeers::question_interval));
  int due = 0;
  peers.for_each_due(now, [&](const FragmentPeers::Peer&) { ++due; });
  BOOST_TEST(due == 0);
  peers.for_each_due(now + FragmentPeers::question_interval, [&](const FragmentPeers::Peer&) { ++due; });
  BOOST_TEST(due == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::fragment_peers_test
