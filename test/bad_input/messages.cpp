// Messages that are cut off, that lie about their length, or that mean nothing.
#include "node.hpp"
#include "support/print.hpp"

namespace ilnp::test::messages_test {

/// Frames of nodes and networks that alice knows already: nothing is learnt from them but what they say.
const Octets good_discovery = discovery(bob, "bob", true, 2);
const Octets good_update = locator_update(bob, {a, Nid(0xa11ce)}, {b, c});
const Octets good_acknowledgement = locator_update(bob, {a, Nid(0xa11ce)}, {});
const Octets good_datagram = datagram(bob, {a, Nid(0xa11ce)}, port, port, "text", 2);

/// `whole` cut to `size` octets, with a payload length that is right for what is left.
Octets cut(const Octets& whole, std::size_t size) {
  Octets out(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  if (size >= wire::IlnpHeader::size)
    wire::store(out, 4, static_cast<std::uint16_t>(size - wire::IlnpHeader::size));
  out.shrink_to_fit();
  return out;
}

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(every_frame_that_is_cut_off) {
  Node node;
  for (const Octets& whole : {good_discovery, good_update, good_acknowledgement, good_datagram}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      BOOST_TEST_CONTEXT(size << " of " << whole.size() << " octets") {
        Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        part.shrink_to_fit();
        node.only({{"received", 1}, {size < 40 ? "dropped_too_short" : "dropped_wrong_length", 1}},
                  [&] { node.feed(a, part, 0xd); });
      }
      node.run(20ms);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_payload_length_that_lies) {
  Node node;
  for (const Octets& whole : {good_discovery, good_update, good_acknowledgement, good_datagram}) {
    const auto right = static_cast<std::uint16_t>(whole.size() - wire::IlnpHeader::size);
    for (const int wrong : {0, 1, right - 1, right + 1, right + 40, 1400, 65535}) {
      if (wrong == right) continue;
      Octets lie = whole;
      wire::store(lie, 4, static_cast<std::uint16_t>(wrong));
      node.only({{"received", 1}, {"dropped_wrong_length", 1}}, [&] { node.feed(a, lie, 0xd); });
    }
    Octets longer = whole;
    longer.push_back({});
    node.only({{"received", 1}, {"dropped_wrong_length", 1}}, [&] { node.feed(a, longer, 0xd); });
  }
}

BOOST_AUTO_TEST_CASE(every_discovery_message_that_is_cut_off) {
  Node node;
  for (std::size_t size = 40; size <= 57; ++size)  // 57: no octet of the name is left
    node.only(
        {{"received", 1}, {size < 57 ? "dropped_discovery_malformed" : "dropped_discovery_bad_name", 1}},
        [&] { node.feed(a, cut(good_discovery, size), 0xd); });
}

BOOST_AUTO_TEST_CASE(every_discovery_flag_that_does_not_exist) {
  Node node;
  for (int flag = 2; flag < 256; ++flag) {
    Octets wrong = good_discovery;
    wire::store(wrong, 56, static_cast<std::uint8_t>(flag));
    node.only({{"received", 1}, {"dropped_discovery_malformed", 1}}, [&] { node.feed(a, wrong, 0xd); });
  }
}

BOOST_AUTO_TEST_CASE(host_names_that_are_none) {
  Node node;
  const auto refuse = [&](std::string_view name) {
    BOOST_TEST_CONTEXT(name.size() << " octets: " << hex(as_bytes(name.substr(0, 8))))
    node.only({{"received", 1}, {"dropped_discovery_bad_name", 1}}, [&] {
      node.feed(a, discovery({b, Nid(0x777)}, name, true), 0xd);
    });
  };
  refuse("");
  refuse(std::string(256, 'x'));
  refuse(std::string(1383, 'x'));  // as much as a frame holds
  refuse(std::string(65'495 - 17, 'x'));
  refuse("\xff");
  refuse("\xc3");              // cut off
  refuse("\xc0\xaf");          // overlong
  refuse("\xed\xa0\x80");      // a surrogate
  refuse("\xf4\x90\x80\x80");  // above U+10FFFF
  refuse(std::string_view("a\0b", 3));
  refuse("a\nb");
  refuse("\x7f");
  node.feed(a, discovery({b, Nid(0x777)}, std::string(255, 'x')), 0xd);
  BOOST_TEST(node.network().hosts().size() == 3U);  // the longest is a name
}

BOOST_AUTO_TEST_CASE(every_update_that_is_cut_off) {
  Node node;
  const Octets with_two = good_update;
  for (std::size_t size = 40; size < with_two.size(); ++size) {
    if (size == 49) continue;  // one whole locator: that is an update
    node.only({{"received", 1}, {"dropped_update_malformed", 1}},
              [&] { node.feed(a, cut(with_two, size), 0xd); });
  }
  Octets longer = good_acknowledgement;
  longer.push_back({});
  wire::store(longer, 4, std::uint16_t{2});
  node.only({{"received", 1}, {"dropped_update_malformed", 1}}, [&] { node.feed(a, longer, 0xd); });
  for (int type = 2; type < 256; ++type) {
    Octets wrong = good_update;
    wire::store(wrong, 40, static_cast<std::uint8_t>(type));
    node.only({{"received", 1}, {"dropped_update_malformed", 1}}, [&] { node.feed(a, wrong, 0xd); });
  }
}

BOOST_AUTO_TEST_CASE(an_update_of_a_node_with_which_there_was_no_traffic) {
  Node node;
  node.only({{"received", 1}, {"dropped_update_unexpected", 1}},
            [&] { node.feed(a, locator_update(carol, node.self(), {b}), 0xd); });
  node.only({{"received", 1}, {"dropped_update_unexpected", 1}}, [&] {
    node.feed(a, locator_update({b, Nid(0x777)}, node.self(), {a}), 0xd);
  });
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_nothing) {
  Node node;
  node.only({{"received", 1}, {"dropped_acknowledgement_unexpected", 1}},
            [&] { node.feed(a, good_acknowledgement, 0xd); });
  node.only({{"received", 1}, {"dropped_acknowledgement_unexpected", 1}}, [&] {
    node.feed(a, locator_update({b, Nid(0x777)}, node.self(), {}), 0xd);
  });
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_another_move) {
  Node node;
  BOOST_TEST(node.network().move_to(std::vector{c}, node.cx));
  node.run(200ms);
  BOOST_TEST(node.take(44).size() == 1U);
  node.feed(a, good_acknowledgement, 0xd);  // to a, not to c
  node.feed(a, locator_update(carol, {c, node.self().nid}, {}), 0xd);
  BOOST_TEST(node.drops(Drop::acknowledgement_unexpected) == 2U);
  node.run(1s);
  BOOST_TEST(node.take(44).size() == 1U);  // still asks
  node.feed(a, locator_update(bob, {c, node.self().nid}, {}), 0xd);
  node.run(5s);
  BOOST_TEST(node.take(44).empty());
  BOOST_TEST(node.counters().acknowledgements_received == 1U);
}

BOOST_AUTO_TEST_CASE(updates_that_come_too_often) {
  Node node;
  const auto from_b = [&](Locator to) { return locator_update(bob, node.self(), {b, to}); };
  node.take();
  for (std::uint64_t i = 0; i < 1000; ++i) node.feed(a, from_b(Locator(0x100 + i)), 0xd);
  constexpr auto admitted = CorrespondentTable::max_changes_a_second;
  BOOST_TEST(node.counters().updates_received == admitted);
  BOOST_TEST(node.drops(Drop::update_too_often) == 1000 - admitted);
  BOOST_TEST(node.take(44).size() == admitted);  // no acknowledgement of what was not believed
  const auto known = node.tables();
  node.only({{"received", 1}, {"dropped_update_too_often", 1}}, [&] { node.feed(a, from_b(c), 0xd); });
  // The last one that was believed, once more: acknowledged, and no change.
  node.feed(a, from_b(Locator(0x100 + admitted - 1)), 0xd);
  BOOST_TEST(node.take(44).size() == 1U);
  BOOST_TEST(node.tables() == known);
  node.run(1s);
  node.feed(a, from_b(c), 0xd);
  BOOST_TEST(node.take(44).size() == 1U);  // a second later, another
  node.works();
}

BOOST_AUTO_TEST_CASE(an_update_with_more_locators_than_a_node_has) {
  Node node;
  std::vector<Locator> many{b};
  for (std::uint64_t i = 0; i < 170; ++i) many.emplace_back(0x100 + i);
  node.feed(a, locator_update(bob, node.self(), many), 0xd);
  node.network().hosts().for_each(node.cx.now(), [&](Nid nid, const KnownHost& host, bool) {
    if (nid == bob.nid) BOOST_TEST(host.places().size() == KnownHost::max_locators);
  });
  node.works();
}

BOOST_AUTO_TEST_CASE(every_next_header_that_is_unknown) {
  Node node;
  for (int next_header = 0; next_header < 256; ++next_header) {
    if (next_header == 42 || next_header == 44) continue;
    const auto type = static_cast<std::uint8_t>(next_header);
    node.only({{"received", 1}, {"delivered", 1}, {"stp dropped_unknown_next_header", 1}},
              [&] { node.feed(a, frame(bob, node.self(), type, as_bytes("text"), 2), 0xd); });
    if (next_header != 43)
      node.only({{"received", 1}, {"dropped_unknown_destination", 1}}, [&] {
        node.feed(a, frame(bob, {all_nodes_locator, Nid{}}, type, as_bytes("text")), 0xd);
      });
    node.run(10ms);
  }
}

BOOST_AUTO_TEST_CASE(every_datagram_that_is_cut_off) {
  Node node;
  for (std::size_t size = 40; size < 44; ++size)
    node.only({{"received", 1}, {"delivered", 1}, {"stp dropped_too_short", 1}},
              [&] { node.feed(a, cut(good_datagram, size), 0xd); });
  node.feed(a, cut(good_datagram, 44), 0xd);
  BOOST_TEST(node.take_delivered() == std::vector<std::string>{""});  // empty is a datagram too
}

BOOST_AUTO_TEST_CASE(datagrams_that_are_for_nobody) {
  Node node;
  const Ilv self = node.self();
  node.only({{"received", 1}, {"delivered", 1}, {"stp dropped_port_not_bound", 1}},
            [&] { node.feed(a, datagram(bob, self, port, port + 1, "text", 2), 0xd); });
  node.only({{"received", 1}, {"delivered", 1}, {"stp dropped_port_not_bound", 1}},
            [&] { node.feed(a, datagram(bob, self, port, 0, "text", 2), 0xd); });
  node.only({{"received", 1}, {"dropped_own_frame", 1}},
            [&] { node.feed(a, datagram(self, self, port, port, "text"), 0xd); });
  node.only({{"received", 1}, {"dropped_no_route", 1}}, [&] {
    node.feed(a, datagram(bob, {Locator(0x77), Nid(0x77)}, port, port, "text", 2), 0xd);
  });
  node.only({{"received", 1}, {"dropped_hop_limit", 1}}, [&] {
    node.feed(a, datagram(bob, {d, Nid(0x77)}, port, port, "text", 0), 0xd);
  });
}

BOOST_AUTO_TEST_CASE(a_stranger_writes_to_a_mapping) {
  Node node;
  const auto before = node.all_counters().at("proxy dropped_wrong_host");
  node.feed(a, datagram({a, Nid(0x77)}, node.self(), port, port, "text"), 0x77);
  BOOST_TEST(node.take_delivered().empty());
  BOOST_TEST(node.all_counters().at("proxy dropped_wrong_host") == before + 1);
  node.works();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::messages_test
