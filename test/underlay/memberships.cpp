#include "ilnp/underlay/memberships.hpp"

#include <boost/test/unit_test.hpp>

#include "lab.hpp"
#include "support/print.hpp"

namespace ilnp::test::memberships_test {

struct Members {
  Host host, other;
  Ethernet ethernet{{&host, &other}};
  PlainSocket first{host, overlay_port, true}, second{host, overlay_port, true}, sender{other};
  const int handles[2] = {first.handle(), second.handle()};
  const unsigned interface = PlainSocket::index(host, "eth0");
  Memberships wanted{prefix, overlay_port};

  /// Both sockets get what is sent to that group: all of these have come in, and no others.
  void check_heard(std::uint32_t number, const std::vector<Locator>& at) {
    for (const Locator locator : {a, b})
      BOOST_TEST(
          !sender.send(other, "eth0", prefix.group(locator), numbered(number, locator == a ? 50 : 60)));
    for (PlainSocket* socket : {&first, &second}) {
      std::vector<Octets> expected;
      for (const Locator locator : at) expected.push_back(numbered(number, locator == a ? 50 : 60));
      BOOST_TEST(socket->take(expected.size()) == expected);
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(memberships, Members)

BOOST_AUTO_TEST_CASE(are_of_all_sockets_and_known) {
  BOOST_TEST(!wanted.contains(a));
  BOOST_TEST(!wanted.join(a, handles, interface));
  BOOST_TEST(!wanted.join(a, handles, interface));
  BOOST_TEST_REQUIRE(wanted.contains(a));
  BOOST_TEST(*wanted.group(a) == Endpoint(prefix.group(a), overlay_port));
  check_heard(1, {a});
  BOOST_TEST(!wanted.join(b, handles, interface));
  check_heard(2, {a, b});
  BOOST_TEST(!wanted.leave(a, handles, interface));
  BOOST_TEST(wanted.leave(a, handles, interface) == error_code(Errc::not_joined));
  BOOST_TEST(wanted.group(a) == nullptr);
  check_heard(3, {b});
}

BOOST_AUTO_TEST_CASE(wait_for_an_interface_that_is_not_there) {
  BOOST_TEST(!wanted.join(a, handles, 0));
  BOOST_TEST(!wanted.join(b, handles, interface + 1000));  // it went
  BOOST_TEST((wanted.contains(a) && wanted.contains(b)));
  wanted.renew(handles, 0, interface);
  check_heard(1, {a, b});
  wanted.renew(handles, interface, interface);  // it was away for a while
  check_heard(2, {a, b});
}

BOOST_AUTO_TEST_CASE(that_cannot_be_are_not_wanted) {
  const int none[] = {first.handle(), -1};
  BOOST_TEST(wanted.join(a, none, interface) == boost::system::errc::bad_file_descriptor);
  BOOST_TEST(!wanted.contains(a));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::memberships_test
