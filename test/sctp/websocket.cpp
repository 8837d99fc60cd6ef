// Boost.Beast's WebSocket on a stream: its handshake, messages, ping, and close.
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "nodes.hpp"
#include "support/print.hpp"

namespace ilnp::test::websocket_test {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using DefaultStream = asio::use_awaitable_t<>::as_default_on_t<Stream>;
using WebSocket = websocket::stream<DefaultStream>;
static_assert(std::is_same_v<beast::lowest_layer_type<WebSocket>, DefaultStream>);

BOOST_AUTO_TEST_CASE(handshake_messages_and_close) {
  Connected pair;
  WebSocket client(std::move(pair.here)), server(std::move(pair.there));
  const std::string large(300'000, 'x');
  bool served = false;
  error_code end;
  pair.beside([&]() -> asio::awaitable<void> {
    co_await server.async_accept();
    for (int i = 0; i < 2; ++i) {
      beast::flat_buffer buffer;
      co_await server.async_read(buffer);
      server.text(server.got_text());
      co_await server.async_write(buffer.data());
    }
    beast::flat_buffer buffer;
    co_await server.async_read(buffer, asio::redirect_error(use_awaitable, end));
    served = true;
  });
  int pongs = 0;
  pair.run([&]() -> asio::awaitable<void> {
    websocket::response_type response;
    co_await client.async_handshake(response, "bob.ilnp", "/talk");
    BOOST_TEST(response.result_int() == 101u);
    client.control_callback([&](websocket::frame_type kind, beast::string_view) {
      pongs += kind == websocket::frame_type::pong;
    });
    co_await client.async_ping("are you there");
    for (const std::string& words : {std::string("hello,"), large}) {
      co_await client.async_write(asio::buffer(words));
      beast::flat_buffer buffer;
      co_await client.async_read(buffer);
      BOOST_TEST(client.got_text());
      BOOST_TEST((beast::buffers_to_string(buffer.data()) == words));
    }
    co_await client.async_close({websocket::close_code::going_away, "good night"});
  });
  run_until(pair.io, [&] { return served; });
  BOOST_TEST(pongs == 1);
  BOOST_TEST(end == websocket::error::closed);
  BOOST_TEST(server.reason().code == websocket::close_code::going_away);
  BOOST_TEST((server.reason().reason == "good night"));
  BOOST_TEST(!client.is_open());
  BOOST_TEST(!server.is_open());
  // Both ends of the stream were torn down in order.
  BOOST_TEST(!beast::get_lowest_layer(client).is_open());
  BOOST_TEST(!beast::get_lowest_layer(server).is_open());
  run_until(pair.io, [&] { return pair.alices.streams() == 0 && pair.bobs.streams() == 0; });
  for (const Stack* each : {&pair.alices, &pair.bobs})
    BOOST_TEST(each->counters().reset_by_peer + each->counters().reset_here == 0u);
}

BOOST_AUTO_TEST_CASE(a_time_limit_of_beasts_closes_the_stream) {
  Connected pair;
  WebSocket client(std::move(pair.here));
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = std::chrono::milliseconds(10);
  limits.idle_timeout = websocket::stream_base::none();
  client.set_option(limits);
  error_code error;
  pair.run([&]() -> asio::awaitable<void> {  // nobody answers
    co_await client.async_handshake("bob.ilnp", "/", asio::redirect_error(use_awaitable, error));
  });
  BOOST_TEST(error == beast::error::timeout);
  BOOST_TEST(!beast::get_lowest_layer(client).is_open());
}

}  // namespace ilnp::test::websocket_test
