#include "ilnp/tun/prefix.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::tun_prefix_test {

BOOST_AUTO_TEST_SUITE(tun_prefix)

BOOST_AUTO_TEST_CASE(a_network_has_the_prefix_of_what_its_nodes_have_in_common) {
  BOOST_TEST(tun::default_prefix(0, 10000) == 0xfdef'4230'8ef9'0000);
  BOOST_TEST(tun::default_prefix(1000, 10000) == 0xfd75'b747'127e'0000);
}

BOOST_AUTO_TEST_CASE(some_identifiers_are_reserved) {
  for (const std::uint64_t nid :
       {0ull, 0xfdff'ffff'ffff'ff80ull, 0xfdff'ffff'ffff'ffb5ull, 0xfdff'ffff'ffff'ffffull})
    BOOST_TEST(tun::is_reserved(Nid(nid)), nid);
  for (const std::uint64_t nid : {1ull, 0xfdff'ffff'ffff'ff7full, 0xfe00'0000'0000'0000ull, ~0ull})
    BOOST_TEST(!tun::is_reserved(Nid(nid)), nid);
  BOOST_TEST(tun::is_reserved(tun::anycast_nid));
}

BOOST_AUTO_TEST_CASE(multicast_and_link_local_addresses_are_not_for_a_network) {
  for (const std::uint64_t prefix : {0xff00ull << 48, 0xff02ull << 48, 0xfe80ull << 48, 0xfebfull << 48})
    BOOST_TEST(!tun::is_unicast(prefix), prefix);
  for (const std::uint64_t prefix : {0xfd00ull << 48, 0xfe7full << 48, 0xfec0ull << 48, 0x2001ull << 48})
    BOOST_TEST(tun::is_unicast(wire::Ipv6Address{prefix, 1}), prefix);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_prefix_test
