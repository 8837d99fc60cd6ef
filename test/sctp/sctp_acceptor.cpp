#include "ilnp/sctp/asio/sctp_acceptor.hpp"

#include <boost/asio/redirect_error.hpp>

#include "nodes.hpp"

namespace ilnp::test::sctp_acceptor_test {

BOOST_AUTO_TEST_CASE(a_port_takes_one_acceptor) {
  Nodes nodes;
  const Acceptor first(nodes.bob, 80);
  BOOST_CHECK_THROW(Acceptor(nodes.bob, 80), boost::system::system_error);
  nodes.alice.stop();
}

BOOST_AUTO_TEST_CASE(waiting_for_a_stream_is_cancelled) {
  Nodes nodes;
  Acceptor acceptor(nodes.bob, 80);
  std::optional<error_code> accepted;
  acceptor.async_accept([&](error_code error, Stream) { accepted = error; });
  settle(nodes.io);
  acceptor.cancel();
  run_until(nodes.io, [&] { return accepted.has_value(); });
  BOOST_TEST(*accepted == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(streams_wait_in_the_order_in_which_they_came) {
  Nodes nodes;
  Acceptor acceptor(nodes.bob, 80);
  std::vector<Stream> clients;
  nodes.run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back(nodes.alice);
      co_await clients.back().async_connect("bob", 80, use_awaitable);
    }
    for (const Stream& client : clients) {
      const Stream taken = co_await acceptor.async_accept(use_awaitable);
      BOOST_TEST(taken.peer()->port == client.peer()->local_port);
    }
  });
}

BOOST_AUTO_TEST_CASE(without_an_acceptor_the_port_refuses) {
  Nodes nodes;
  { const Acceptor gone(nodes.bob, 80); }
  nodes.run([&]() -> asio::awaitable<void> {
    Stream client(nodes.alice);
    error_code error;
    co_await client.async_connect("bob", 80, asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::connection_refused);
  });
  Acceptor again(nodes.bob, 80);
  BOOST_TEST(again.port() == 80);
}

}  // namespace ilnp::test::sctp_acceptor_test
