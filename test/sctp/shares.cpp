#include "ilnp/sctp/shares.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/colliding_nids.hpp"

#include "support/print.hpp"

namespace ilnp::test::shares_test {

using Refusal = SctpShares::Refusal;

SctpConfig with(std::uint32_t streams, std::uint64_t memory) {
  SctpConfig config;
  config.max_streams = streams;
  config.memory = memory;
  return config;
}
/// So many streams, if there are so many; how many there were.
std::size_t take(SctpShares& shares, std::uint64_t nid, bool own, std::size_t wanted,
                 std::vector<SctpShares::Share>* taken = nullptr) {
  std::size_t count = 0;
  for (; count < wanted && !shares.refusal(Nid(nid), own); ++count) {
    const auto share = shares.take(Nid(nid), own, shares.buffers());
    if (taken) taken->push_back(share);
  }
  return count;
}

BOOST_AUTO_TEST_CASE(streams_of_others_leave_room_for_those_of_the_node) {
  SctpShares shares(with(64, std::uint64_t{1} << 40));
  BOOST_TEST(take(shares, 7, false, 1000) == 36u);  // one node
  BOOST_TEST(take(shares, 8, false, 1000) == 12u);  // all others together
  BOOST_TEST(shares.refusal(Nid(9), false) == Refusal::streams);
  BOOST_TEST(take(shares, 7, true, 1000) == 16u);
  BOOST_TEST(shares.refusal(Nid(7), true) == Refusal::streams);
}

BOOST_AUTO_TEST_CASE(streams_of_the_node_count_in_nobodys_share) {
  SctpShares shares(with(64, std::uint64_t{1} << 40));
  BOOST_TEST(take(shares, 7, true, 28) == 28u);
  BOOST_TEST(take(shares, 7, false, 1000) == 36u);
}

BOOST_AUTO_TEST_CASE(a_few_streams_can_all_be_had) {
  SctpShares shares(with(3, std::uint64_t{1} << 40));
  BOOST_TEST(take(shares, 7, false, 1000) == 3u);
}

BOOST_AUTO_TEST_CASE(memory_is_never_promised_twice) {
  for (const std::uint64_t memory : {1ull << 20, 60ull << 20, 512ull << 20}) {
    SctpShares shares(with(1'000'000, memory));
    const std::size_t others = take(shares, 7, false, 1'000'000) + take(shares, 8, false, 1'000'000);
    BOOST_TEST(shares.memory() <= memory - memory / 4);
    BOOST_TEST(shares.refusal(Nid(8), false) == Refusal::memory);
    const std::size_t own = take(shares, 1, true, 1'000'000);
    BOOST_TEST(shares.memory() <= memory);
    BOOST_TEST(shares.refusal(Nid(1), true) == Refusal::memory);
    BOOST_TEST_MESSAGE(memory << " octets: " << others << " streams of others, " << own << " of the node");
    BOOST_TEST(own > 0u);
    BOOST_TEST(others > 0u);
  }
}

BOOST_AUTO_TEST_CASE(buffers_shrink_as_memory_runs_short) {
  const SctpConfig config;
  SctpShares shares(with(1'000'000, 512ull << 20));
  BOOST_TEST((shares.buffers() == SctpBuffers{config.send_buffer, config.receive_buffer}));
  BOOST_TEST(take(shares, 1, true, 200) == 200u);
  BOOST_TEST((shares.buffers() == SctpBuffers{config.send_buffer, config.receive_buffer}));
  SctpBuffers last = shares.buffers();
  while (!shares.refusal(Nid(1), true)) {
    const SctpBuffers next = shares.buffers();
    BOOST_TEST_REQUIRE((next.send <= last.send && next.send >= SctpShares::min_buffer));
    BOOST_TEST_REQUIRE(next.receive >= SctpShares::min_buffer);
    shares.take(Nid(1), true, last = next);
  }
  BOOST_TEST(shares.streams() > 1000u);
  BOOST_TEST(last.send == SctpShares::min_buffer);
}

BOOST_AUTO_TEST_CASE(buffers_that_are_small_stay_as_they_are) {
  SctpConfig config = with(10, 1 << 20);
  config.send_buffer = 4096;
  config.receive_buffer = 8192;
  BOOST_TEST((SctpShares(config).buffers() == SctpBuffers{4096, 8192}));
}

BOOST_AUTO_TEST_CASE(what_is_given_back_can_be_had_again) {
  SctpShares shares(with(64, 10 << 20));
  std::vector<SctpShares::Share> mine, others;
  take(shares, 7, false, 1000, &others);
  take(shares, 1, true, 1000, &mine);
  for (const auto& share : others) shares.give_back(Nid(7), share);
  for (const auto& share : mine) shares.give_back(Nid(1), share);
  BOOST_TEST(shares.streams() == 0u);
  BOOST_TEST(shares.memory() == 0u);
  BOOST_TEST(take(shares, 7, false, 1000) == others.size());
}

BOOST_AUTO_TEST_CASE(nodes_whose_names_fall_together_have_shares_of_their_own) {
  const auto nids = colliding_nids(10'000);
  BOOST_TEST_REQUIRE(mix64(nids[1].value()) == 2 * mix64(nids[0].value()));
  SctpShares shares(with(100'000, std::uint64_t{1} << 50));
  std::vector<SctpShares::Share> taken;
  for (const Nid nid : nids) taken.push_back(shares.take(nid, false, shares.buffers()));
  for (int round = 0; round < 10; ++round)
    for (const Nid nid : nids) BOOST_TEST_REQUIRE(!shares.refusal(nid, false));
  for (std::size_t i = 0; i < nids.size(); ++i) shares.give_back(nids[i], taken[i]);
  BOOST_TEST(shares.streams() == 0u);
  BOOST_TEST(shares.memory() == 0u);
}

}  // namespace ilnp::test::shares_test
