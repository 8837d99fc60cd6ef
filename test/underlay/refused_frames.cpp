// What does not count, and is counted.
#include <boost/test/unit_test.hpp>

#include "lab.hpp"
#include "support/print.hpp"

namespace ilnp::test::refused_frames_test {

struct Pair {
  Host left, right;
  Ethernet ethernet{{&left, &right}};
  Station node{left};
  PlainSocket program{right};
  Pair() { BOOST_TEST(!node->join(a)); }

  /// One counted frame comes through: whatever was sent before has been dealt with.
  void still_works() {
    node.heard.clear();
    BOOST_TEST(!program.send(right, "eth0", prefix.group(a), numbered(99, 80)));
    BOOST_TEST_REQUIRE(node.hears(1));
    BOOST_TEST(node.heard.back().frame == numbered(99, 80));
    BOOST_TEST(node.heard.size() == 1U);
  }
};

BOOST_FIXTURE_TEST_SUITE(refused_frames, Pair)

BOOST_AUTO_TEST_CASE(to_a_locator_that_is_not_joined) {
  BOOST_TEST(!program.send(right, "eth0", prefix.group(b), numbered(1, 50)));
  still_works();
}

BOOST_AUTO_TEST_CASE(to_a_locator_that_was_left) {
  BOOST_TEST(!node->join(b));
  BOOST_TEST(!program.send(right, "eth0", prefix.group(b), numbered(1, 50)));
  BOOST_TEST(node.hears(1));
  BOOST_TEST(!program.send(right, "eth0", prefix.group(b), numbered(2, 50)));
  BOOST_TEST(!node->leave(b));
  BOOST_TEST(node->leave(b) == error_code(Errc::not_joined));
  still_works();
  BOOST_TEST(node->counters().wrong_group <= 1U);
  BOOST_TEST(node.send(b, numbered(1, 50)) == error_code(Errc::not_joined));
}

BOOST_AUTO_TEST_CASE(to_a_group_that_another_program_joined) {
  PlainSocket neighbour(left, overlay_port, true);
  const GroupPrefix other_user(8);
  neighbour.join(left, "eth0", other_user.group(a));
  neighbour.join(left, "eth0", prefix.group(b));
  BOOST_TEST(!program.send(right, "eth0", other_user.group(a), numbered(1, 50)));
  BOOST_TEST(!program.send(right, "eth0", prefix.group(b), numbered(2, 50)));
  still_works();
}

BOOST_AUTO_TEST_CASE(to_the_hosts_own_address) {
  in6_addr address{};
  address.s6_addr[0] = 0xfd;
  address.s6_addr[15] = 0xa;
  left.ip("-6 address add fd00::a/64 dev eth0 nodad");
  right.ip("-6 address add fd00::b/64 dev eth0 nodad");
  BOOST_TEST(!program.send(right, "eth0", address, numbered(1, 50)));
  BOOST_TEST(eventually([&] {
    node.take();
    return node->counters().wrong_group == 1;
  }));
  still_works();
}

BOOST_AUTO_TEST_CASE(to_a_group_on_another_interface) {
  ethernet.plug(right, "eth1");
  Host elsewhere;
  Ethernet other({&elsewhere});
  other.plug(left, "eth1");
  PlainSocket neighbour(left, overlay_port, true);
  neighbour.join(left, "eth1", prefix.group(a));
  PlainSocket far(elsewhere);
  BOOST_TEST(!far.send(elsewhere, "eth0", prefix.group(a), numbered(1, 50)));
  BOOST_TEST(eventually([&] {
    node.take();
    return node->counters().wrong_interface == 1;
  }));
  still_works();
}

BOOST_AUTO_TEST_CASE(longer_than_the_link_allows) {
  BOOST_TEST(!program.send(right, "eth0", prefix.group(a), numbered(1, 1441)));
  BOOST_TEST(!program.send(right, "eth0", prefix.group(a), numbered(2, 60000)));
  BOOST_TEST(!program.send(right, "eth0", prefix.group(a), numbered(3, 1440)));
  BOOST_TEST(node.hears(1));
  BOOST_TEST(node.heard[0].frame == numbered(3, 1440));
  BOOST_TEST(node->counters().too_long == 2U);
  BOOST_TEST(node.send(a, numbered(4, 1441)) == error_code(Errc::message_too_long));
  still_works();
}

BOOST_AUTO_TEST_CASE(none_are_empty_or_short_ones) {
  for (std::size_t size = 0; size < 20; ++size)
    BOOST_TEST(!program.send(right, "eth0", prefix.group(a), numbered(5, size)));
  BOOST_TEST(node.hears(20));
  for (std::size_t size = 0; size < 20; ++size) BOOST_TEST(node.heard[size].frame == numbered(5, size));
  still_works();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::refused_frames_test
