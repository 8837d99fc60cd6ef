#include "ilnp/gateway/tcp_options.hpp"

#include "streams.hpp"

namespace ilnp::test::tcp_options_test {

int option(int socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  BOOST_TEST(::getsockopt(socket, level, name, &value, &size) == 0);
  return value;
}

BOOST_AUTO_TEST_CASE(what_is_accepted_has_what_the_listener_has) {
  boost::asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  prepare_tcp(acceptor.native_handle(), {std::chrono::seconds(7), std::chrono::seconds(5), 4});
  tcp::socket program(io);
  program.connect(acceptor.local_endpoint());
  const auto socket = acceptor.accept();
  const int accepted = const_cast<tcp::socket&>(socket).native_handle();
  BOOST_TEST(option(accepted, SOL_SOCKET, SO_KEEPALIVE) == 1);
  BOOST_TEST(option(accepted, SOL_SOCKET, SO_OOBINLINE) == 1);
  BOOST_TEST(option(accepted, IPPROTO_TCP, TCP_KEEPIDLE) == 7);
  BOOST_TEST(option(accepted, IPPROTO_TCP, TCP_KEEPINTVL) == 5);
  BOOST_TEST(option(accepted, IPPROTO_TCP, TCP_KEEPCNT) == 4);
  BOOST_TEST(option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);  // a reader may pause
}

BOOST_AUTO_TEST_CASE(who_answers_is_there) {
  boost::asio::io_context io;
  TcpPair pair(io);
  BOOST_TEST(!is_unanswered(pair.there.native_handle(), std::chrono::milliseconds(0)));
  boost::asio::write(pair.there, boost::asio::buffer("x", 1));
  BOOST_TEST(!is_unanswered(pair.there.native_handle(), std::chrono::seconds(10)));
  BOOST_TEST(!is_unanswered(-1, std::chrono::milliseconds(0)));
}

}  // namespace ilnp::test::tcp_options_test
