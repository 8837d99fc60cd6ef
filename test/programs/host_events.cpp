// Nodes that come, move and go, as a node that looks at its table from time to time sees them.
#include "host_events.hpp"

#include <boost/test/unit_test.hpp>

#include "event_about.hpp"
#include "event_text.hpp"

namespace ilnp::test::host_events_test {

using namespace std::chrono_literals;

struct Table {
  void hear(std::uint64_t nid, const std::string& name, std::initializer_list<std::uint64_t> locators) {
    KnownHost& host = hosts.touch(Nid(nid), 1, now);
    hosts.claim(Nid(nid), host, name, now);
    for (const std::uint64_t locator : locators) host.confirm(Locator(locator), now);
  }
  /// The events of a look, one a line.
  std::string look() {
    std::string text;
    watch.look(hosts, now, [&](const auto& event) {
      program::JsonFields fields;
      text += std::string(about(event, fields).name) + ": " + program::event_text(event) + '\n';
      BOOST_TEST(fields.text().find("\"nid\":\"") != std::string::npos);
    });
    return text;
  }
  Epoch epoch;
  HostTable hosts{epoch, Nid(1), "alice", 90s};
  program::HostWatch watch;
  TimePoint now = TimePoint(1000s);
};

BOOST_FIXTURE_TEST_SUITE(host_events, Table)

BOOST_AUTO_TEST_CASE(a_node_appears_once) {
  BOOST_TEST(look() == "");
  hear(2, "b b", {0xb, 0xa});
  BOOST_TEST(look() == "host_appeared: b\\x20b (0:0:0:2) appeared at 0:0:0:a,0:0:0:b\n");
  BOOST_TEST(look() == "");
  now += 30s;
  hear(2, "b b", {0xa, 0xb});
  BOOST_TEST(look() == "");
  BOOST_TEST(watch.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_has_moved_when_it_stays_there) {
  hear(2, "bob", {0xa});
  look();
  now += 30s;
  hear(2, "bob", {0xb});
  BOOST_TEST(look() == "");  // perhaps not all has arrived yet
  hear(2, "bob", {0xc});
  now += 1s;
  BOOST_TEST(look() == "");
  now += 1s;
  BOOST_TEST(look() == "host_moved: bob (0:0:0:2) moved from 0:0:0:a to 0:0:0:b,0:0:0:c\n");
  BOOST_TEST(look() == "");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_back_at_once_has_not_moved) {
  hear(2, "bob", {0xa});
  look();
  now += 30s;
  hear(2, "bob", {0xb});
  BOOST_TEST(look() == "");
  now += 30s;
  hear(2, "bob", {0xa});
  BOOST_TEST(look() == "");
  BOOST_TEST(look() == "");
}

BOOST_AUTO_TEST_CASE(a_silent_node_expires_and_one_that_left_is_forgotten) {
  hear(2, "bob", {0xa});
  hear(3, "carol", {0xa});
  look();
  now += 60s;
  hear(3, "carol", {0xa});
  now += 30s;
  BOOST_TEST(look() == "host_expired: bob (0:0:0:2) expired: it has not been heard for a long time\n");
  hosts.forget(Nid(3));
  BOOST_TEST(look() == "host_forgotten: carol (0:0:0:3) is no longer known\n");
  BOOST_TEST(watch.size() == 0u);
  hear(2, "bob", {0xa});
  BOOST_TEST(look().starts_with("host_appeared: bob"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::host_events_test
