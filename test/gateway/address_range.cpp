#include "ilnp/gateway/address_range.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::address_range_test {

bool contains(const char* range, const char* address) {
  const auto parsed = AddressRange::parse(range);
  BOOST_TEST_REQUIRE(parsed.has_value(), range);
  return parsed->contains(boost::asio::ip::make_address(address));
}

BOOST_AUTO_TEST_CASE(an_address_or_a_network_contains) {
  BOOST_TEST(contains("192.0.2.1", "192.0.2.1"));
  BOOST_TEST(!contains("192.0.2.1", "192.0.2.2"));
  BOOST_TEST(!contains("192.0.2.1", "2001:db8::1"));
  BOOST_TEST(contains("192.0.2.1", "::ffff:192.0.2.1"));
  BOOST_TEST(contains("192.0.2.0/24", "192.0.2.255"));
  BOOST_TEST(!contains("192.0.2.0/24", "192.0.3.0"));
  BOOST_TEST(contains("10.0.0.0/9", "10.127.255.255"));
  BOOST_TEST(!contains("10.0.0.0/9", "10.128.0.0"));
  BOOST_TEST(contains("0.0.0.0/0", "203.0.113.9"));
  BOOST_TEST(!contains("0.0.0.0/0", "2001:db8::1"));
  BOOST_TEST(contains("2001:db8::/33", "2001:db8:7fff::1"));
  BOOST_TEST(!contains("2001:db8::/33", "2001:db8:8000::1"));
  BOOST_TEST(contains("::/0", "2001:db8::1"));
  BOOST_TEST(contains("2001:db8::1/128", "2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(what_is_none) {
  for (const char* text :
       {"", "here", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/24", "2001:db8::1/127", "192.0.2.1/-1",
        "192.0.2.1/8x", "/8", "2001:db8::/129", "192.0.2/24", "192.0.2.1/ 8", "192.0.2.1/99999999999"})
    BOOST_TEST(!AddressRange::parse(text).has_value(), text);
}

}  // namespace ilnp::test::address_range_test
