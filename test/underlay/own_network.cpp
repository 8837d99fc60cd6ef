#include "lab.hpp"

namespace ilnp::test::own_network_test {

using OwnNetwork = ilnp::test::OwnNetwork;
BOOST_TEST_GLOBAL_FIXTURE(OwnNetwork);

}  // namespace ilnp::test::own_network_test
