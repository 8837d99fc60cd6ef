#include "ilnp/gateway/local_routes.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::local_routes_test {

BOOST_AUTO_TEST_CASE(the_kernel_knows_what_stays_here) {
  LocalRoutes routes;
  for (int i = 0; i < 2; ++i) {
    const auto keeps = [&](const char* text) {
      return *routes.reach(boost::asio::ip::make_address(text)) == LocalRoutes::Reach::here;
    };
    for (const char* text : {"127.0.0.1", "127.1.2.3", "::1", "255.255.255.255", "224.0.0.1"})
      BOOST_TEST(keeps(text), text);
    for (const char* text : {"192.0.2.1", "2001:db8::1"}) BOOST_TEST(!keeps(text), text);
    LocalRoutes other = std::move(routes);
    routes = std::move(other);
  }
}

}  // namespace ilnp::test::local_routes_test
