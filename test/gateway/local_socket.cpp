#include "ilnp/gateway/local_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

namespace ilnp::test::local_socket_test {

Endpoint at(const char* address, std::uint16_t port) {
  return LocalSocket::to_endpoint({boost::asio::ip::make_address(address), port});
}

BOOST_AUTO_TEST_SUITE(local_sockets)

BOOST_AUTO_TEST_CASE(only_what_goes_to_this_host_comes_back_to_all_its_addresses) {
  boost::asio::io_context io;
  const LocalSocket all(io.get_executor(), {boost::asio::ip::address_v4::any(), 0});
  const std::uint16_t port = all.address().port(), other = port == 1 ? 2 : port - 1;
  for (const char* own : {"127.0.0.1", "127.1.2.3", "0.0.0.0"}) {
    BOOST_TEST(all.receives_at(at(own, port)), own);
    BOOST_TEST(!all.receives_at(at(own, other)), own);
  }
  BOOST_TEST(!all.receives_at(at("192.0.2.1", port)));  // the same port of another host
  BOOST_TEST(!all.receives_at(at("::1", port)));
}

BOOST_AUTO_TEST_CASE(to_one_address_comes_back_what_goes_there) {
  boost::asio::io_context io;
  const LocalSocket one(io.get_executor(), {boost::asio::ip::address_v4::loopback(), 0});
  BOOST_TEST(one.receives_at(at("127.0.0.1", one.address().port())));
  BOOST_TEST(!one.receives_at(at("127.0.0.2", one.address().port())));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::local_socket_test
