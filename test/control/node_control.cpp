#include "ilnp/control/node_control.hpp"

#include <boost/json/src.hpp>
#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::node_control_test {

namespace json = boost::json;

template <class Stack>
struct Node : HandFed<Stack> {
  explicit Node(NetworkConfig config = node_config(1, "alice", {{a, b}}))
      : HandFed<Stack>(std::move(config)) {
    this->start();
    program.name = "ilnp-test";
    program.version = "1";
    program.started = this->cx.now();
    program.port = 10'001;
  }
  std::string text(std::string_view request, std::size_t limit = 16'000'000) {
    return NodeControl::answer(this->stack, request, program, this->cx, limit);
  }
  json::object ask(std::string_view request) {
    const std::string reply = text("json " + std::string(request));
    BOOST_TEST_REQUIRE(reply.ends_with('\n'));
    BOOST_TEST(std::ranges::all_of(reply.substr(0, reply.size() - 1),
                                   [](char each) { return each >= ' ' && each <= '~'; }));
    return json::parse(reply).as_object();
  }
  std::string error(std::string_view request) {
    const json::object reply = ask(request);
    BOOST_TEST_REQUIRE((reply.at("reply") == "error"), request);
    return json::value_to<std::string>(reply.at("error"));
  }
  ControlProgram program;
};
using ProxyNode = Node<Proxy<STP<ILNP<MemoryUnderlay>>>>;
using Router = Node<ILNP<MemoryUnderlay>>;

struct TwoSets : ProxyNode {
  TwoSets() : ProxyNode(config()) {}
  static NetworkConfig config() {
    NetworkConfig config = node_config(1, "alice", {{a}, {b}});
    config.move_time = 20s;
    config.handoff_time = 4s;
    return config;
  }
  std::string locators() { return json::serialize(ask("hosts").at("hosts").at(0).at("locators")); }
  json::value mode() { return ask("status").at("moves").at("mode"); }
};

BOOST_AUTO_TEST_SUITE(node_control)

BOOST_FIXTURE_TEST_CASE(who_it_is_and_where, ProxyNode) {
  run(5s);
  const json::object status = ask("status");
  BOOST_TEST((status.at("program") == "ilnp-test"));
  BOOST_TEST((status.at("name") == "alice"));
  BOOST_TEST((status.at("nid") == "0:0:0:1"));
  BOOST_TEST((status.at("uptime") == 5.0));
  BOOST_TEST((status.at("handoff") == nullptr));
  BOOST_TEST((status.at("moves").at("mode") == "none"));
  BOOST_TEST((status.at("mappings") == 0));
  BOOST_TEST((status.at("streams") == nullptr));
  const json::array& locators = status.at("locators").as_array();
  BOOST_TEST_REQUIRE(locators.size() == 2U);
  BOOST_TEST((locators[0].at("locator") == "0:0:0:a"));
  BOOST_TEST((locators[0].at("state") == "joined"));
  BOOST_TEST((locators[0].at("age") == 5.0));
}

BOOST_FIXTURE_TEST_CASE(drops_are_shown_with_their_meaning, ProxyNode) {
  BOOST_TEST(ask("status").at("drops").as_array().empty());
  feed(a, octets("short"));
  const json::array drops = ask("status").at("drops").as_array();
  BOOST_TEST_REQUIRE(drops.size() == 1U);
  BOOST_TEST((drops[0].at("counter") == "ilnp.dropped_too_short"));
  BOOST_TEST((drops[0].at("value") == 1));
  BOOST_TEST((drops[0].at("kind") == "loss"));
  BOOST_TEST((drops[0].at("meaning") == "Frames shorter than the network header"));
}

BOOST_FIXTURE_TEST_CASE(rates_are_those_of_the_last_seconds, ProxyNode) {
  const auto rates = [&] { return ask("status").at("rates").as_object(); };
  BOOST_TEST((rates().at("seconds") == 0.0));
  for (int second = 0; second < 20; ++second) {
    program.rates.sample(stack.next_layer().next_layer().counters(), cx.now());
    if (second < 10)
      for (int i = 0; i < 100; ++i) feed(a, octets("short"));
    run(1s);
    if (second == 7) {
      BOOST_TEST((rates().at("received") == 100.0));
      BOOST_TEST((rates().at("seconds") == 6.0));
    }
  }
  BOOST_TEST((rates().at("received") == 0.0));
}

BOOST_FIXTURE_TEST_CASE(the_hosts_and_how_they_are_reached, ProxyNode) {
  feed(a, discovery({a, Nid(2)}, "bob"));
  feed(b, discovery({c, Nid(3)}, "carol"));
  run(2s);
  feed(a, discovery({a, Nid(4)}, "bob"));
  BOOST_TEST(!stack.map(4000, {"carol", 4000, false}));
  BOOST_TEST(!stack.send(LocalPort(4000), octets("hello"), cx));
  const json::array hosts = ask("hosts").at("hosts").as_array();
  BOOST_TEST_REQUIRE(hosts.size() == 4U);
  BOOST_TEST((hosts[0].at("this_node") == true));
  BOOST_TEST((hosts[0].at("locators") == json::array{"0:0:0:a", "0:0:0:b"}));
  BOOST_TEST((hosts[1].at("name") == "bob"));
  BOOST_TEST((hosts[1].at("locators") == json::array{"0:0:0:a"}));
  BOOST_TEST((hosts[1].at("in_use") == nullptr));  // nothing was sent there
  BOOST_TEST((hosts[1].at("heard") == 2.0));
  BOOST_TEST((hosts[1].at("name_conflict") == false));
  BOOST_TEST((hosts[2].at("in_use") == "0:0:0:c"));
  BOOST_TEST((hosts[2].at("next_hop") == "0:0:0:b"));
  BOOST_TEST((hosts[3].at("name_conflict") == true));
  BOOST_TEST((hosts[2].at("sent") == json::value{{"packets", 1}, {"octets", 9}}));  // with the ports
}

BOOST_FIXTURE_TEST_CASE(the_traffic_of_each_host_and_locator, ProxyNode) {
  const auto total = [&](const json::value& of, const char* way) {
    return json::serialize(of.at(way).at("packets")) + ' ' + json::serialize(of.at(way).at("octets"));
  };
  // More peers than the caches of the packet path hold, so that each entry is replaced again and again.
  constexpr std::uint64_t peers = 700;
  BOOST_TEST(!stack.map(4000, {"n2", 4000, true}));
  for (std::uint64_t peer = 2; peer < 2 + peers; ++peer)
    feed(a, discovery({a, Nid(peer)}, "n" + std::to_string(peer)));
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t peer = 2; peer < 2 + peers; ++peer) {
      feed(a, datagram({a, Nid(peer)}, {a, Nid(1)}, 4000, 4000, "12345" + std::to_string(round)));
      BOOST_REQUIRE(!stack.next_layer().send(4000, Nid(peer), 4000, octets("123"), cx));
    }
  const json::array hosts = ask("hosts").at("hosts").as_array();
  BOOST_TEST_REQUIRE(hosts.size() == 1 + peers);
  for (std::size_t at = 1; at < hosts.size(); ++at) {
    BOOST_REQUIRE(total(hosts[at], "sent") == "3 21");
    BOOST_REQUIRE(total(hosts[at], "received") == "3 30");
  }
  const json::array locators = ask("status").at("locators").as_array();
  BOOST_TEST(total(locators[0], "sent") == "2100 14700");
  BOOST_TEST(total(locators[0], "received") == "2100 21000");
  BOOST_TEST(total(locators[1], "sent") == "0 0");
}

BOOST_FIXTURE_TEST_CASE(another_node_with_its_identifier, ProxyNode) {
  run(10s);
  BOOST_TEST((ask("status").at("duplicate_nid") == false));
  for (int i = 0; i < 2; ++i) feed(a, discovery({a, Nid(1)}, "twin")), run(2s);
  BOOST_TEST((ask("status").at("duplicate_nid") == true));
  BOOST_TEST((ask("hosts").at("hosts").at(0).at("nid_conflict") == true));
}

BOOST_FIXTURE_TEST_CASE(names_of_strangers_are_escaped, ProxyNode) {
  const char* name = "\xe2\x80\xae\"b\\ob\"";  // NOLINT(misc-misleading-bidirectional): a stranger's
  feed(a, discovery({a, Nid(2)}, name));
  BOOST_TEST((ask("hosts").at("hosts").at(1).at("name") == name));
}

BOOST_FIXTURE_TEST_CASE(the_routes, Router) {
  feed(b, discovery({c, Nid(3)}, "carol"));
  run(1s);
  const json::array routes = ask("routes").at("routes").as_array();
  BOOST_TEST_REQUIRE(routes.size() == 3U);
  BOOST_TEST(
      (routes[0] ==
       json::value{{"locator", "0:0:0:a"}, {"interface", "0:0:0:a"}, {"state", "joined"}, {"age", 1.0}}));
  BOOST_TEST(
      (routes[2] ==
       json::value{{"locator", "0:0:0:c"}, {"interface", "0:0:0:b"}, {"state", nullptr}, {"age", 1.0}}));
}

BOOST_FIXTURE_TEST_CASE(the_counters_with_those_of_the_program, Router) {
  program.counters = [](const ControlProgram::AddCounter& add) { add("mine", "own", 7); };
  const json::array counters = ask("counters").at("counters").as_array();
  BOOST_TEST((counters[0] ==
              json::value{{"counter", "mine.own"}, {"value", 7}, {"kind", "activity"}, {"meaning", ""}}));
  BOOST_TEST((counters[1].at("counter") == "ilnp.received"));
  BOOST_TEST((counters[1].at("meaning") == "Frames received"));
}

BOOST_FIXTURE_TEST_CASE(mappings_are_made_and_removed, ProxyNode) {
  BOOST_TEST((ask("map 4000 bob 4001").at("port") == 10'001));
  BOOST_TEST((ask("map 4002 bob 4003 any").at("reply") == "map"));
  BOOST_TEST(error("map 4000 bob 4001") ==
             "local port 4000 is already mapped; remove that mapping first, or replace it");
  BOOST_TEST((ask("map 4000 carol 4001 replace").at("reply") == "map"));
  const json::array mappings = ask("mappings").at("mappings").as_array();
  BOOST_TEST_REQUIRE(mappings.size() == 2U);
  BOOST_TEST((mappings[0] ==
              json::value{{"local_port", 4000}, {"host", "carol"}, {"remote_port", 4001}, {"any", false}}));
  BOOST_TEST((mappings[1].at("any") == true));
  BOOST_TEST(error("unmap 4000 bob") == "local port 4000 is not mapped to 'bob'");
  BOOST_TEST((ask("unmap 4000 carol").at("reply") == "unmap"));
  BOOST_TEST((ask("unmap 4002").at("reply") == "unmap"));
  BOOST_TEST(ask("mappings").at("mappings").as_array().empty());
  BOOST_TEST(error("map 4000 bob 4001 4002") == "unexpected word '4002'");
  BOOST_TEST(error("map 4000 bob") == "a wrong number of words");
  BOOST_TEST(error("map 0 bob 4001") == "local port '0' is not a number from 1 to 65535");
}

BOOST_FIXTURE_TEST_CASE(a_router_has_no_mappings_and_no_streams, Router) {
  for (const char* request : {"mappings", "map 4000 bob 4001", "unmap 4000"})
    BOOST_TEST(error(request) == "this node has no mappings: it is no proxy");
  BOOST_TEST(error("streams") == "this node has no streams: it is neither ilnp-stream nor ilnp-tun");
  BOOST_TEST((ask("status").at("mappings") == nullptr));
  BOOST_TEST(text("list") == "error: this node is no proxy; ask it with ilnp-ctl");
}

BOOST_FIXTURE_TEST_CASE(a_proxy_still_answers_requests_in_text, ProxyNode) {
  BOOST_TEST(text("4000 bob 4001") == "10001");
  BOOST_TEST(text("list") == "4000 bob 4001\n");
}

BOOST_FIXTURE_TEST_CASE(the_streams_of_the_program, ProxyNode) {
  feed(a, discovery({a, Nid(2)}, "bob"));
  program.streams = [&](const ControlProgram::AddStream& add) {
    add({Nid(2), true, "open", "bob:22", 5, 7, cx.now()});
    add({Nid(3), false, "wanted", "", 0, 0, cx.now()});
  };
  const json::array streams = ask("streams").at("streams").as_array();
  BOOST_TEST_REQUIRE(streams.size() == 2U);
  BOOST_TEST((streams[0].at("name") == "bob"));
  BOOST_TEST((streams[0].at("opened_by") == "this node"));
  BOOST_TEST((streams[1].at("name") == nullptr));
  BOOST_TEST((ask("status").at("streams") == 2));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_request_changes_nothing, ProxyNode) {
  BOOST_TEST(error("") == "an empty request");
  for (const char* request :
       {"stat", "status now", "hosts bob", "move", "join", "leave", "auto now", "x y z", "\xff"})
    BOOST_TEST(error(request).starts_with("unknown request"), request);
  BOOST_TEST(text("json status", 100) ==
             R"({"reply":"error","error":"the reply does not fit a datagram: pass a stream socket"})"
             "\n");
}

BOOST_FIXTURE_TEST_CASE(a_move_on_request_suspends_the_cycle, TwoSets) {
  BOOST_TEST((mode() == "automatic"));
  BOOST_TEST(
      (ask("status").at("moves").at("next") == json::value{{"in", 20.0}, {"to", json::array{"0:0:0:b"}}}));
  BOOST_TEST((ask("move 0:0:0:c").at("locators") == json::array{"0:0:0:c"}));
  const json::object status = ask("status");
  BOOST_TEST((status.at("handoff").at("ends_in") == 4.0));
  BOOST_TEST((status.at("moves") == json::value{{"mode", "suspended"}, {"handoffs", 1}, {"next", nullptr}}));
  BOOST_TEST((status.at("locators").at(0).at("state") == "joining"));
  BOOST_TEST((status.at("locators").at(1).at("state") == "leaving"));
  run(100s);
  BOOST_TEST(locators() == R"(["0:0:0:c"])");
  BOOST_TEST((ask("status").at("handoff") == nullptr));

  // Back in the cycle: first where it was in it, and to the next set after the time of a move.
  BOOST_TEST((ask("auto").at("locators") == json::array{"0:0:0:a"}));
  BOOST_TEST((mode() == "automatic"));
  run(5s);
  BOOST_TEST(locators() == R"(["0:0:0:a"])");
  run(20s);
  BOOST_TEST(locators() == R"(["0:0:0:b"])");
}

BOOST_FIXTURE_TEST_CASE(locators_are_joined_and_left_on_request, TwoSets) {
  BOOST_TEST((ask("join 0:0:0:c").at("locators") == json::array{"0:0:0:a", "0:0:0:c"}));
  BOOST_TEST((mode() == "suspended"));
  run(30s);
  BOOST_TEST(locators() == R"(["0:0:0:a","0:0:0:c"])");
  BOOST_TEST(error("join 0:0:0:c") == "0:0:0:c is joined already");
  BOOST_TEST((ask("leave 0:0:0:a").at("locators") == json::array{"0:0:0:c"}));
  BOOST_TEST(error("leave 0:0:0:a") == "0:0:0:a is not joined");
  BOOST_TEST(error("leave 0:0:0:c") == "0:0:0:c is the only locator; use move to go elsewhere");
  run(5s);
  BOOST_TEST(locators() == R"(["0:0:0:c"])");
}

BOOST_FIXTURE_TEST_CASE(a_move_that_is_refused_changes_nothing, TwoSets) {
  for (const char* where : {"0:0:0:0", "ff02:0:0:1", "0:0:0", "a", "0:0:0:c,", ",0:0:0:c", "0:0:0:c,0:0:0:c"})
    BOOST_TEST(!error("move " + std::string(where)).empty());
  std::string many = "move 0:0:0:1";
  for (int i = 2; i <= 17; ++i) many += ",0:0:0:" + std::to_string(i);
  BOOST_TEST(error(many) == "a node has at most 16 locators");
  BOOST_TEST((mode() == "automatic"));
  BOOST_TEST(locators() == R"(["0:0:0:a"])");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::node_control_test
