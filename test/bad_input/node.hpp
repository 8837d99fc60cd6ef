#pragma once

#include <boost/test/unit_test.hpp>
#include <map>

#include "ilnp/control/control.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test {

using Stack = Proxy<STP<ILNP<MemoryUnderlay>>>;

inline constexpr std::uint16_t port = 4000;
inline constexpr Ilv bob{b, Nid(0xb0b)};
inline constexpr Ilv carol{c, Nid(0xca401)};

/// alice, in a and d, with a mapping to bob, behind a router in a; carol has been heard of, but never used.
struct Node : HandFed<Stack> {
  Node() : HandFed(node_config(0xa11ce, "alice", {{a, d}})) {
    start();
    BOOST_TEST(!stack.map(port, {"bob", port, false}));
    meet();
    run(100ms);
    meet();  // confirmed: known
    works();
    run(2s);
    take();
  }

  Ilv self() const { return {a, Nid(0xa11ce)}; }

  void meet() {
    feed(a, discovery(bob, "bob", false, 2), 0xd);
    feed(a, discovery(carol, "carol", false, 2), 0xd);
  }

  /// A datagram both ways with bob.
  void works() {
    take();
    take_delivered();
    BOOST_TEST(!stack.send(port, as_bytes("to bob"), cx));
    const auto sent = take(42);
    BOOST_TEST_REQUIRE(sent.size() == 1U);
    BOOST_TEST(sent[0].locator == a);
    const auto header = wire::IlnpHeader::parse(sent[0].octets);
    BOOST_TEST_REQUIRE(header.has_value());
    BOOST_TEST(header->destination() == bob);
    BOOST_TEST(as_text(header->payload()).substr(4) == "to bob");
    feed(a, datagram(bob, self(), port, port, "to alice", 2), 0xd);
    BOOST_TEST(take_delivered() == std::vector<std::string>{"to alice"});
  }

  /// Is a name known, to which nobody has sent anything yet?
  bool reachable(std::string_view name) {
    const auto nid = stack.next_layer().resolve(name, cx);
    return nid && !stack.next_layer().send(port, *nid, port, as_bytes("hello"), cx);
  }

  /// All counters of all layers, by name, so that a test can say which one may have grown.
  std::map<std::string, std::uint64_t> all_counters() {
    std::map<std::string, std::uint64_t> all;
    const auto gather = [&](const std::string& layer, const auto& each) {
      each.for_each(
          [&](std::string_view name, std::uint64_t value) { all[layer + std::string(name)] = value; });
    };
    gather("proxy ", stack.counters());
    gather("stp ", stack.next_layer().counters());
    gather("", network().counters());
    return all;
  }

  struct Sizes {
    std::size_t hosts, routes, correspondents, mappings, joined;
    friend bool operator==(const Sizes&, const Sizes&) = default;
  };
  Sizes sizes() {
    return {network().hosts().size(), network().forwarding().size(), network().correspondents().size(),
            stack.mappings(), network().interfaces().all().size()};
  }

  /// What is known of whom: changes when anything in the tables does.
  std::string tables() {
    std::string text;
    network().hosts().for_each(cx.now(), [&](Nid nid, const KnownHost& host, bool owner) {
      text += to_string(nid) + ' ' + host.name + (owner ? "" : " (not the owner)");
      for (const auto& place : host.places()) text += ' ' + to_string(place.locator);
      text += '\n';
    });
    network().forwarding().for_each(cx.now(), [&](Locator to, Locator by, Duration) {
      text += to_string(to) + " by " + to_string(by) + '\n';
    });
    for (const Nid nid : network().correspondents().all_active(cx.now())) text += to_string(nid) + '\n';
    return text;
  }

  /// Does `act`, and sees that only the counters named grew, by what is said; that nothing was delivered or sent,
  /// that the tables are as before, and that the node works.
  template <class Act>
  void only(std::map<std::string, std::uint64_t> grown, Act&& act) {
    take();
    take_delivered();
    const auto before = all_counters();
    const auto known = tables();
    const auto held = sizes();
    act();
    auto after = all_counters();
    for (const auto& [name, by] : grown)
      BOOST_REQUIRE_MESSAGE(after.contains(name), name << ": no such counter");
    for (auto& [name, value] : after) {
      const auto expected = before.at(name) + (grown.contains(name) ? grown.at(name) : 0);
      BOOST_TEST(value == expected, name << ": " << value << ", not " << expected);
    }
    BOOST_TEST(take().empty());
    BOOST_TEST(take_delivered().empty());
    BOOST_TEST(tables() == known);
    BOOST_TEST(sizes() == held);
    works();
  }
};

}  // namespace ilnp::test
