#include <boost/test/unit_test.hpp>

#include "overlay.hpp"

namespace ilnp::test::long_run_test {

BOOST_AUTO_TEST_SUITE(long_run)

// Ten thousand seconds with a datagram every 10 ms through a router: a million, in at most ten real seconds.
BOOST_AUTO_TEST_CASE(ten_thousand_seconds_take_less_than_ten) {
  Overlay net;
  auto& alice = net.add(0xa, "alice", {a});
  auto& bob = net.add(0xb, "bob", {b});
  net.add(0xd, "router", {a, b});
  net.start();
  const auto begin = std::clock();
  alice.stream(bob, 10ms, net.in(0s), net.in(10'000s));
  net.world.run_for(10'001s);
  const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  BOOST_TEST_MESSAGE("10 000 virtual seconds took " << took << " s of processor time");
#ifndef ILNP_SANITIZED
  BOOST_TEST(took < 10);
#endif
  BOOST_TEST(alice.sent[bob.nid()] == 1'000'000U);
  bob.expect_all_once_from(alice);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::long_run_test
