#include "ilnp/base/ping_reply.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::ping_reply_test {

struct Bottom {
  int number = 1;
};
struct Pinger {
  int pings() const { return 2; }
  Bottom& next_layer() { return bottom; }
  const Bottom& next_layer() const { return bottom; }
  Bottom bottom;
};
struct Top {
  Pinger& next_layer() { return pinger; }
  const Pinger& next_layer() const { return pinger; }
  Pinger pinger;
};

BOOST_AUTO_TEST_SUITE(ping_replies)

BOOST_AUTO_TEST_CASE(forwarders_are_the_hops_on_the_way) {
  PingReply reply;
  reply.sent_hops = 3;
  reply.hop_limit = 1;
  BOOST_TEST(reply.forwarders() == 2U);
  reply.hop_limit = 3;
  BOOST_TEST(reply.forwarders() == 0U);
  reply.hop_limit = 255;  // whoever replies may claim anything
  BOOST_TEST(reply.forwarders() == 0U);
}

BOOST_AUTO_TEST_CASE(the_layer_that_pings_is_found) {
  Top top;
  BOOST_TEST(&pinging_layer(top) == &top.pinger);
  BOOST_TEST(&pinging_layer(std::as_const(top)) == &top.pinger);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ping_reply_test
