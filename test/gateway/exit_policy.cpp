#include "ilnp/gateway/exit_policy.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::exit_policy_test {

boost::asio::ip::tcp::endpoint endpoint(const char* address, std::uint16_t port = 80) {
  return {boost::asio::ip::make_address(address), port};
}

BOOST_AUTO_TEST_CASE(what_is_of_the_internet) {
  const auto is_public = [](const char* text) {
    return ExitPolicy::is_public(boost::asio::ip::make_address(text));
  };
  for (const char* text :
       {"192.0.2.1",          "8.8.8.8",           "9.255.255.255", "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",        "172.15.255.255",    "172.32.0.0",    "169.253.255.255", "192.167.255.255",
        "192.169.0.0",        "223.255.255.255",   "2001:db8::1",   "2606:4700::1111", "::ffff:192.0.2.1",
        "64:ff9b::192.0.2.1", "2002:c000:201::1",  "192.0.1.0",     "198.17.255.255",  "198.20.0.0",
        "2001:1::1",          "2600::5efe:8.8.8.8"})
    BOOST_TEST(is_public(text), text);
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::10.0.0.1",
                           "::192.0.2.1",
                           "::ffff:10.0.0.1",
                           "::ffff:0.0.0.0",
                           "::ffff:127.0.0.1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "fc00::1",
                           "fdff::1",
                           "ff02::1",
                           "ff0e::1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b::127.0.0.1",
                           "64:ff9b:1::192.0.2.1",
                           "192.0.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "::ffff:0:10.0.0.1",
                           "::ffff:0:8.8.8.8",
                           "2001::1",
                           "2001:0:a00:1::1",
                           "2600::5efe:10.0.0.1",
                           "2600::200:5efe:192.168.0.1",
                           "2002:808:808:1:0:5efe:10.0.0.1",
                           "2002:a00:1::1",
                           "2002:7f00:1::",
                           "2002:c0a8:101::1"})
    BOOST_TEST(!is_public(text), text);
}

BOOST_AUTO_TEST_CASE(a_rule_is_written_as_an_address_a_length_and_a_port) {
  const auto covers = [](const char* rule, const char* address, std::uint16_t port = 80) {
    const auto parsed = ExitRule::parse(rule);
    BOOST_TEST_REQUIRE(parsed.has_value(), rule);
    return parsed->covers(boost::asio::ip::make_address(address), port);
  };
  BOOST_TEST(covers("10.0.0.1", "10.0.0.1"));
  BOOST_TEST(!covers("10.0.0.1", "10.0.0.2"));
  BOOST_TEST(covers("10.0.0.0/8", "10.255.0.2", 1));
  BOOST_TEST(!covers("10.0.0.0/8", "11.0.0.0"));
  BOOST_TEST(covers("10.128.0.0/9", "10.128.0.0"));
  BOOST_TEST(!covers("10.128.0.0/9", "10.127.255.255"));
  BOOST_TEST(covers("10.0.0.0/8:80", "10.0.0.2"));
  BOOST_TEST(!covers("10.0.0.0/8:80", "10.0.0.2", 81));
  BOOST_TEST(covers("127.0.0.1:65535", "127.0.0.1", 65535));
  BOOST_TEST(covers("0.0.0.0/0", "203.0.113.7"));
  BOOST_TEST(!covers("0.0.0.0/0", "2001:db8::1"));
  BOOST_TEST(covers("fd00::1", "fd00::1"));
  BOOST_TEST(covers("fc00::/7", "fdff::1"));
  BOOST_TEST(!covers("fc00::/7", "fe00::1"));
  BOOST_TEST(!covers("::/0", "10.0.0.1"));
  for (const char* rule : {"[fd00::/8]:80", "[fd00::]/8:80"}) {
    BOOST_TEST(covers(rule, "fd12::1"));
    BOOST_TEST(!covers(rule, "fd12::1", 81));
    BOOST_TEST(!covers(rule, "fe12::1"));
  }
  BOOST_TEST(covers("[fd00::1]", "fd00::1", 5));
  BOOST_TEST(covers("[fd00::]/8", "fd00::1", 5));
}

BOOST_AUTO_TEST_CASE(a_rule_for_ipv4_in_ipv6_is_one_for_ipv4) {
  for (const char* rule : {"[::ffff:10.0.0.0]/104", "::ffff:10.0.0.0/104", "[::ffff:10.0.0.1]:80"}) {
    ExitPolicy policy;
    policy.allow(*ExitRule::parse(rule));
    for (const char* address : {"10.0.0.1", "::ffff:10.0.0.1"})
      BOOST_TEST(!policy.check(endpoint(address)), rule << ' ' << address);
    BOOST_TEST((policy.check(endpoint("127.0.0.1")) == Errc::not_allowed), rule);
  }
  BOOST_TEST(ExitRule::parse("::ffff:0:0/96").has_value());
  BOOST_TEST(!ExitRule::parse("::ffff:0:0/95").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_rule) {
  for (const char* text : {"",
                           "/8",
                           ":80",
                           "10.0.0.1/",
                           "10.0.0.1:",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/8/8",
                           "10.0.0.1:0",
                           "10.0.0.1:65536",
                           "10.0.0.1:80x",
                           "10.0.0.1:80:80",
                           "10.0.0",
                           "localhost",
                           "10.0.0.1/8",
                           "fd00::1/8",
                           "fd00::/129",
                           "[fd00::1",
                           "[fd00::1]80",
                           "[fd00::1]:",
                           "[fd00::1]/",
                           "[fd00::/8]/8",
                           "[fd00::/]",
                           "[10.0.0.1]:80",
                           "[]",
                           "0.0.0.1/0",
                           " 10.0.0.1",
                           "10.0.0.0/ 8"})
    BOOST_TEST(!ExitRule::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_rule_opens_what_would_be_kept) {
  ExitPolicy policy;
  BOOST_TEST(!policy.check(endpoint("192.0.2.1")));
  BOOST_TEST(policy.check(endpoint("127.0.0.1")) == Errc::not_allowed);
  BOOST_TEST(policy.check(endpoint("::ffff:10.0.0.1")) == Errc::not_allowed);
  policy.allow(*ExitRule::parse("127.0.0.1:80"));
  policy.allow(*ExitRule::parse("10.0.0.0/8"));
  BOOST_TEST(!policy.check(endpoint("127.0.0.1")));
  BOOST_TEST(!policy.check(endpoint("::ffff:10.0.0.1")));
  BOOST_TEST(policy.check(endpoint("127.0.0.1", 81)) == Errc::not_allowed);
  BOOST_TEST(policy.check(endpoint("::1")) == Errc::not_allowed);
}

}  // namespace ilnp::test::exit_policy_test
