#include "ilnp/base/keyed_hash.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::keyed_hash_test {

// The published vector for the secret 00 01 ... 0f and the input 00 01 ... 07.
BOOST_AUTO_TEST_CASE(keyed_hash_of_the_published_vector) {
  BOOST_TEST(ilnp::keyed_hash(0x0706050403020100, 0x0706050403020100, 0x0f0e0d0c0b0a0908) ==
             0x93f5f5799a932462U);
}

}  // namespace ilnp::test::keyed_hash_test
