// Streams in the shape of Asio's, between two nodes on real sockets, through a relay that loses datagrams.

#include "ilnp/sctp/asio/sctp_stream.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "nodes.hpp"
#include "support/print.hpp"

namespace ilnp::test::sctp_stream_test {

// What generic code looks for.
static_assert(boost::beast::is_async_stream<Stream>::value);
static_assert(std::is_same_v<Stream::executor_type, asio::any_io_executor>);
static_assert(std::is_same_v<boost::beast::executor_type<Stream>, asio::any_io_executor>);
static_assert(std::is_nothrow_move_constructible_v<Stream> && std::is_nothrow_move_assignable_v<Stream>);
static_assert(!std::is_copy_constructible_v<Stream> && !std::is_move_constructible_v<StreamNode>);
using Direct = asio::io_context::executor_type;
using DirectNode = StreamNode::rebind_executor<Direct>::other;
static_assert(std::is_same_v<SctpStream<DirectNode>::executor_type, Direct>);
static_assert(std::is_same_v<Stream::rebind_executor<Direct>::other, SctpStream<StreamNode, Direct>>);
static_assert(std::is_same_v<Acceptor::rebind_executor<Direct>::other, SctpAcceptor<StreamNode, Direct>>);
static_assert(std::is_constructible_v<SctpStream<DirectNode, asio::any_io_executor>, SctpStream<DirectNode>>);
static_assert(
    !std::is_constructible_v<SctpStream<DirectNode>, SctpStream<DirectNode, asio::any_io_executor>>);
static_assert(std::is_same_v<decltype(std::declval<Stream&>().async_connect(Nid(), 1, asio::use_future)),
                             std::future<void>>);
static_assert(std::is_same_v<decltype(std::declval<asio::use_awaitable_t<>::as_default_on_t<Stream>&>()
                                          .async_read_some(asio::mutable_buffer())),
                             asio::awaitable<std::size_t>>);

std::string some_text(std::size_t size) {
  std::string text;
  Random random(size);
  while (text.size() < size) text += static_cast<char>('a' + random.below(26));
  return text;
}

void transfer(double loss) {
  Connected pair(loss);
  const std::string text = some_text(3'000'000);
  const auto send = [&](Stream& stream) -> asio::awaitable<void> {
    BOOST_TEST(co_await asio::async_write(stream, asio::buffer(text), use_awaitable) == text.size());
    BOOST_TEST(!stream.shutdown_send());
  };
  const auto receive = [&](Stream& stream) -> asio::awaitable<void> {
    std::string got;
    error_code error;
    co_await asio::async_read(stream, asio::dynamic_buffer(got), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::eof);
    BOOST_TEST(got == text);
  };
  pair.beside([&] { return send(pair.here); });
  pair.beside([&] { return send(pair.there); });
  pair.beside([&] { return receive(pair.here); });
  pair.run([&] { return receive(pair.there); });
  run_until(pair.io, [&] { return !pair.here.is_open() && !pair.there.is_open(); });
  BOOST_TEST(pair.alices.streams() == 0);
  BOOST_TEST((pair.relay.lost() > 0) == (loss > 0));
  BOOST_TEST_MESSAGE("lost " << pair.relay.lost() << ", carried " << pair.relay.carried());
}

BOOST_AUTO_TEST_CASE(many_octets_both_ways_and_the_end_of_each) {
  for (const double loss : {0.0, 0.001, 0.01, 0.05}) BOOST_TEST_CONTEXT("loss " << loss) transfer(loss);
}

BOOST_AUTO_TEST_CASE(both_ends_know_each_other) {
  Connected pair;
  BOOST_TEST_REQUIRE(pair.here.peer().has_value());
  BOOST_TEST_REQUIRE(pair.there.peer().has_value());
  BOOST_TEST(pair.here.peer()->nid == Nid(2));
  BOOST_TEST(pair.here.peer()->port == 80);
  BOOST_TEST(pair.there.peer()->nid == Nid(1));
  BOOST_TEST(pair.there.peer()->local_port == 80);
  BOOST_TEST(pair.there.peer()->port == pair.here.peer()->local_port);
  BOOST_TEST(pair.acceptor.port() == 80);
}

BOOST_AUTO_TEST_CASE(connecting_in_vain) {
  Nodes nodes;
  nodes.run([&]() -> asio::awaitable<void> {
    Stream stream(nodes.alice);
    error_code error;
    co_await stream.async_connect("bob", 81, asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::connection_refused);
    BOOST_TEST(!stream.is_open());
    co_await stream.async_connect("nobody", 81, asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == Errc::unknown_host);
    co_await stream.async_connect(Nid(2), 0, asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == Errc::invalid_port);
  });
}

BOOST_AUTO_TEST_CASE(what_is_over_says_so) {
  Connected pair;
  pair.here.reset();
  pair.run([&]() -> asio::awaitable<void> {
    char octet = 0;
    error_code error;
    co_await pair.there.async_read_some(asio::buffer(&octet, 1), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::connection_reset);
    co_await pair.there.async_write_some(asio::buffer(&octet, 1), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::connection_reset);
    co_await pair.here.async_read_some(asio::buffer(&octet, 1), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::eof);
    co_await pair.here.async_write_some(asio::buffer(&octet, 1), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::broken_pipe);
  });
}

BOOST_AUTO_TEST_CASE(operations_are_cancelled) {
  Connected pair;
  char octet = 0;
  error_code all, one, after_stream;
  asio::cancellation_signal signal;
  const auto keep = [](error_code& where) {
    return [&where](error_code error, std::size_t) { where = error; };
  };
  pair.here.async_read_some(asio::buffer(&octet, 1), keep(all));
  settle(pair.io);
  pair.here.cancel();
  run_until(pair.io, [&] { return !!all; });
  BOOST_TEST(all == asio::error::operation_aborted);

  pair.here.async_read_some(asio::buffer(&octet, 1), asio::bind_cancellation_slot(signal.slot(), keep(one)));
  settle(pair.io);
  signal.emit(asio::cancellation_type::total);
  run_until(pair.io, [&] { return !!one; });
  BOOST_TEST(one == asio::error::operation_aborted);
  BOOST_TEST(pair.here.is_open());

  {
    Stream gone = std::move(pair.here);
    gone.async_read_some(asio::buffer(&octet, 1), keep(after_stream));
    settle(pair.io);
  }
  pair.here = Stream(pair.alice);
  run_until(pair.io, [&] { return !!after_stream; });
  BOOST_TEST(after_stream == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(beast_speaks_http_over_it) {
  namespace http = boost::beast::http;
  Connected pair;
  const std::string body = some_text(200'000);
  pair.beside([&]() -> asio::awaitable<void> {
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(pair.there, buffer, request, use_awaitable);
    BOOST_TEST(request.target() == "/page");
    http::response<http::string_body> response(http::status::ok, 11);
    response.body() = body;
    response.prepare_payload();
    co_await http::async_write(pair.there, response, use_awaitable);
    pair.there.shutdown_send();
  });
  pair.run([&]() -> asio::awaitable<void> {
    http::request<http::empty_body> request(http::verb::get, "/page", 11);
    co_await http::async_write(pair.here, request, use_awaitable);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(pair.here, buffer, response, use_awaitable);
    BOOST_TEST(response.body() == body);
  });
}

/// A key, and a certificate that it has signed itself.
void use_new_certificate(asio::ssl::context& context) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  BOOST_TEST(SSL_CTX_use_certificate(context.native_handle(), certificate) == 1);
  BOOST_TEST(SSL_CTX_use_PrivateKey(context.native_handle(), key) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

BOOST_AUTO_TEST_CASE(tls_goes_over_it) {
  Connected pair;
  asio::ssl::context server(asio::ssl::context::tls_server), client(asio::ssl::context::tls_client);
  use_new_certificate(server);
  client.set_verify_mode(asio::ssl::verify_none);
  asio::ssl::stream<Stream> there(std::move(pair.there), server);
  asio::ssl::stream<Stream> here(std::move(pair.here), client);
  pair.there = Stream(pair.bob);
  pair.here = Stream(pair.alice);
  const std::string text = some_text(500'000);
  pair.beside([&]() -> asio::awaitable<void> {
    co_await there.async_handshake(asio::ssl::stream_base::server, use_awaitable);
    co_await asio::async_write(there, asio::buffer(text), use_awaitable);
    co_await there.async_shutdown(use_awaitable);
  });
  pair.run([&]() -> asio::awaitable<void> {
    co_await here.async_handshake(asio::ssl::stream_base::client, use_awaitable);
    std::string got(text.size(), '\0');
    co_await asio::async_read(here, asio::buffer(got), use_awaitable);
    BOOST_TEST(got == text);
    error_code ignored;
    co_await here.async_shutdown(asio::redirect_error(use_awaitable, ignored));
  });
}

BOOST_AUTO_TEST_CASE(a_stream_that_was_moved_from_is_like_a_new_one) {
  Connected pair;
  char got[4] = {};
  std::optional<error_code> read;
  std::vector<error_code> errors;
  const auto note = [&](error_code error, const auto&...) { errors.push_back(error); };
  pair.here.async_read_some(asio::buffer(got), [&](error_code error, std::size_t) { read = error; });
  Stream moved(std::move(pair.here));
  BOOST_TEST(moved.is_open());
  pair.run([&]() -> asio::awaitable<void> {
    co_await asio::async_write(pair.there, asio::buffer("ping", 4), use_awaitable);
  });
  run_until(pair.io, [&] { return read.has_value(); });  // what was begun goes on
  BOOST_TEST(!read->failed());
  BOOST_TEST(std::string_view(got, 4) == "ping");

  BOOST_TEST(!pair.here.is_open());
  BOOST_TEST(!pair.here.peer().has_value());
  BOOST_TEST((pair.here.get_executor() == pair.io.get_executor()));
  pair.here.async_read_some(asio::buffer(got), note);
  pair.here.async_write_some(asio::buffer(got), note);
  errors.push_back(pair.here.shutdown_send());
  pair.here.cancel();
  pair.here.async_read_some(asio::buffer(got), note);
  run_until(pair.io, [&] { return errors.size() == 4; });
  BOOST_TEST(errors == std::vector<error_code>(4, asio::error::not_connected));
  pair.here.reset();
  pair.here.close();
  pair.run([&]() -> asio::awaitable<void> {
    co_await pair.here.async_connect("bob", 80, use_awaitable);  // and can connect
    BOOST_TEST(pair.here.is_open());
    error_code error;
    co_await pair.here.async_connect("bob", 80, asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::already_connected);
    pair.here.close();
    co_await pair.here.async_read_some(asio::buffer(got), asio::redirect_error(use_awaitable, error));
    BOOST_TEST(error == asio::error::not_connected);
  });
  moved = std::move(*&moved);
  BOOST_TEST(moved.is_open());
}

BOOST_AUTO_TEST_CASE(each_type_of_cancellation_ends_one_operation_alone) {
  using Type = asio::cancellation_type;
  Connected pair;
  char octet = 0;
  for (const Type type : {Type::terminal, Type::partial, Type::total}) {
    asio::cancellation_signal reading, connecting, naming;
    std::vector<error_code> errors;
    const auto note = [&](error_code error, const auto&...) { errors.push_back(error); };
    Stream other(pair.alice), another(pair.alice);
    pair.here.async_read_some(asio::buffer(&octet, 1), asio::bind_cancellation_slot(reading.slot(), note));
    other.async_connect(Nid(7), 80, asio::bind_cancellation_slot(connecting.slot(), note));
    another.async_connect("nobody", 80, asio::bind_cancellation_slot(naming.slot(), note));
    settle(pair.io);
    for (auto* signal : {&reading, &connecting, &naming}) signal->emit(type);
    run_until(pair.io, [&] { return errors.size() == 3; });
    for (const error_code& error : errors) BOOST_TEST(error.failed());
    BOOST_TEST(errors[0] == asio::error::operation_aborted);
    BOOST_TEST(!other.is_open());
    // The stream goes on, and has lost nothing.
    pair.run([&]() -> asio::awaitable<void> {
      co_await asio::async_write(pair.there, asio::buffer("x", 1), use_awaitable);
      BOOST_TEST(co_await asio::async_read(pair.here, asio::buffer(&octet, 1), use_awaitable) == 1u);
      BOOST_TEST(octet == 'x');
    });
  }
}

BOOST_AUTO_TEST_CASE(a_time_limit_by_awaitable_operators_and_a_default_token) {
  using namespace asio::experimental::awaitable_operators;
  Connected pair;
  auto here = asio::use_awaitable_t<>::as_default_on(std::move(pair.here));
  BOOST_TEST(!pair.here.is_open());
  pair.run([&]() -> asio::awaitable<void> {
    char octet = 0;
    asio::steady_timer timer(pair.io, std::chrono::milliseconds(1));
    const auto late =
        co_await (here.async_read_some(asio::buffer(&octet, 1)) || timer.async_wait(use_awaitable));
    BOOST_TEST(late.index() == 1u);
    co_await asio::async_write(pair.there, asio::buffer("y", 1), use_awaitable);
    timer.expires_after(std::chrono::minutes(1));
    const auto first =
        co_await (asio::async_read(here, asio::buffer(&octet, 1)) || timer.async_wait(use_awaitable));
    BOOST_TEST(first.index() == 0u);
    BOOST_TEST(octet == 'y');
  });
}

BOOST_AUTO_TEST_CASE(a_node_that_goes_ends_the_waiting) {
  asio::io_context io;
  LossyRelay relay(io, 0, 1);
  Stack stack{SctpConfig(), named("alice", 1), &io, relay.address(0)};
  auto node = std::make_unique<DirectNode>(io, stack);
  BOOST_TEST_REQUIRE(!node->start());
  SctpStream<DirectNode> connecting(*node), naming(*node);
  SctpAcceptor<DirectNode> acceptor(*node, 80);
  std::vector<error_code> errors;
  const auto note = [&](error_code error, const auto&...) { errors.push_back(error); };
  connecting.async_connect(Nid(7), 80, note);
  naming.async_connect("nobody", 80, note);
  acceptor.async_accept(note);
  settle(io);
  node.reset();
  settle(io);
  BOOST_TEST(errors.size() == 3u);
  for (const error_code& error : errors) BOOST_TEST(error.failed());
  BOOST_TEST(!acceptor.is_open());
}

}  // namespace ilnp::test::sctp_stream_test
