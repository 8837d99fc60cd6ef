#include "ilnp/network/packet_sample.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "ilnp/base/random.hpp"

namespace ilnp::test::packet_sample_test {

struct Fixture {
  /// This many packets in a step, noted if they are in the sample; then the next step. Returns how many were noted.
  unsigned pass(unsigned packets) {
    unsigned noted = 0;
    for (unsigned i = 0; i < packets; ++i) {
      if (!sample.has(random(), now)) continue;
      sample.note(now);
      ++noted;
    }
    ++now;
    return noted;
  }
  Random random{1};
  PacketSample sample{32};
  PacketSample::Step now = 1000;
};

BOOST_FIXTURE_TEST_SUITE(packet_sample, Fixture)

BOOST_AUTO_TEST_CASE(of_a_few_packets_the_sample_has_all) {
  for (int i = 0; i < 10; ++i) BOOST_TEST(pass(32) == 32u);
}

BOOST_AUTO_TEST_CASE(of_many_packets_the_sample_has_about_its_budget) {
  pass(100'000);
  for (int i = 0; i < 20; ++i) {
    const unsigned noted = pass(100'000);
    BOOST_TEST(noted > 8u);
    BOOST_TEST(noted < 100u);
  }
}

BOOST_AUTO_TEST_CASE(the_sample_grows_again_when_there_are_fewer_packets) {
  for (int i = 0; i < 4; ++i) pass(100'000);
  for (int i = 0; i < 20; ++i) pass(10);
  BOOST_TEST(pass(10) == 10u);
}

BOOST_AUTO_TEST_CASE(packets_had_were_in_the_sample_in_every_recent_step) {
  for (int i = 0; i < 4; ++i) pass(100'000);
  std::vector<std::uint64_t> left_out;
  for (int i = 0; i < 1000; ++i)
    if (const std::uint64_t hash = random(); !sample.has(hash, now)) left_out.push_back(hash);
  for (unsigned i = 0; i <= ForwardingAccount::max_patience; ++i, ++now)
    for (const std::uint64_t hash : left_out) BOOST_TEST(!sample.had(hash, now));
  now += 100;  // each step without a packet may double the sample
  for (const std::uint64_t hash : left_out) BOOST_TEST(sample.had(hash, now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::packet_sample_test
