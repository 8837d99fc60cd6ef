#include "ilnp/network/traffic.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::traffic_test {

BOOST_AUTO_TEST_CASE(packets_and_their_octets_add_up) {
  Traffic one;
  one.count(10);
  one.count(0);
  BOOST_TEST((one == Traffic{2, 10}));
  Traffic sum{1, 5};
  sum += one;
  BOOST_TEST((sum == Traffic{3, 15}));
}

}  // namespace ilnp::test::traffic_test
