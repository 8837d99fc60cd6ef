#include "ilnp/control/control.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::control_test {

struct Fixture : HandFed<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  Fixture() : HandFed(node_config(1, "alice", {{a, b}})) { start(); }
  std::string ask(std::string_view request, std::size_t limit = ControlProtocol::max_reply) {
    return ControlProtocol::answer(stack, request, 10'001, cx, limit);
  }
};

BOOST_FIXTURE_TEST_SUITE(control_protocol, Fixture)

BOOST_AUTO_TEST_CASE(a_mapping_is_made_listed_replaced_and_removed) {
  BOOST_TEST(ask("list").empty());
  BOOST_TEST(ask("4000 bob 4001") == "10001");
  BOOST_TEST(ask(" 4002\tbob  4001 any\r\n") == "10001");
  BOOST_TEST(ask(std::string_view("1 bob 65535\0", 12)) == "10001");
  BOOST_TEST(ask("list") == "1 bob 65535\n4000 bob 4001\n4002 bob 4001 any\n");
  BOOST_TEST(ask("list 4000") == "4000 bob 4001\n4002 bob 4001 any\n");
  BOOST_TEST(ask("4000 carol 5 replace") == "10001");
  BOOST_TEST(ask("4002 carol 5 replace any") == "10001");
  BOOST_TEST(ask("list 4000") == "4000 carol 5\n4002 carol 5 any\n");
  BOOST_TEST(ask("remove 4000") == "10001");
  BOOST_TEST(ask("remove 4000") == "error: local port 4000 is not mapped");
  BOOST_TEST(ask("list 4000") == "4002 carol 5 any\n");
}

BOOST_AUTO_TEST_CASE(the_text_of_each_error) {
  const std::string expected =
      "; expected: LOCAL_PORT HOST REMOTE_PORT [any] [replace], remove LOCAL_PORT [HOST], list, hosts or "
      "counters";
  BOOST_TEST(ask("") == "error: empty request" + expected);
  BOOST_TEST(ask("remove") == "error: a request of 1 word" + expected);
  BOOST_TEST(ask("4000 bob") == "error: a request of 2 words" + expected);
  BOOST_TEST(ask("4000 bob 4001 4002") == "error: unexpected word '4002'" + expected);
  BOOST_TEST(ask("70000 bob 1") == "error: local port '70000' is not a number from 1 to 65535");
  BOOST_TEST(ask("1 bob 0") == "error: remote port '0' is not a number from 1 to 65535");
  BOOST_TEST(ask("list x") == "error: first port 'x' is not a number from 1 to 65535");
  BOOST_TEST(ask("1 \xff 1") ==
             "error: '?' is not a host name (1 to 255 octets of UTF-8 without control characters)");
  BOOST_TEST(ask("4000 bob 4001") == "10001");
  BOOST_TEST(ask("4000 bob 4001") ==
             "error: local port 4000 is already mapped; remove that mapping first, or replace it");
  BOOST_TEST(ask(std::string(100, 'x') + " bob 1") ==
             "error: local port '" + std::string(60, 'x') + "...' is not a number from 1 to 65535");
}

BOOST_AUTO_TEST_CASE(of_two_mappings_of_a_port_one_is_removed) {
  BOOST_TEST(!stack.use_socket("bob", 1));
  BOOST_TEST(ask("4000 bob 4001") == "10001");
  BOOST_TEST(ask("4000 carol 4001") == "10001");
  BOOST_TEST(ask("list") == "4000 bob 4001\n4000 carol 4001\n");
  BOOST_TEST(ask("remove 4000 dave") == "error: local port 4000 is not mapped to 'dave'");
  BOOST_TEST(ask("remove 4000 bob") == "10001");
  BOOST_TEST(ask("list") == "4000 carol 4001\n");
  BOOST_TEST(ask("4000 bob 4001") == "10001");
  BOOST_TEST(ask("remove 4000") == "10001");
  BOOST_TEST(ask("list").empty());
}

BOOST_AUTO_TEST_CASE(ten_thousand_mappings_are_listed_by_pages) {
  const std::string host(100, 'h');
  std::string expected;
  for (int port = 1; port <= 10'000; ++port) {
    const std::string line = std::to_string(port) + ' ' + host + " 7";
    BOOST_REQUIRE(ask(line) == "10001");
    expected += line + '\n';
  }
  std::string all;
  int pages = 0;
  for (std::string next = "list"; !next.empty();) {
    std::string page = ask(next);
    BOOST_REQUIRE(page.size() < 65'536U);
    const auto more = page.rfind("more ");
    next = more == page.npos ? "" : "list " + page.substr(more + 5);
    all += page.substr(0, more);
    BOOST_REQUIRE(++pages < 1000);
  }
  BOOST_TEST(all == expected);
  BOOST_TEST(pages > 10);
}

BOOST_AUTO_TEST_CASE(a_place_that_a_host_has_left_is_not_listed) {
  feed(a, discovery({a, Nid(2)}, "bob"));
  run(10s);
  feed(a, discovery({c, Nid(2)}, "bob"));
  BOOST_TEST(ask("hosts").find("bob 0:0:0:2 0:0:0:c\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_hosts_that_are_known) {
  feed(a, discovery({a, Nid(2)}, "bob"));
  feed(a, discovery({a, Nid(3)}, "bob"));
  const std::string text = ask("hosts");
  BOOST_TEST(text ==
             "alice 0:0:0:1 0:0:0:a 0:0:0:b this node\n"
             "bob 0:0:0:2 0:0:0:a\n"
             "bob 0:0:0:3 0:0:0:a name taken by another node\n");
}

BOOST_AUTO_TEST_CASE(hosts_that_do_not_fit_are_counted) {
  constexpr std::uint64_t count = 1000;
  const std::string name(200, 'n');
  for (std::uint64_t i = 0; i < count; ++i) feed(a, discovery({a, Nid(100 + i)}, name + std::to_string(i)));
  const auto lines = [](const std::string& text) {
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  };
  const std::string some = ask("hosts");
  BOOST_TEST(some.size() <= ControlProtocol::max_reply);
  const std::uint64_t shown = lines(some) - 2;
  BOOST_TEST(shown > 200u);
  BOOST_TEST(some.ends_with("\ncut: " + std::to_string(shown) + " of 1000 nodes are shown\n"));
  const std::string all = ask("hosts", 10'000'000);
  BOOST_TEST(lines(all) == count + 1);
  BOOST_TEST(!(all.find("cut: ") != all.npos));
}

BOOST_AUTO_TEST_CASE(a_page_holds_all_mappings_of_a_port) {
  std::string expected;
  for (std::uint8_t socket = 1; socket < 60; ++socket)
    BOOST_REQUIRE(!stack.use_socket(std::string(200, 'h') + std::to_string(socket), socket));
  for (int port = 1; port <= 20; ++port)
    for (int socket = 1; socket < 60; ++socket) {
      const std::string line =
          std::to_string(port) + ' ' + std::string(200, 'h') + std::to_string(socket) + " 7";
      BOOST_REQUIRE(ask(line) == "10001");
      expected += line + '\n';
    }
  BOOST_TEST(ask("list", 10'000'000) == expected);
  std::string all;
  for (std::string next = "list"; !next.empty();) {
    const std::string page = ask(next);
    const auto more = page.rfind("more ");
    next = more == page.npos ? "" : "list " + page.substr(more + 5);
    all += page.substr(0, more);
    BOOST_REQUIRE(all.size() <= expected.size());
  }
  BOOST_TEST(all == expected);
}

BOOST_AUTO_TEST_CASE(the_counters_of_each_layer) {
  const std::string text = ask("counters");
  for (const char* name : {"refused_not_mapped 0\n", "dropped_port_not_bound 0\n", "dropped_hop_limit 0\n"})
    BOOST_TEST((text.find(name) != text.npos), name);
  // With what the program adds, however the request is written.
  const auto add = [](std::string& counters) { counters += "gateway.from_programs 7\n"; };
  for (const char* request : {"counters", "counters\n", " counters \r\n", "counters\t"})
    BOOST_TEST(ControlProtocol::answer(stack, request, 10'001, cx, 60'000, add) ==
               text + "gateway.from_programs 7\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::control_test
