#define BOOST_TEST_MODULE ilnp
#include <boost/test/unit_test.hpp>
