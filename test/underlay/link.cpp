// The ground under a node: interfaces that come and go.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "lab.hpp"
#include "support/print.hpp"

namespace ilnp::test::link_test {

bool says(const std::exception& error, const std::string& text) {
  return std::string(error.what()).find(text) == 0;
}

/// Both hear the other, each with a frame of its own.
void check_traffic(Station& one, Station& two) {
  one.heard.clear();
  two.heard.clear();
  BOOST_TEST(eventually([&] { return !one.send(a, numbered(1, 50)); }));
  BOOST_TEST(eventually([&] { return !two.send(a, numbered(2, 50)); }));
  BOOST_TEST(one.hears(1));
  BOOST_TEST(two.hears(1));
}

/// While the kernel sets an interface up again there may be a moment without a carrier, an address, or a
/// route. A busy machine makes it long enough to be shown.
bool is_passing(const std::string& line) {
  return line == down(LinkProblem::no_carrier) || line == down(LinkProblem::no_address) ||
         line == down(LinkProblem::no_route);
}

/// The link was shown as down once, for this reason, and then as up.
void check_shown(std::vector<std::string> shown, const std::string& reason) {
  BOOST_TEST_REQUIRE(shown.size() >= 2U);
  std::erase_if(shown, [&](const std::string& line) { return line != reason && is_passing(line); });
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  BOOST_TEST((shown == std::vector<std::string>{reason, "up"}));
}

struct Two {
  Host left, right;
  Ethernet ethernet{{&left, &right}};
};

BOOST_AUTO_TEST_SUITE(link_)

BOOST_AUTO_TEST_CASE(that_cannot_be_made_says_why) {
  const Host host;
  Ethernet ethernet({&host});
  const auto refused = [&](const LinkConfig& config, const std::string& text) {
    BOOST_CHECK_EXCEPTION(Station(host, config), std::exception,
                          [&](const std::exception& error) { return says(error, text); });
  };
  refused(link("eth9"), "mcast_interface eth9: No such device");
  refused(link(""), "mcast_interface : no such network interface");
  refused(link("a-name-that-is-longer-than-any"),
          "mcast_interface a-name-that-is-longer-than-any: no such network interface");
  LinkConfig config = link();
  config.mcast_port = 0;
  refused(config, "mcast_port: 0 is not a port");
  config = link();
  config.buffer_size = 65508;
  refused(config, "buffer_size 65508");
  PlainSocket alone(host, overlay_port);
  refused(link(), "mcast_port 5000: Address already in use");
}

BOOST_FIXTURE_TEST_CASE(that_goes_down_and_up_heals, Two) {
  Station one(left), two(right);
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  check_traffic(one, two);
  left.ip("link set eth0 down");
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  BOOST_TEST(one.send(a, numbered(1, 50)).failed());
  const Octets frame = numbered(1, 50);
  one->begin_batch();
  BOOST_TEST(!one.send(a, frame));
  one->end_batch(one.cx());
  BOOST_TEST(one->counters().send_errors == 1U);
  left.ip("link set eth0 up");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  check_shown(one.shown, down(LinkProblem::down));
  BOOST_TEST(one->counters().link_failures >= 1U);
}

// Its IPv6, and with it each membership, goes for a moment, and nobody looks meanwhile.
BOOST_FIXTURE_TEST_CASE(that_has_no_ipv6_for_a_moment_is_heard_again, Two) {
  Station one(left), two(right);
  for (Station* station : {&one, &two}) BOOST_TEST(!(**station).join(a));
  BOOST_TEST(!one->join(b));
  check_traffic(one, two);
  left.ip("link set eth0 mtu 1200");
  left.ip("link set eth0 mtu 1500");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  if (is_passing(one.shown.front()))
    return;  // it did look meanwhile, and joined them when the link was up again
  BOOST_TEST(one.shown == std::vector<std::string>{"lost 2"});
  BOOST_TEST(one->counters().groups_lost == 2U);
}

// The memberships that two nodes have restored are one to the kernel, until one of them ends it.
BOOST_FIXTURE_TEST_CASE(that_has_no_ipv6_for_a_moment_is_heard_by_all_nodes_of_a_host, Two) {
  Station one(left), near(left), two(right);
  for (Station* station : {&one, &near, &two}) BOOST_TEST(!(**station).join(a));
  left.ip("link set eth0 mtu 1200");
  left.ip("link set eth0 mtu 1500");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  near.heard.clear();
  BOOST_TEST(!two.send(a, numbered(3, 50)));
  BOOST_TEST(near.hears(1));
  BOOST_TEST(!one->leave(a));
  near.heard.clear();
  BOOST_TEST(eventually([&] {
    BOOST_TEST(!two.send(a, numbered(4, 50)));
    return near.take() != 0;
  }));
}

BOOST_AUTO_TEST_CASE(belongs_to_what_keeps_its_frames_or_does_not) {
  const Host host;
  const auto visit = host.visit();
  const OwnedSocket plain = OwnedSocket::udp(AF_INET6), bound = OwnedSocket::udp(AF_INET6);
  BOOST_TEST(!set_option(bound.native_handle(), SOL_SOCKET, SO_BINDTOIFINDEX, 1));
  for (const char* kind : {"bridge", "bond", "team", "openvswitch"})
    BOOST_TEST(LinkMonitor::captures(kind, bound.native_handle()), kind);
  for (const char* kind : {"", "batadv", "dummy"})
    BOOST_TEST(!LinkMonitor::captures(kind, plain.native_handle()), kind);
  BOOST_TEST(LinkMonitor::captures("vrf", plain.native_handle()));
  BOOST_TEST(!LinkMonitor::captures("vrf", bound.native_handle()));
}

BOOST_FIXTURE_TEST_CASE(that_has_no_ipv6_for_longer_says_so, Two) {
  Station one(left), two(right);
  for (Station* station : {&one, &two}) BOOST_TEST(!(**station).join(a));
  left.ip("link set eth0 mtu 1200");
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  BOOST_TEST(one->link().problem() == LinkProblem::small_mtu);
  left.ip("link set eth0 mtu 1500");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  check_shown(one.shown, down(LinkProblem::small_mtu));
}

BOOST_FIXTURE_TEST_CASE(whose_name_changes_is_away_until_it_has_it_again, Two) {
  Station one(left), two(right);
  for (Station* station : {&one, &two}) BOOST_TEST(!(**station).join(a));
  check_traffic(one, two);
  left.ip("link set eth0 down");
  left.ip("link set eth0 name eth9");
  left.ip("link set eth9 up");
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  BOOST_TEST(one->link().problem() == LinkProblem::renamed);
  BOOST_TEST(one.send(a, numbered(1, 50)) == boost::system::errc::no_such_device);
  left.ip("link set eth9 down");
  left.ip("link set eth9 name eth0");
  left.ip("link set eth0 up");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  check_shown(one.shown, down(LinkProblem::renamed, "eth9"));
}

BOOST_FIXTURE_TEST_CASE(that_belongs_to_a_bridge_is_deaf_and_says_so, Two) {
  Station one(left), two(right);
  for (Station* station : {&one, &two}) BOOST_TEST(!(**station).join(a));
  left.ip("link add br9 type bridge");
  left.ip("link set eth0 master br9");
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  BOOST_TEST(one.shown == std::vector<std::string>{down(LinkProblem::captured, "br9")});
  left.ip("link set eth0 nomaster");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  BOOST_TEST(one.shown.back() == "up");
}

BOOST_FIXTURE_TEST_CASE(without_a_route_says_so, Two) {
  Station one(left), two(right);
  for (Station* station : {&one, &two}) BOOST_TEST(!(**station).join(a));
  left.ip("-6 route del multicast ff00::/8 dev eth0 table local");
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  left.ip("-6 route add multicast ff00::/8 dev eth0 table local");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  check_shown(one.shown, down(LinkProblem::no_route));
}

BOOST_AUTO_TEST_CASE(is_looked_at_without_sending_anything) {
  const Host host;
  Ethernet ethernet({&host});
  Station one(host);
  BOOST_TEST(!one->join(a));
  const auto sent = [&] {
    const auto visit = host.visit();
    std::ifstream statistics("/proc/thread-self/net/snmp6");
    std::string name;
    long value = 0;
    while (statistics >> name >> value)
      if (name == "Udp6OutDatagrams") return value;
    return -1L;
  };
  const long before = sent();
  BOOST_TEST(before >= 0);
  for (const char* state : {"up", "down"}) {
    host.ip(std::string("link set eth0 ") + state);
    Random random(1);
    Context<> cx(one->next_deadline(), random);
    for (int look = 0; look < 20; ++look) {
      one->on_timer(cx);
      cx.set_now(one->next_deadline());
    }
  }
  BOOST_TEST(sent() == before);
}

BOOST_FIXTURE_TEST_CASE(that_is_removed_and_comes_back_is_joined_again, Two) {
  Station one(left), two(right);
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  check_traffic(one, two);
  left.ip("link del eth0");
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  BOOST_TEST(one.send(a, numbered(1, 50)).failed());
  BOOST_TEST(!one->join(b));  // it is away only now
  ethernet.plug(left, "eth0");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
  BOOST_TEST(!two->join(b));
  one.heard.clear();
  BOOST_TEST(!two.send(b, numbered(3, 50)));
  BOOST_TEST(one.hears(1));
  BOOST_TEST(one->counters().link_changes == 2U);
}

BOOST_FIXTURE_TEST_CASE(that_is_replaced_between_two_looks_is_joined_again, Two) {
  Station one(left), two(right);
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  BOOST_TEST(!one.tick());
  left.ip("link del eth0");
  ethernet.plug(left, "eth0");
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
}

BOOST_FIXTURE_TEST_CASE(that_was_in_another_namespace_is_joined_again_under_the_same_index, Two) {
  Station one(left), two(right);
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  const unsigned index = PlainSocket::index(left, "eth0");
  Host away;
  left.ip("link set eth0 netns " + away.path());
  BOOST_TEST(eventually([&] { return !one.tick() && !one->link_ready(); }));
  away.ip("link set eth0 netns " + left.path());
  left.ip("link set eth0 up");
  BOOST_TEST(PlainSocket::index(left, "eth0") == index);
  BOOST_TEST(eventually([&] { return one.tick(); }));
  check_traffic(one, two);
}

BOOST_AUTO_TEST_CASE(that_has_no_address_yet_says_so_until_it_has) {
  Host left;
  const Host right;
  Ethernet ethernet({&right});
  left.skip_address_detection(false);
  ethernet.plug(left, "eth0");
  Station one(left), two(right);
  BOOST_TEST(!one->link_ready());
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  BOOST_TEST(one.send(a, numbered(1, 50)) == boost::system::errc::address_not_available);
  BOOST_TEST(!two.send(a, numbered(2, 50)));
  BOOST_TEST(one.hears(1));
  BOOST_TEST(eventually([&] { return !one.send(a, numbered(3, 50)); }));
  BOOST_TEST(eventually([&] { return one.tick(); }));
  BOOST_TEST(two.hears(1));
}

BOOST_AUTO_TEST_CASE(is_looked_at_no_more_often_than_it_has_to) {
  const Host host;
  Ethernet ethernet({&host});
  Station one(host);
  BOOST_TEST(eventually([&] {
    one.tick();
    return one->link_ready();
  }));
  Random random(1);
  Context<> cx(one->next_deadline(), random);
  BOOST_TEST(!one->on_timer(cx));
  BOOST_TEST(one->next_deadline() == cx.now() + McastUdp::check_interval);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::link_test
