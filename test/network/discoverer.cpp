// How a node answers solicitations: at once if it knows few nodes; otherwise after a random time, and once for all.
#include "ilnp/network/discoverer.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::discoverer_test {

struct Node : HandFed<ILNP<MemoryUnderlay>> {
  explicit Node(std::vector<Locator> locators) : HandFed(node_config(1, "alice", {std::move(locators)})) {
    start();
  }

  /// This many others are known.
  void meet(std::uint64_t others) {
    for (std::uint64_t i = 0; i < others; ++i)
      feed(a, discovery({a, Nid(100 + i)}, "node-" + std::to_string(i)));
    run(2s);
    take();
  }
  void ask(Locator on, std::uint64_t nid, Locator source) {
    feed(on, discovery({source, Nid(nid)}, "asker-" + std::to_string(nid), true));
  }
  /// What this node itself has announced since the last call: on which interface, and at which locator.
  std::vector<std::pair<Locator, Locator>> said() {
    std::vector<std::pair<Locator, Locator>> found;
    for (const auto& sent : take(43)) {
      const auto header = wire::IlnpHeader::parse(sent.octets);
      if (header->source().nid == Nid(1))
        found.emplace_back(sent.locator, wire::Discovery::parse(header->payload())->locator());
    }
    return found;
  }
};

using Said = std::vector<std::pair<Locator, Locator>>;

BOOST_AUTO_TEST_SUITE(discoverer)

BOOST_AUTO_TEST_CASE(with_few_nodes_each_path_is_answered_at_once) {
  Node node({a, b});
  node.ask(a, 2, c);
  BOOST_TEST((node.said() == Said{{a, a}, {b, a}}));
  node.ask(b, 2, c);
  BOOST_TEST((node.said() == Said{{a, b}, {b, b}}));
}

BOOST_AUTO_TEST_CASE(a_solicitation_within_a_second_of_the_answer_is_answered_later) {
  Node node({a, b});
  node.ask(a, 2, a);
  BOOST_TEST((node.said() == Said{{a, a}, {b, a}}));
  node.run(300ms);
  node.ask(b, 3, b);  // announces that it is at b, too
  BOOST_TEST((node.said() == Said{{a, b}, {b, b}}));
  node.run(300ms);
  node.ask(a, 4, a);  // the same as 0.6 s before, on a, and as 0.3 s before, on b
  BOOST_TEST(node.said().empty());
  node.run(699ms);
  BOOST_TEST(node.said().empty());  // 1.299 s: what was said of b, on b, is not yet a second old
  node.run(60ms);
  BOOST_TEST((node.said() == Said{{a, a}, {b, b}}));
  node.run(5s);
  BOOST_TEST(node.said().empty());
}

BOOST_AUTO_TEST_CASE(a_waiting_answer_is_postponed_by_one_sent_in_the_meantime) {
  Node node({a, b});
  node.ask(a, 2, a);
  node.run(10ms);
  node.ask(a, 3, a);  // waits for 1.05 s to be over
  node.run(500ms);
  node.take();
  node.ask(b, 4, b);  // says at once, on b, that it is at b
  BOOST_TEST((node.said() == Said{{a, b}, {b, b}}));
  node.run(700ms);
  BOOST_TEST(node.said().empty());  // all at once, so that nobody believes that it moves between a and b
  node.run(400ms);
  BOOST_TEST((node.said() == Said{{a, a}, {b, b}}));
}

BOOST_AUTO_TEST_CASE(with_many_nodes_one_answer_after_a_random_time_serves_all) {
  Node node({a, b});
  node.meet(200);
  node.ask(a, 2, a);
  node.ask(b, 2, b);  // the same node, on its other interface
  node.ask(a, 3, a);
  BOOST_TEST(node.said().empty());
  node.run(250ms);
  BOOST_TEST((node.said() == Said{{a, a}, {b, b}}));
  node.ask(a, 4, a);
  node.run(700ms);
  BOOST_TEST(node.said().empty());  // nobody would pass it on
  node.run(400ms);
  BOOST_TEST((node.said() == Said{{a, a}, {b, b}}));
}

BOOST_AUTO_TEST_CASE(the_random_time_is_a_millisecond_per_known_node_up_to_half_a_second) {
  for (const std::uint64_t others : {20u, 2000u}) {
    Node node({a});
    node.meet(others);
    const Duration longest =
        std::min<Duration>((others + 101) * 1ms, Discoverer<NetworkPolicies<MemoryUnderlay>>::longest_spread);
    std::set<Duration> waits;
    for (std::uint64_t i = 0; i < 100; ++i) {
      const TimePoint asked = node.cx.now();
      node.ask(a, 5000 + i, a);
      while (node.take(43).empty() && node.cx.now() - asked < 2s) node.run(1ms);
      BOOST_TEST(node.cx.now() - asked <= longest + 1ms);
      waits.insert(node.cx.now() - asked);
      node.run(2s);
      node.take();
    }
    BOOST_TEST(waits.size() > 10U);
  }
}

BOOST_AUTO_TEST_CASE(waiters_for_a_name_are_told_when_it_may_be_known) {
  Node node({a});
  int before = 0;
  const auto told = [&] {
    return node.events.names_changed - std::exchange(before, node.events.names_changed);
  };
  BOOST_TEST(told() == 0);
  node.feed(a, discovery({a, Nid(2)}, "bob"));
  BOOST_TEST(told() == 1);
  node.run(2s);
  node.feed(a, discovery({a, Nid(2)}, "bob"));  // no news
  BOOST_TEST(told() == 0);
  node.feed(a, discovery({a, Nid(3)}, "carol"));
  BOOST_TEST(told() == 1);
  node.run(node.network().hosts().life() + 1s);  // both are forgotten, and return
  node.feed(a, discovery({a, Nid(2)}, "bob"));
  BOOST_TEST(told() >= 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::discoverer_test
