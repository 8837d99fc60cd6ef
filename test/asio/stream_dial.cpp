#include "ilnp/asio/stream_dial.hpp"

#include "streams.hpp"

namespace ilnp::test::stream_dial_test {

/// What becomes of a connection to `port` of `host`.
error_code dialled(boost::asio::io_context& io, std::string host, std::uint16_t port, bool cancel = false) {
  std::optional<error_code> outcome;
  const auto dial = std::make_shared<StreamDial>(io.get_executor());
  dial->start(std::move(host), port, [&](error_code error, tcp::socket socket) {
    BOOST_TEST(!outcome);
    BOOST_TEST((error || socket.is_open()));
    outcome = error;
  });
  if (cancel) dial->cancel();
  run_until(io, [&] { return outcome.has_value(); });
  return *outcome;
}

BOOST_AUTO_TEST_CASE(this_host_is_reached_without_a_name) {
  boost::asio::io_context io;
  for (const bool v6 : {false, true}) {
    const auto address = v6 ? boost::asio::ip::address(boost::asio::ip::address_v6::loopback())
                            : boost::asio::ip::address_v4::loopback();
    std::uint16_t port = 0;
    {
      tcp::acceptor acceptor(io, tcp::endpoint(address, 0));
      port = acceptor.local_endpoint().port();
      BOOST_TEST(!dialled(io, "", port));
    }
    BOOST_TEST(dialled(io, "", port) == boost::asio::error::connection_refused);
  }
}

BOOST_AUTO_TEST_CASE(by_another_name_it_is_not) {
  boost::asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const std::uint16_t port = acceptor.local_endpoint().port();
  for (const char* host : {"127.0.0.1", "127.1.2.3", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1",
                           "::ffff:0.0.0.0", "224.0.0.1", "ff02::1", "localhost"})
    BOOST_TEST(dialled(io, host, port) == Errc::not_allowed, host);
}

BOOST_AUTO_TEST_CASE(what_is_outside) {
  const auto outside = [](const char* text) {
    return StreamDial::is_outside(boost::asio::ip::make_address(text));
  };
  BOOST_TEST(outside("192.0.2.1"));
  BOOST_TEST(outside("10.0.0.1"));
  BOOST_TEST(outside("2001:db8::1"));
  BOOST_TEST(outside("::ffff:192.0.2.1"));
  BOOST_TEST(!outside("0.1.2.3"));
  BOOST_TEST(!outside("::ffff:0.1.2.3"));
}

BOOST_AUTO_TEST_CASE(what_is_this_hosts_own) {
  const auto own = [](const char* text) { return StreamDial::is_own(boost::asio::ip::make_address(text)); };
  BOOST_TEST(own("127.0.0.1"));
  BOOST_TEST(own("::ffff:127.0.0.1"));
  BOOST_TEST(!own("192.0.2.1"));
  BOOST_TEST(!own("2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(one_that_is_cancelled_ends_with_an_error) {
  boost::asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  BOOST_TEST(!!dialled(io, "", acceptor.local_endpoint().port(), true));
}

}  // namespace ilnp::test::stream_dial_test
