// The streams of a node apart from what carries their packets.

#include "ilnp/sctp/endpoint.hpp"

#include "joined.hpp"

namespace ilnp::test::endpoint_test {

using Kind = StreamEvent::Kind;

BOOST_AUTO_TEST_CASE(an_endpoint_at_rest_wants_nothing) {
  Joined pair;
  BOOST_TEST((pair.alice.next_deadline() == never));
  BOOST_TEST(!pair.alice.next_event());
  BOOST_TEST(!pair.bob.listen(80));
  BOOST_TEST((pair.bob.next_deadline() == never));
  pair.connect(80);
  BOOST_TEST((pair.alice.next_deadline() == long_ago));  // there is something to be sent
  pair.carry();
  while (pair.alice.next_event()) {
  }
  BOOST_TEST((pair.alice.next_deadline() - pair.cx.now() <= SctpEndpoint::busy_tick));
  pair.run_for(1s);
  BOOST_TEST((pair.alice.next_deadline() - pair.cx.now() > 0s));
  BOOST_TEST((pair.alice.next_deadline() - pair.cx.now() <= SctpEndpoint::idle_tick));
}

BOOST_AUTO_TEST_CASE(octets_go_both_ways) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  BOOST_TEST(*pair.alice.write(here, as_bytes("from alice"), pair.cx.now()) == 10u);
  BOOST_TEST(*pair.bob.write(there, as_bytes("from bob"), pair.cx.now()) == 8u);
  pair.run_for(10ms);
  BOOST_TEST(Joined::take(pair.alices, Kind::readable).size() == 1u);
  BOOST_TEST(Joined::read(pair.alice, here, pair.cx.now()) == "from bob");
  BOOST_TEST(Joined::read(pair.bob, there, pair.cx.now(), 4) == "from");  // piece by piece
  BOOST_TEST(Joined::read(pair.bob, there, pair.cx.now()) == " alice");
  BOOST_TEST(pair.bob.counters().octets_read == 10u);
  BOOST_TEST(pair.alice.peer(here)->port == 80);
  BOOST_TEST(pair.bob.peer(there)->local_port == 80);
}

BOOST_AUTO_TEST_CASE(names_that_mean_nothing_have_errors) {
  Joined pair;
  std::array<std::byte, 10> some{};
  const StreamId nobody{12345};
  namespace errc = boost::system::errc;
  BOOST_TEST(pair.alice.write(nobody, some, pair.cx.now()).error() == errc::not_connected);
  BOOST_TEST(pair.alice.read(nobody, some, pair.cx.now()).error() == errc::not_connected);
  BOOST_TEST(pair.alice.shutdown(nobody, pair.cx.now()) == errc::not_connected);
  BOOST_TEST(!pair.alice.peer(nobody));
  pair.alice.reset(nobody, pair.cx.now());
  pair.alice.close(nobody, pair.cx.now());
  BOOST_TEST(pair.alice.connect(Nid(2), Joined::transport_port, 0, pair.cx).error() == Errc::invalid_port);
}

BOOST_AUTO_TEST_CASE(a_full_stream_would_block_and_says_when_not) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  const Octets much(1 << 20);
  std::size_t written = 0;
  for (int i = 0; i < 20; ++i) {
    const auto taken = pair.alice.write(here, much, pair.cx.now());
    if (taken) written += *taken;
    pair.run_for(10ms);
  }
  const SctpConfig config;
  BOOST_TEST(written <= config.send_buffer + config.receive_buffer + 100'000);
  BOOST_TEST(pair.alice.write(here, much, pair.cx.now()).error() ==
             boost::system::errc::operation_would_block);
  pair.alices.clear();
  std::size_t read = 0;
  for (int i = 0; i < 100; ++i) {
    read += Joined::read(pair.bob, there, pair.cx.now(), 100'000).size();
    pair.run_for(10ms);
  }
  BOOST_TEST(read == written);
  BOOST_TEST(!Joined::take(pair.alices, Kind::writable).empty());
}

BOOST_AUTO_TEST_CASE(packets_of_strangers_are_counted) {
  Joined pair;
  pair.bob.input(Nid(9), 1, hex("0102030405"), pair.cx.now());
  BOOST_TEST(pair.bob.counters().dropped_too_short == 1u);
  pair.connect(80);  // bob does not listen
  pair.run_for(10ms);
  BOOST_TEST(pair.bob.counters().received_stray == 1u);
  const auto closed = Joined::take(pair.alices, Kind::closed);
  BOOST_TEST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(closed.front().error == boost::system::errc::connection_refused);
  BOOST_TEST(pair.bob.peers().size() == 0u);
}

}  // namespace ilnp::test::endpoint_test
