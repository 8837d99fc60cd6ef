#include "ilnp/gateway/reserve_descriptor.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::reserve_descriptor_test {

BOOST_AUTO_TEST_CASE(it_is_given_up_and_taken_back) {
  ReserveDescriptor reserve;
  BOOST_TEST(reserve.held());
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);
  reserve.give();
  reserve.give();
  BOOST_TEST(!reserve.held());
  const int freed = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  BOOST_TEST(freed < next);  // there is room for one more
  ::close(freed);
  reserve.take();
  reserve.take();
  BOOST_TEST(reserve.held());
}

}  // namespace ilnp::test::reserve_descriptor_test
