#include "ilnp/underlay/group_address.hpp"

#include <arpa/inet.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

namespace ilnp::test::group_address_test {

in6_addr address(const char* text) {
  in6_addr parsed{};
  BOOST_TEST_REQUIRE(::inet_pton(AF_INET6, text, &parsed) == 1);
  return parsed;
}

bool same(const in6_addr& left, const in6_addr& right) {
  return std::memcmp(&left, &right, sizeof left) == 0;
}

BOOST_AUTO_TEST_SUITE(group_address)

BOOST_AUTO_TEST_CASE(holds_user_and_locator) {
  BOOST_TEST(same(GroupPrefix(1000).group(Locator(0xa)), address("ff12:0:3e8:0:0:0:0:a")));
  BOOST_TEST(same(GroupPrefix(0xffff).group(Locator(0x123456789abcdef0)),
                  address("ff12:0:ffff:0:1234:5678:9abc:def0")));
  BOOST_TEST(same(GroupPrefix(0, GroupPrefix::Scope::interface_local).group(Locator(1)), address("ff11::1")));
}

BOOST_AUTO_TEST_CASE(gives_the_locator_back) {
  const GroupPrefix prefix(1000);
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{0xa}, ~std::uint64_t{0}})
    BOOST_TEST(prefix.locator(prefix.group(Locator(value))).value() == Locator(value));
}

BOOST_AUTO_TEST_CASE(knows_only_its_own_groups) {
  const GroupPrefix prefix(1000);
  for (const char* text :
       {"fe80::a", "::1", "ff02::1", "ff12:0:3e9:0:0:0:0:a", "ff12:1:3e8:0:0:0:0:a", "ff12:0:3e8:1:0:0:0:a",
        "ff02:0:3e8:0:0:0:0:a", "ff15:0:3e8:0:0:0:0:a", "::ffff:127.0.0.1"})
    BOOST_TEST(!prefix.locator(address(text)), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::group_address_test
