// The coroutine of docs/design.md: a socket with a default completion token, and a time limit.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "asio/pair.hpp"
#include "ilnp/asio/stp_socket.hpp"

namespace ilnp::test::default_token_test {

using Stack = STP<ILNP<CableEnd>>;

using Node = boost::asio::use_awaitable_t<>::as_default_on_t<StpNode<Stack>>;

/// Asks the node called `host_name`, up to five times, and returns its answer.
boost::asio::awaitable<std::string> ask(StpSocket<Node>& socket, std::string host_name, std::uint16_t port) {
  using namespace boost::asio::experimental::awaitable_operators;
  const Nid node = co_await socket.async_resolve(host_name);  // completes as soon as the host is known
  std::array<char, 512> answer;
  DatagramSource from;
  boost::asio::steady_timer timer(socket.get_executor());
  for (int attempt = 0; attempt < 5; ++attempt) {
    co_await socket.async_send_to(as_bytes("what time is it?"), node, port);
    timer.expires_after(std::chrono::seconds(1));
    const auto first = co_await (socket.async_receive_from(boost::asio::buffer(answer), from) ||
                                 timer.async_wait(boost::asio::use_awaitable));
    if (first.index() == 0) co_return std::string(answer.data(), std::get<0>(first));
  }
  throw boost::system::system_error(boost::asio::error::timed_out);
}

BOOST_AUTO_TEST_CASE(a_coroutine_with_a_default_token_and_a_time_limit) {
  Cable cable;
  boost::asio::io_context io(1);
  Stack alices(named("alice", 0xa), cable.ends[0]), bobs(named("bob", 0xb), cable.ends[1]);
  Node alice(io, alices), bob(io, bobs);
  BOOST_TEST(!alice.start());
  BOOST_TEST(!bob.start());
  StpSocket client(alice), server(bob, 37);
  std::string answer;
  const auto serve = [&]() -> boost::asio::awaitable<void> {
    const Datagram request = co_await server.async_receive();
    BOOST_TEST(text(request.payload) == "what time is it?");
    co_await server.async_send_to(as_bytes("noon"), request.source.nid, request.source.port);
  };
  co_spawn(io, serve, boost::asio::detached);
  co_spawn(io, ask(client, "bob", 37), [&](std::exception_ptr, std::string got) { answer = std::move(got); });
  run_until(io, [&] { return !answer.empty(); });
  BOOST_TEST(answer == "noon");
}

}  // namespace ilnp::test::default_token_test
