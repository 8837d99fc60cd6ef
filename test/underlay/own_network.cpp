#include "lab.hpp"

using OwnNetwork = ilnp::test::OwnNetwork;
BOOST_TEST_GLOBAL_FIXTURE(OwnNetwork);
