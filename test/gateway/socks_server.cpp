#include "ilnp/gateway/socks_server.hpp"

#include <memory>

#include "streams.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::socks_server_test {

/// A program that speaks SOCKS, and whom it has asked for.
struct Program {
  explicit Program(std::string exit = {}) : pair(io) {
    auto asked = [this](StreamTarget target, tcp::socket) { wanted = std::move(target); };
    std::make_shared<SocksServer<decltype(asked)>>(std::move(pair.there), std::move(exit), asked)->start();
  }
  void says(const Octets& octets) {
    boost::asio::write(pair.here, boost::asio::buffer(octets));
    settle(io);
  }
  /// What it hears, in hex digits, and how that ends.
  std::string hears(std::size_t size) {
    std::string all;
    run_until(io, [&] {
      all += come(pair.here, error);
      return all.size() >= size || error != boost::asio::error::would_block;
    });
    return hex(as_bytes(all));
  }

  boost::asio::io_context io;
  TcpPair pair;
  std::optional<StreamTarget> wanted;
  error_code error;
};

const char* const hello = "050100";
const char* const bob = "0501000308626f622e696c6e700050";  // bob.ilnp, port 80

BOOST_AUTO_TEST_CASE(a_node_of_the_overlay_by_name) {
  Program program;
  program.says(hex(hello));
  BOOST_TEST(program.hears(2) == "0500");
  program.says(hex(bob));
  run_until(program.io, [&] { return program.wanted.has_value(); });
  BOOST_TEST(program.wanted->node == "bob");
  BOOST_TEST(program.wanted->port == 80);
  BOOST_TEST(program.wanted->host == "");
}

BOOST_AUTO_TEST_CASE(a_node_of_the_overlay_in_any_case_and_with_the_root) {
  for (const auto& [name, node] :
       {std::pair("Bob.ILNP", "Bob"), {"bob.ilnp.", "bob"}, {"BOB.Ilnp.", "BOB"}, {"b.o.b.ilnp", "b.o.b"}}) {
    Program program("an exit");
    program.says(hex(hello));
    BOOST_TEST(program.hears(2) == "0500");
    const std::string_view text = name;
    Octets request = hex("05010003");
    request.push_back(static_cast<std::byte>(text.size()));
    program.says(joined(joined(request, octets(text)), hex("0050")));
    run_until(program.io, [&] { return program.wanted.has_value(); });
    BOOST_TEST(program.wanted->node == node);
    BOOST_TEST(program.wanted->host == "");
  }
}

BOOST_AUTO_TEST_CASE(octet_by_octet) {
  Program program("an exit");
  for (const std::byte octet : hex(hello)) program.says({octet});
  BOOST_TEST(program.hears(2) == "0500");
  for (const std::byte octet : hex("050100040123456789abcdef0123456789abcdef01bb")) {
    BOOST_TEST(!program.wanted);
    program.says({octet});
  }
  run_until(program.io, [&] { return program.wanted.has_value(); });
  BOOST_TEST(program.wanted->node == "an exit");
  BOOST_TEST(program.wanted->host == "123:4567:89ab:cdef:123:4567:89ab:cdef");
  BOOST_TEST(program.wanted->port == 443);
}

BOOST_AUTO_TEST_CASE(what_follows_the_request_is_left_to_the_connection) {
  boost::asio::io_context io;
  TcpPair pair(io);
  std::optional<tcp::socket> handed_over;
  auto asked = [&](const StreamTarget&, tcp::socket socket) { handed_over = std::move(socket); };
  std::make_shared<SocksServer<decltype(asked)>>(std::move(pair.there), "", asked)->start();
  boost::asio::write(pair.here, boost::asio::buffer(joined(joined(hex(hello), hex(bob)), octets("at once"))));
  run_until(io, [&] { return handed_over.has_value(); });
  std::string text(7, '\0');
  boost::asio::read(*handed_over, boost::asio::buffer(text));
  BOOST_TEST(text == "at once");
}

BOOST_AUTO_TEST_CASE(what_it_does_not_do_has_a_reply_of_its_own) {
  for (const auto& [request, reply] : {std::pair("0502000308626f622e696c6e700050", "0507"),  // BIND
                                       {"0501000100000000"
                                        "0050",
                                        "0502"},                                    // no exit was named
                                       {"0501000308626f622e696c6e700000", "0505"},  // port 0
                                       {"05010003052e696c6e700050", "0502"},  // a name that is only .ilnp
                                       {"050100020000000050", "0508"},        // no such type of address
                                       {"05010003000050", "0501"}}) {         // no name
    Program program;
    program.says(hex(hello));
    BOOST_TEST(program.hears(2) == "0500");
    program.says(hex(request));
    const std::string heard = program.hears(10);
    BOOST_TEST(heard.substr(0, 4) == reply, request << ": " << heard);
    BOOST_TEST(!program.wanted);
    BOOST_TEST(!!ending(program.io, program.pair.here));
  }
}

BOOST_AUTO_TEST_CASE(who_wants_a_password_or_speaks_something_else_is_shown_out) {
  Program password;
  password.says(hex("050102"));
  BOOST_TEST(password.hears(2) == "05ff");
  BOOST_TEST(ending(password.io, password.pair.here) == boost::asio::error::eof);
  Program http;
  http.says(octets("GET / HTTP/1.0\r\n\r\n"));
  BOOST_TEST(ending(http.io, http.pair.here) == boost::asio::error::connection_reset);
}

BOOST_AUTO_TEST_CASE(every_end_and_any_octets_do_no_harm) {
  Random random(seed("every_end_and_any_octets_do_no_harm"));
  const Octets whole = joined(hex(hello), hex(bob));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Program program;
    program.says({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    program.pair.here.close();
    settle(program.io);
    BOOST_TEST(!program.wanted);
  }
  for (int i = 0; i < 300; ++i) {
    Program program(random.below(2) ? "exit" : "");
    error_code ignored;
    for (const std::byte octet : mutated(random, whole))
      boost::asio::write(program.pair.here, boost::asio::buffer(&octet, 1), ignored);
    settle(program.io);
    program.pair.here.close();
    settle(program.io);
  }
}

BOOST_AUTO_TEST_CASE(each_error_has_a_reply) {
  using Reply = wire::Socks5Reply;
  const auto of = [](boost::system::errc::errc_t value) {
    return socks5_reply_of(error_code(static_cast<int>(value), boost::system::system_category()));
  };
  namespace errc = boost::system::errc;
  BOOST_TEST(socks5_reply_of({}) == Reply::succeeded);
  BOOST_TEST(of(errc::connection_refused) == Reply::refused);
  BOOST_TEST(of(errc::network_unreachable) == Reply::network_unreachable);
  BOOST_TEST(of(errc::host_unreachable) == Reply::host_unreachable);
  BOOST_TEST(of(errc::timed_out) == Reply::host_unreachable);
  BOOST_TEST(of(errc::connection_aborted) == Reply::failed);
  BOOST_TEST(socks5_reply_of(Errc::not_allowed) == Reply::not_allowed);
  BOOST_TEST(socks5_reply_of(Errc::unknown_host) == Reply::host_unreachable);
  BOOST_TEST(socks5_reply_of(Errc::no_route) == Reply::network_unreachable);
}

}  // namespace ilnp::test::socks_server_test
