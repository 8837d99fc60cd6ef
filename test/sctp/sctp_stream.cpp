// Streams in the shape of Asio's, between two nodes on real sockets, through a relay that loses datagrams.

#include "ilnp/sctp/asio/sctp_stream.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "nodes.hpp"
#include "support/print.hpp"

namespace ilnp::test::sctp_stream_test {

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

}  // namespace ilnp::test::sctp_stream_test
