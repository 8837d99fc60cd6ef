#include "ilnp/wire/socks5.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::socks5_test {

using wire::Malformed;
using wire::Socks5Greeting;
using wire::Socks5Request;

// What curl 7.88 sends with --proxy socks5h://.
const char* const greeting = "05020001";
const char* const request_name = "0501000308626f622e696c6e700050";
const char* const request_ipv4 = "050100017f00000101bb";
const char* const request_ipv6 = "0501000420010db800000000000000000000000101bb";

BOOST_AUTO_TEST_CASE(greetings) {
  const Octets octets = hex(greeting);
  BOOST_TEST(Socks5Greeting::size(octets) == 4u);
  const auto parsed = Socks5Greeting::parse(octets);
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->open());
  BOOST_TEST(hex(parsed->answer()) == "0500");

  const Octets password_only = hex("050102");
  BOOST_TEST(!Socks5Greeting::parse(password_only)->open());
  BOOST_TEST(hex(Socks5Greeting::parse(password_only)->answer()) == "05ff");
  BOOST_TEST(!Socks5Greeting::parse(hex("0500"))->open());
}

BOOST_AUTO_TEST_CASE(bad_greetings) {
  const auto why = [](std::string_view octets) { return Socks5Greeting::parse(hex(octets)).error(); };
  BOOST_TEST(why("") == Malformed::too_short);
  BOOST_TEST(why("05") == Malformed::too_short);
  BOOST_TEST(why("04") == Malformed::unknown_type);
  BOOST_TEST(why("474554") == Malformed::unknown_type);  // "GET"
  BOOST_TEST(why("0502") == Malformed::wrong_length);
  BOOST_TEST(why("05010000") == Malformed::wrong_length);
}

BOOST_AUTO_TEST_CASE(requests) {
  const Octets by_name = hex(request_name);
  const auto name = Socks5Request::parse(by_name);
  BOOST_TEST_REQUIRE(name.has_value());
  BOOST_TEST(name->type() == Socks5Request::Type::name);
  BOOST_TEST(name->command() == Socks5Request::connect);
  BOOST_TEST(as_text(name->address()) == "bob.ilnp");
  BOOST_TEST(name->port() == 80);

  const Octets by_ipv4 = hex(request_ipv4);
  BOOST_TEST(hex(Socks5Request::parse(by_ipv4)->address()) == "7f000001");
  BOOST_TEST(Socks5Request::parse(by_ipv4)->port() == 443);
  const Octets by_ipv6 = hex(request_ipv6);
  BOOST_TEST(hex(Socks5Request::parse(by_ipv6)->address()) == "20010db8000000000000000000000001");
  BOOST_TEST(Socks5Request::parse(by_ipv6)->type() == Socks5Request::Type::ipv6);
}

BOOST_AUTO_TEST_CASE(every_truncation_waits_for_more) {
  for (const char* each : {request_name, request_ipv4, request_ipv6}) {
    const Octets whole = hex(each);
    BOOST_TEST(Socks5Request::size(whole) == whole.size());
    BOOST_TEST(whole.size() <= Socks5Request::max_size);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      BOOST_TEST(!Socks5Request::parse(cut).has_value());
      BOOST_TEST(Socks5Request::size(cut) > size);
    }
  }
}

BOOST_AUTO_TEST_CASE(bad_requests_of_socks) {
  const auto why = [](std::string_view octets) { return Socks5Request::parse(hex(octets)).error(); };
  BOOST_TEST(why("04010001 7f000001 0050") == Malformed::unknown_type);
  BOOST_TEST(why("05010002 00") == Malformed::unknown_type);  // no such type
  BOOST_TEST(why("05010001 7f000001 005000") == Malformed::wrong_length);
  BOOST_TEST(why("05010003 00 0050") == Malformed::bad_host_name);
}

BOOST_AUTO_TEST_CASE(replies) {
  BOOST_TEST(hex(wire::socks5_reply(wire::Socks5Reply::succeeded)) == "05000001000000000000");
  BOOST_TEST(hex(wire::socks5_reply(wire::Socks5Reply::refused)) == "05050001000000000000");
}

BOOST_AUTO_TEST_CASE(random_octets_of_socks) {
  Random random(seed("random_octets_of_socks"));
  for (int i = 0; i < 20'000; ++i) {
    const Octets octets =
        random.below(2) ? random_octets(random, random.below(300)) : mutated(random, hex(request_name));
    if (const auto request = Socks5Request::parse(octets))
      BOOST_TEST(request->address().size() + 6 <= octets.size());
    if (const auto hello = Socks5Greeting::parse(octets)) static_cast<void>(hello->open());
    BOOST_TEST(Socks5Request::size(octets) <= Socks5Request::max_size);
    BOOST_TEST(Socks5Greeting::size(octets) <= Socks5Greeting::max_size);
  }
}

}  // namespace ilnp::test::socks5_test
