#include "ilnp/gateway/stream_dial.hpp"

#include <memory>

#include "streams.hpp"

namespace ilnp::test::stream_dial_test {

using Addresses = std::vector<boost::asio::ip::address>;

/// Names as the test wants them.
struct Names {
  using Id = std::uint64_t;
  result<Id> look_up(Nid, const std::string& name, NoNames::Found on_found, NoNames::Done on_done) {
    asked.push_back(name);
    if (refusal) return refusal;
    found = std::move(on_found);
    done = std::move(on_done);
    return ++last;
  }
  void cancel(Id id) { cancelled = id; }

  std::vector<std::string> asked;
  NoNames::Found found;
  NoNames::Done done;
  error_code refusal;
  Id last = 0, cancelled = 0;
};

struct Fixture {
  using Dial = StreamDial<Names>;

  std::shared_ptr<Dial> begin(const std::string& host, std::uint16_t to) {
    outcome.reset();
    auto dial = std::make_shared<Dial>(io.get_executor(), policy, names);
    dial->start(Nid(7), host, to, [this](error_code error, tcp::socket socket) {
      BOOST_TEST(!outcome);
      BOOST_TEST((error || socket.is_open()));
      if (!error) reached = socket.remote_endpoint();
      outcome = error;
    });
    BOOST_TEST(!outcome);  // not from within
    return dial;
  }
  error_code finish() {
    run_until(io, [&] { return outcome.has_value(); });
    return *outcome;
  }
  /// What becomes of a connection to the port `to` of `host`.
  error_code dialled(const std::string& host, std::uint16_t to) {
    const auto dial = begin(host, to);
    return finish();
  }
  void allow(const char* rule) { policy.allow(*ExitRule::parse(rule)); }

  boost::asio::io_context io;
  ExitPolicy policy;
  Names names;
  tcp::acceptor v4{io, {boost::asio::ip::address_v4::loopback(), 0}};
  std::uint16_t port = v4.local_endpoint().port();
  std::optional<error_code> outcome;
  tcp::endpoint reached;
};

const boost::asio::ip::address here_v4 = boost::asio::ip::address_v4::loopback();
const boost::asio::ip::address here_v6 = boost::asio::ip::address_v6::loopback();

BOOST_FIXTURE_TEST_SUITE(stream_dials, Fixture)

BOOST_AUTO_TEST_CASE(this_host_is_reached_without_a_name) {
  BOOST_TEST(!dialled("", port));
  v4.close();
  BOOST_TEST(dialled("", port) == boost::asio::error::connection_refused);
  const tcp::acceptor v6(io, {here_v6, 0});
  BOOST_TEST(!dialled("", v6.local_endpoint().port()));
}

BOOST_AUTO_TEST_CASE(by_an_address_it_is_not_unless_a_rule_says_so) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1",
                           "::ffff:0.0.0.0", "224.0.0.1", "ff02::1", "10.0.0.1", "169.254.1.1", "fe80::1%1"})
    BOOST_TEST(dialled(host, port) == Errc::not_allowed, host);
  allow("127.0.0.0/8");
  for (const char* host : {"127.0.0.1", "::ffff:127.0.0.1"}) BOOST_TEST(!dialled(host, port), host);
  BOOST_TEST(dialled("::1", port) == Errc::not_allowed);
  BOOST_TEST(names.asked.empty());  // an address is no name
}

BOOST_AUTO_TEST_CASE(a_name_of_the_overlay_is_asked_of_nobody) {
  for (const char* host : {"bob.ilnp", "Bob.ILNP.", "ilnp"})
    BOOST_TEST(dialled(host, port) == Errc::not_allowed, host);
  BOOST_TEST(names.asked.empty());
}

BOOST_AUTO_TEST_CASE(each_address_of_a_name_is_checked) {
  begin("name", port);
  names.found({here_v4, here_v6});
  names.done({});
  BOOST_TEST(finish() == Errc::not_allowed);
  allow("127.0.0.1");
  begin("name", port);
  names.found({here_v6, here_v4});
  names.done({});
  BOOST_TEST(!finish());
  BOOST_TEST(reached == v4.local_endpoint());
}

BOOST_AUTO_TEST_CASE(ipv6_comes_first_if_it_is_not_long_in_coming) {
  allow("::1");
  allow("127.0.0.1");
  tcp::acceptor v6(io, {here_v6, port});  // on the same port
  for (const bool late : {false, true}) {
    begin("name", port);
    names.found({here_v4});
    settle(io);
    if (late) run_until(io, [&] { return outcome.has_value(); });
    names.found({here_v6});
    names.done({});
    BOOST_TEST(!finish());
    BOOST_TEST(reached.address() == (late ? here_v4 : here_v6));
  }
}

BOOST_AUTO_TEST_CASE(errors_of_the_name) {
  begin("name", port);
  names.done(Errc::unknown_host);
  BOOST_TEST(finish() == Errc::unknown_host);
  begin("name", port);
  names.done(boost::asio::error::timed_out);
  BOOST_TEST(finish() == boost::asio::error::timed_out);
  names.refusal = Errc::queue_full;
  BOOST_TEST(dialled("name", port) == Errc::queue_full);
}

BOOST_AUTO_TEST_CASE(one_that_is_cancelled_says_nothing_and_lets_its_name_go) {
  const auto dial = begin("name", port);
  dial->cancel();
  BOOST_TEST(names.cancelled == names.last);
  names.found({here_v4});
  names.done({});
  begin("", port)->cancel();
  settle(io);
  BOOST_TEST(!outcome);
  io.restart();
  BOOST_TEST(io.poll() == 0u);  // nothing is left
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(without_names_none_is_known) {
  boost::asio::io_context io;
  ExitPolicy policy;
  const NoNames names;
  std::optional<error_code> outcome;
  const auto dial = std::make_shared<StreamDial<const NoNames>>(io.get_executor(), policy, names);
  dial->start(Nid(7), "example.org", 80, [&](error_code error, tcp::socket) { outcome = error; });
  run_until(io, [&] { return outcome.has_value(); });
  BOOST_TEST(*outcome == Errc::unknown_host);
  names.cancel(1);
}

}  // namespace ilnp::test::stream_dial_test
