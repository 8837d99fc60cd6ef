#include "ilnp/sctp/peers.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::peers_test {

using namespace std::chrono_literals;

struct Known {
  explicit Known(std::size_t most) : peers(most) {}
  SctpPeers peers;
  TimePoint now = TimePoint{} + 1h;
};

BOOST_AUTO_TEST_CASE(a_peer_is_a_node_and_a_port) {
  Known known(10);
  SctpPeer* const bob = known.peers.enter(Nid(2), 9899, known.now);
  BOOST_TEST_REQUIRE(bob);
  BOOST_TEST(known.peers.enter(Nid(2), 9899, known.now) == bob);
  BOOST_TEST(known.peers.find(Nid(2), 9899) == bob);
  SctpPeer* const other = known.peers.enter(Nid(2), 9900, known.now);
  BOOST_TEST(other != bob);
  BOOST_TEST(!known.peers.find(Nid(3), 9899));
  BOOST_TEST(known.peers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(peers_at_rest_expire) {
  Known known(10);
  known.peers.enter(Nid(2), 1, known.now);
  known.peers.enter(Nid(3), 1, known.now)->streams = 1;
  known.peers.expire(known.now + SctpPeers::rest - 1s);
  BOOST_TEST(known.peers.size() == 2u);
  known.peers.expire(known.now + SctpPeers::rest);
  BOOST_TEST(!known.peers.find(Nid(2), 1));
  BOOST_TEST(known.peers.find(Nid(3), 1));
}

BOOST_AUTO_TEST_CASE(the_one_at_rest_for_longest_makes_room) {
  Known known(2);
  known.peers.enter(Nid(2), 1, known.now);
  known.peers.enter(Nid(3), 1, known.now + 1s);
  BOOST_TEST(known.peers.enter(Nid(4), 1, known.now + 2s));
  BOOST_TEST(!known.peers.find(Nid(2), 1));
  for (const unsigned nid : {3u, 4u}) known.peers.find(Nid(nid), 1)->streams = 1;
  BOOST_TEST(!known.peers.enter(Nid(5), 1, known.now + 3s));
  BOOST_TEST(known.peers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_last_quarter_is_for_those_that_the_node_turns_to) {
  Known known(4);
  for (const unsigned nid : {2u, 3u, 4u}) known.peers.enter(Nid(nid), 1, known.now, false)->streams = 1;
  BOOST_TEST(!known.peers.enter(Nid(5), 1, known.now, false));
  BOOST_TEST(known.peers.enter(Nid(2), 1, known.now, false));  // is there already
  BOOST_TEST(known.peers.enter(Nid(6), 1, known.now));
  BOOST_TEST(known.peers.size() == 4u);
}

BOOST_AUTO_TEST_CASE(one_without_streams_is_heard_anew_by_a_new_one) {
  Known known(1);
  SctpPeer* const peer = known.peers.enter(Nid(2), 1, known.now);
  known.peers.enter(Nid(2), 1, known.now + 20s);
  BOOST_TEST(peer->heard == known.now + 20s);
  peer->streams = 1;
  known.peers.enter(Nid(2), 1, known.now + 40s);
  BOOST_TEST(peer->heard == known.now + 20s);  // silence is silence while there are streams
}

}  // namespace ilnp::test::peers_test
