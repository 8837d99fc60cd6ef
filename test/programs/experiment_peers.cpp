// Whom a receiver of an experiment believes: anybody on the link can send to it.
#include "experiment_peers.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::experiment_peers_test {

using program::ExperimentPeers;
using namespace std::chrono_literals;

struct Fixture {
  bool hear(std::uint64_t from, std::uint64_t number) {
    return peers.hear(Nid(from), number, 1000, now, expected);
  }
  void hear_many(std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t number = 1; number <= count; ++number) hear(from, number);
  }
  void fill() {
    for (std::uint64_t i = 0; i < ExperimentPeers::max_peers; ++i) hear(100 + i, 1);
  }
  ExperimentPeers peers;
  ExperimentPeers::Time now{1h};
  std::optional<Nid> expected;
};

BOOST_FIXTURE_TEST_SUITE(experiment_peers, Fixture)

BOOST_AUTO_TEST_CASE(strangers_keep_nobody_out_for_long) {
  fill();
  hear(100, 2);
  BOOST_TEST(!hear(1, 1));
  now += 1s;
  BOOST_TEST(hear(1, 2));
  BOOST_TEST(peers.all().size() == ExperimentPeers::max_peers);
  BOOST_TEST(peers.find(Nid(100)));  // it has sent most
}

BOOST_AUTO_TEST_CASE(who_is_sent_to_always_finds_room_and_keeps_it) {
  expected = Nid(1);
  fill();
  BOOST_TEST(hear(1, 1));
  now += 1h;
  for (std::uint64_t stranger = 200; stranger < 300; ++stranger) {
    hear(stranger, 1);
    hear(stranger, 2);
    now += 1s;
  }
  BOOST_TEST(peers.find(Nid(1)));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_stranger_is_not_the_end) {
  BOOST_TEST(!hear(2, 0));  // has sent nothing
  hear(2, 1);
  hear(2, 0);
  BOOST_TEST(!peers.ended(now));
  now += 4s;
  hear_many(1, 100);
  now += 4s;
  BOOST_TEST(!peers.ended(now));
  hear(1, 0);
  BOOST_TEST(peers.ended(now));
}

BOOST_AUTO_TEST_CASE(nor_does_a_stranger_put_it_off) {
  hear_many(1, 100);
  hear_many(2, 50);
  hear(1, 0);
  BOOST_TEST(peers.ended(now));
  hear_many(3, 101);  // unless it sends more
  BOOST_TEST(!peers.ended(now));
  now += 5s;
  BOOST_TEST(peers.ended(now));
}

BOOST_AUTO_TEST_CASE(a_short_run_ends_too) {
  hear_many(1, 2);
  hear(1, 0);
  BOOST_TEST(!peers.ended(now));
  now += 5s;
  BOOST_TEST(peers.ended(now));
}

BOOST_AUTO_TEST_CASE(who_listens_late_misses_only_what_was_before) {
  for (std::uint64_t number = 10'000'000; number < 10'000'100; ++number) hear(1, number);
  hear(1, 9'999'999);  // reordered
  const auto& flow = peers.find(Nid(1))->flow;
  BOOST_TEST(flow.received() == 101u);
  BOOST_TEST(flow.reordered() == 1u);
  BOOST_TEST(flow.seen(10'000'001));
  BOOST_TEST(!flow.seen(1));
}

BOOST_AUTO_TEST_CASE(a_few_datagrams_take_little_memory) {
  hear(1, 1);
  for (std::uint64_t number = 1; number < program::Flow<>::max_number; number += ExperimentPeers::most_ahead)
    hear(1, number);
  const auto& flow = peers.find(Nid(1))->flow;
  BOOST_TEST(flow.highest() <= 3 * ExperimentPeers::most_ahead);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::experiment_peers_test
