#include "ilnp/posix/netlink.hpp"

#include <poll.h>

#include <boost/test/unit_test.hpp>
#include <deque>

#include "support/print.hpp"
#include "underlay/lab.hpp"

namespace ilnp::test::netlink_test {

struct Fixture {
  Host host;
  Ethernet ethernet{{&host}};
  unsigned eth0 = PlainSocket::index(host, "eth0");
  Netlink netlink = [this] {
    const auto visit = host.visit();
    return Netlink();
  }();
};

BOOST_FIXTURE_TEST_SUITE(netlink, Fixture)

BOOST_AUTO_TEST_CASE(knows_an_interface_and_what_it_belongs_to) {
  host.ip("link set eth0 mtu 1400");
  const auto alone = netlink.link(eth0);
  BOOST_TEST_REQUIRE(alone.has_value());
  BOOST_TEST(alone->name == "eth0");
  BOOST_TEST(alone->mtu == 1400U);
  BOOST_TEST(alone->master == 0U);
  host.ip("link add br9 type bridge");
  host.ip("link set eth0 master br9");
  const auto port = netlink.link(eth0);
  BOOST_TEST_REQUIRE(port.has_value());
  BOOST_TEST(port->master == PlainSocket::index(host, "br9"));
  BOOST_TEST(port->master_kind == "bridge");
  BOOST_TEST(!netlink.link(eth0 + 1000).has_value());
}

BOOST_AUTO_TEST_CASE(knows_the_groups_of_one_interface) {
  PlainSocket member(host, overlay_port, true);
  member.join(host, "eth0", prefix.group(a));
  const auto groups = [&](unsigned index) {
    std::vector<Locator> found;
    BOOST_TEST(netlink.for_each_group(index, [&](const in6_addr& group) {
      if (const auto locator = prefix.locator(group)) found.push_back(*locator);
    }));
    return found;
  };
  BOOST_TEST(groups(eth0) == std::vector{a});
  BOOST_TEST(groups(PlainSocket::index(host, "lo")).empty());
  // More than fit one message of the kernel's.
  std::vector<Locator> many{a};
  std::deque<PlainSocket> members;
  for (std::uint64_t i = 0x100; i < 0x500; ++i) {
    if (i % 64 == 0) members.emplace_back(host, overlay_port, true);
    members.back().join(host, "eth0", prefix.group(Locator(i)));
    many.emplace_back(i);
  }
  auto found = groups(eth0);
  std::ranges::sort(found, {}, &Locator::value);
  BOOST_TEST(found == many);
}

BOOST_AUTO_TEST_CASE(hears_of_changes_of_one_interface) {
  host.ip("link add other type bridge");
  (void)netlink.changed(eth0, "eth0");
  BOOST_TEST(netlink.native_handle() >= 0);
  host.ip("link set other up");
  BOOST_TEST(!netlink.changed(eth0, "eth0"));
  host.ip("link set eth0 mtu 1400");
  BOOST_TEST(netlink.changed(eth0, "eth0"));
  BOOST_TEST(!netlink.changed(eth0, "eth0"));
  host.ip("-6 address add fd00::1/64 dev eth0 nodad");
  // The kernel announces an address from a work queue, a little later.
  pollfd news{netlink.native_handle(), POLLIN, 0};
  BOOST_TEST(::poll(&news, 1, 10'000) == 1);
  BOOST_TEST(netlink.changed(eth0, "eth0"));
  host.ip("link set other down");
  host.ip("link set other name new");
  BOOST_TEST(netlink.changed(0, "new"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::netlink_test
