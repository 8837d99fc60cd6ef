#include "ilnp/proxy/proxy.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::proxy_test {

constexpr Ilv bob{a, Nid(2)};
constexpr Ilv carol{a, Nid(3)};
constexpr Ilv self{a, Nid(1)};
using Texts = std::vector<std::string>;

struct Fixture : HandFed<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  Fixture() : HandFed(node_config(1, "alice", {{a}})) {
    start();
    feed(a, discovery(bob, "bob"));
    feed(a, discovery(carol, "carol"));
    take();
  }
  void hear(Ilv source, std::uint16_t to, std::string_view text) {
    feed(a, datagram(source, self, 5000, to, text));
  }
};

BOOST_FIXTURE_TEST_SUITE(proxies, Fixture)

BOOST_AUTO_TEST_CASE(a_mapping_is_checked) {
  BOOST_TEST(stack.map(0, {"bob", 1, false}) == Errc::invalid_port);
  BOOST_TEST(stack.map(1, {"bob", 0, false}) == Errc::invalid_port);
  BOOST_TEST(stack.map(1, {"", 1, false}) == Errc::invalid_host_name);
  BOOST_TEST(stack.map(1, {"\xff", 1, false}) == Errc::invalid_host_name);
  BOOST_TEST(stack.mappings() == 0U);
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  BOOST_TEST(stack.map(4000, {"carol", 4001, false}) == Errc::port_in_use);
  BOOST_TEST(stack.replace(4000, {"", 1, false}) == Errc::invalid_host_name);
  BOOST_TEST(stack.unmap(4001) == Errc::not_mapped);
  std::map<std::uint16_t, std::string> seen;
  stack.for_each_mapping([&](std::uint16_t port, const Remote& remote) { seen[port] = remote.host; });
  BOOST_TEST((seen == std::map<std::uint16_t, std::string>{{4000, "bob"}}));
  BOOST_TEST(!stack.unmap(4000));
  BOOST_TEST(stack.mappings() == 0U);
  BOOST_TEST(!stack.next_layer().bound(4000));
}

BOOST_AUTO_TEST_CASE(what_a_program_sends_goes_where_its_port_is_mapped) {
  BOOST_TEST(stack.send(4000, as_bytes("hello"), cx) == Errc::not_mapped);
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  BOOST_TEST(!stack.map(4002, {"nobody", 4001, false}));
  BOOST_TEST(!stack.send(4000, as_bytes("hello"), cx));
  BOOST_TEST(take(42).at(0).octets == datagram(self, bob, 4000, 4001, "hello"));
  BOOST_TEST(stack.send(4002, as_bytes("hello"), cx) == Errc::unknown_host);
  BOOST_TEST(stack.max_payload() == 1396U);
  BOOST_TEST(stack.send(4000, as_bytes(std::string(1397, 'x')), cx) == Errc::message_too_long);
  const ProxyCounters& counters = stack.counters();
  BOOST_TEST(counters.sent == 1U);
  BOOST_TEST(counters.refused_not_mapped == 1U);
  BOOST_TEST(counters.refused_unknown_host == 1U);
  BOOST_TEST(counters.refused_by_transport == 1U);
}

BOOST_AUTO_TEST_CASE(what_comes_from_the_host_of_the_mapping_reaches_the_program) {
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  hear(bob, 4000, "from any port");  // and nothing had to be sent before
  BOOST_TEST(take_delivered() == Texts{"from any port"});
  BOOST_TEST(local_port == 4000);
  hear(carol, 4000, "not bob");
  BOOST_TEST(take_delivered().empty());
  BOOST_TEST(stack.counters().dropped_wrong_host == 1U);
  BOOST_TEST(stack.counters().delivered == 1U);
}

BOOST_AUTO_TEST_CASE(any_lets_everybody_in) {
  BOOST_TEST(!stack.map(4000, {"bob", 4001, true}));
  hear(carol, 4000, "not bob");
  BOOST_TEST(take_delivered() == Texts{"not bob"});
}

BOOST_AUTO_TEST_CASE(the_last_node_of_a_name_counts_while_the_name_is_not_known) {
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  hear(bob, 4000, "1");
  run(200s);
  BOOST_TEST(stack.next_layer().resolve("bob", cx).error() == Errc::unknown_host);
  hear(bob, 4000, "2");
  hear(carol, 4000, "3");
  BOOST_TEST((take_delivered() == Texts{"1", "2"}));
}

BOOST_AUTO_TEST_CASE(a_name_that_goes_to_another_node_takes_the_mapping_along) {
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  feed(a, discovery({a, Nid(9)}, "bob"));
  run(1500ms);  // of the old one nothing is heard
  hear({a, Nid(9)}, 4000, "new");
  hear(bob, 4000, "old");
  BOOST_TEST(take_delivered() == Texts{"new"});
}

BOOST_AUTO_TEST_CASE(replaced_and_removed) {
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  hear(bob, 4000, "1");
  BOOST_TEST(!stack.replace(4000, {"carol", 4002, false}));
  BOOST_TEST(!stack.replace(4003, {"carol", 4002, false}));  // there was none
  hear(bob, 4000, "2");
  hear(carol, 4000, "3");
  BOOST_TEST((take_delivered() == Texts{"1", "3"}));
  BOOST_TEST(!stack.unmap(4000));
  hear(carol, 4000, "4");
  BOOST_TEST(take_delivered().empty());
  BOOST_TEST(stack.next_layer().counters().dropped_port_not_bound == 1U);
}

BOOST_AUTO_TEST_CASE(a_port_that_another_has_bound) {
  BOOST_TEST(!stack.next_layer().bind(4000));
  BOOST_TEST(stack.map(4000, {"bob", 4001, false}) == Errc::port_in_use);
  hear(bob, 4000, "hello");
  BOOST_TEST(take_delivered().empty());
  BOOST_TEST(stack.counters().dropped_not_mapped == 1U);
}

BOOST_AUTO_TEST_CASE(to_itself) {
  BOOST_TEST(!stack.map(4000, {"alice", 4001, false}));
  BOOST_TEST(!stack.map(4001, {"alice", 4000, false}));
  BOOST_TEST(!stack.send(4000, as_bytes("me"), cx));
  run(0s);
  BOOST_TEST(take_delivered() == Texts{"me"});
  BOOST_TEST(local_port == 4001);
}

BOOST_AUTO_TEST_CASE(a_mapping_without_a_far_end_is_shown_once_when_that_begins_and_once_when_it_ends) {
  BOOST_TEST(!stack.map(4000, {"dave", 4001, false}));
  BOOST_TEST(events.far_missing == 0);  // nobody has sent yet
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(stack.send(4000, as_bytes("hello"), cx) == Errc::unknown_host);
    run(1s);
  }
  BOOST_TEST(events.far_missing == 1);
  BOOST_TEST(events.far_found == 0);
  feed(a, discovery({a, Nid(4)}, "dave"));
  for (int i = 0; i < 10; ++i) BOOST_TEST(!stack.send(4000, as_bytes("hello"), cx));
  BOOST_TEST(events.far_missing == 1);
  BOOST_TEST(events.far_found == 1);
  run(100s);
  BOOST_TEST(stack.send(4000, as_bytes("hello"), cx) == Errc::unknown_host);
  BOOST_TEST(events.far_missing == 2);
  BOOST_TEST(stack.counters().far_ends_missing == 2U);
}

BOOST_AUTO_TEST_CASE(one_port_for_two_hosts_with_a_socket_each) {
  BOOST_TEST(!stack.use_socket("bob", 1));
  BOOST_TEST(!stack.use_socket("carol", 2));
  BOOST_TEST(stack.use_socket("carol", 3) == Errc::host_in_use);
  BOOST_TEST(stack.use_socket("", 3) == Errc::invalid_host_name);
  BOOST_TEST(!stack.map(4000, {"bob", 4001, false}));
  BOOST_TEST(!stack.map(4000, {"carol", 4002, false}));
  BOOST_TEST(stack.map(4000, {"carol", 4003, false}) == Errc::port_in_use);
  BOOST_TEST(stack.mappings() == 2U);
  BOOST_TEST(stack.send(4000, as_bytes("whom?"), cx) == Errc::not_mapped);
  BOOST_TEST(!stack.send({4000, 1}, as_bytes("bob?"), cx));
  BOOST_TEST(take(42).at(0).octets == datagram(self, bob, 4000, 4001, "bob?"));
  BOOST_TEST(!stack.send({4000, 2}, as_bytes("carol?"), cx));
  BOOST_TEST(take(42).at(0).octets == datagram(self, carol, 4000, 4002, "carol?"));
  BOOST_TEST(!stack.send_at_any_socket(4000, as_bytes("the first"), cx));
  BOOST_TEST(take(42).at(0).octets == datagram(self, bob, 4000, 4001, "the first"));
  std::vector<std::pair<int, std::string>> seen;
  stack.for_each_mapping(
      [&](LocalPort local, const Remote& remote) { seen.emplace_back(local.socket, remote.host); });
  BOOST_TEST((seen == std::vector<std::pair<int, std::string>>{{1, "bob"}, {2, "carol"}}));
  for (const Ilv& source : {bob, carol, Ilv{a, Nid(9)}}) hear(source, 4000, "hello");
  BOOST_TEST((take_delivered() == Texts{"hello", "hello"}));
  BOOST_TEST(local_port.socket == 2);
  BOOST_TEST(stack.counters().dropped_wrong_host == 1U);
  BOOST_TEST(stack.unmap(4000, "dave") == Errc::not_mapped);
  BOOST_TEST(!stack.unmap(4000, "bob"));
  hear(bob, 4000, "again");
  hear(carol, 4000, "again");
  BOOST_TEST(take_delivered() == Texts{"again"});
  BOOST_TEST(!stack.replace(4000, {"carol", 4004, false}));
  BOOST_TEST(!stack.unmap(4000));
  BOOST_TEST(!stack.next_layer().bound(4000));
}

BOOST_AUTO_TEST_CASE(any_takes_what_no_other_mapping_of_the_port_does) {
  BOOST_TEST(!stack.use_socket("carol", 1));
  BOOST_TEST(!stack.map(4000, {"bob", 4001, true}));
  BOOST_TEST(!stack.map(4000, {"carol", 4001, false}));
  for (const Ilv& source : {bob, Ilv{a, Nid(9)}}) {
    hear(source, 4000, "hello");
    BOOST_TEST(local_port.socket == 0);
  }
  hear(carol, 4000, "hello");
  BOOST_TEST(local_port.socket == 1);
  BOOST_TEST(take_delivered().size() == 3U);
}

BOOST_AUTO_TEST_CASE(each_counter_is_shown_once_with_its_value) {
  const ProxyCounters counters{1, 2, 3, 4, 5, 6, 7, 8};
  std::set<std::string> names;
  std::uint64_t next = 0;
  counters.for_each([&](std::string_view name, std::uint64_t value) {
    BOOST_TEST(value == ++next, name);
    names.emplace(name);
  });
  BOOST_TEST(names.size() * sizeof next == sizeof counters);
}

BOOST_AUTO_TEST_CASE(the_table_of_mappings) {
  MappingTable table;
  BOOST_TEST(table.find(1) == nullptr);
  BOOST_TEST(table.add(30, {"c", 3, false}));
  BOOST_TEST(table.add(10, {"a", 1, true}));
  BOOST_TEST(!table.add(10, {"b", 2, false}));
  BOOST_TEST(table.find(10)->remote.host == "a");
  BOOST_TEST(table.find(10)->known.value == Nid{});
  BOOST_TEST((table.ports() == List<std::uint16_t>{10, 30}));
  BOOST_TEST(table.size() == 2U);
  BOOST_TEST(table.add({10, 2}, {"d", 4, false}));
  BOOST_TEST(table.add({10, 1}, {"e", 5, false}));
  BOOST_TEST(!table.add({10, 1}, {"f", 6, false}));
  BOOST_TEST(table.find({10, 1})->remote.host == "e");
  BOOST_TEST(table.find({10, 3}) == nullptr);
  BOOST_TEST(table.first(10)->remote.host == "a");
  BOOST_TEST((table.ports() == List<std::uint16_t>{10, 30}));
  BOOST_TEST(table.size() == 4U);
  BOOST_TEST(table.remove(10));
  BOOST_TEST(!table.remove(10));
  BOOST_TEST(table.first(10)->remote.host == "d");
  BOOST_TEST(table.remove({10, 1}));
  BOOST_TEST(!table.remove({10, 1}));
  BOOST_TEST(table.remove({10, 2}));
  BOOST_TEST(table.first(10) == nullptr);
  BOOST_TEST(table.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::proxy_test
