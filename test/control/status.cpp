#include "ilnp/control/status.hpp"

#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::status_test {

/// A router in a, which goes to b after 20 s.
struct Node : HandFed<ILNP<MemoryUnderlay>> {
  Node() : HandFed(config()) {
    start();
    program.name = "ilnp-test";
    program.started = cx.now();
  }
  static NetworkConfig config() {
    NetworkConfig config = node_config(1, "alice", {{a}, {b}});
    config.move_time = 20s;
    config.handoff_time = 4s;
    return config;
  }
  std::string status() {
    JsonWriter json;
    json.open('{');
    ControlStatus::write(json, stack, program, cx);
    json.close('}');
    return json.text();
  }
  bool shows(std::string_view part) { return status().find(part) != std::string::npos; }
  ControlProgram program;
};

BOOST_AUTO_TEST_SUITE(control_status)

BOOST_AUTO_TEST_CASE(the_state_of_a_network) {
  BOOST_TEST(ilnp::detail::control_state({.locator = a, .joined_at = {}}) == "joined");
  BOOST_TEST(ilnp::detail::control_state({.locator = a, .passing = true, .joined_at = {}}) == "joining");
  BOOST_TEST(ilnp::detail::control_state({.locator = a, .leaving = true, .joined_at = {}}) == "leaving");
}

BOOST_AUTO_TEST_CASE(ages_begin_with_the_program) {
  const TimePoint start = TimePoint{} + 1h;
  BOOST_TEST(ilnp::detail::control_age(start + 2s, start, start + 5s) == 3.0);
  BOOST_TEST(ilnp::detail::control_age(long_ago, start, start + 5s) == 5.0);
}

BOOST_FIXTURE_TEST_CASE(a_node_at_rest, Node) {
  run(5s);
  BOOST_TEST(shows(R"("program":"ilnp-test")"));
  BOOST_TEST(shows(R"("name":"alice","nid":"0:0:0:1")"));
  BOOST_TEST(shows(R"("uptime":5)"));
  BOOST_TEST(shows(R"("port":null,"link":null)"));
  BOOST_TEST(shows(R"("locator":"0:0:0:a","state":"joined","age":5)"));
  BOOST_TEST(shows(R"("handoff":null)"));
  BOOST_TEST(shows(R"("mode":"automatic","handoffs":0,"next":{"in":15.000,"to":["0:0:0:b"]})"));
  BOOST_TEST(shows(R"("mappings":null,"streams":null)"));
  BOOST_TEST(shows(R"("drops":[])"));
}

BOOST_FIXTURE_TEST_CASE(a_node_in_handoff, Node) {
  run(21s);
  BOOST_TEST(shows(R"("locator":"0:0:0:b","state":"joining")"));
  BOOST_TEST(shows(R"("locator":"0:0:0:a","state":"leaving")"));
  BOOST_TEST(shows(R"("handoff":{"ends_in":3.000})"));
  stack.suspend_moves();
  BOOST_TEST(shows(R"("mode":"suspended","handoffs":1,"next":null)"));
}

BOOST_FIXTURE_TEST_CASE(what_it_knows_and_what_it_dropped, Node) {
  feed(a, discovery({c, Nid(3)}, "carol"));
  BOOST_TEST(shows(R"("hosts":1,"routes":1)"));
  feed(a, Octets(3));
  feed(a, Octets(3));
  const std::string text = status();
  const auto at = text.find(R"("counter":"ilnp.dropped_too_short","value":2)");
  BOOST_TEST((at != std::string::npos), text);
  BOOST_TEST(shows(R"("meaning":")"));
}

BOOST_FIXTURE_TEST_CASE(the_connections_of_a_program_are_counted, Node) {
  program.port = 10000;
  program.streams = [](const ControlProgram::AddStream& add) { add({}), add({}), add({}); };
  BOOST_TEST(shows(R"("port":10000)"));
  BOOST_TEST(shows(R"("streams":3)"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::status_test
