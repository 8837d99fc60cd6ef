#include "ilnp/transport/fragment.hpp"

#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::fragment_test {

constexpr Ilv bob{a, Nid(2)};
constexpr Ilv carol{a, Nid(3)};
constexpr Ilv self{a, Nid(1)};
using Texts = std::vector<std::string>;

struct Fixture : HandFed<Fragment<STP<ILNP<MemoryUnderlay>>>> {
  Fixture() : HandFed(node_config(1, "alice", {{a}})) {
    start();
    BOOST_TEST(!stack.bind(80));
    meet();
  }
  /// bob and carol become known (again).
  void meet() {
    feed(a, discovery(bob, "bob"));
    feed(a, discovery(carol, "carol"));
    take();
  }
  error_code send(const std::string& text, Nid to = bob.nid) {
    return stack.send(99, to, 80, as_bytes(text), cx);
  }
  void hear(Ilv source, Bytes message, std::uint16_t source_port = 0) {
    feed(a, datagram(source, self, source_port, 0, as_text(message)));
  }
  /// The messages to port 0 of `to` that were sent since the last call.
  std::vector<Octets> messages(Ilv to) {
    std::vector<Octets> out;
    for (const auto& sent : take(42)) {
      BOOST_TEST((octets(Bytes(sent.octets).first(40).last(8)) == octets(frame(self, to, 42, {})) ||
                  wire::load<std::uint64_t>(sent.octets, 32) == to.nid.value()));
      BOOST_TEST(wire::load<std::uint16_t>(sent.octets, 42) == 0U);
      out.emplace_back(sent.octets.begin() + 44, sent.octets.end());
    }
    return out;
  }
  std::uint32_t probe(Ilv to) {
    const auto sent = messages(to);
    BOOST_TEST_REQUIRE(sent.size() == 1U);
    return wire::FragmentMessage::parse(sent[0])->nonce();
  }
  void reply(Ilv source, std::uint32_t nonce, std::uint32_t key = 7) {
    Octets out(wire::FragmentMessage::reply_size);
    wire::FragmentReplyRepr{nonce, key}.write_to(out);
    hear(source, out);
  }
  /// The key that alice expects in fragments of that node.
  std::uint32_t key_for(Ilv asking) {
    Octets out(wire::FragmentMessage::probe_size);
    wire::FragmentProbeRepr{1234}.write_to(out);
    hear(asking, out);
    const auto replies = messages(asking);
    BOOST_TEST_REQUIRE(replies.size() == 1U);
    const auto reply = *wire::FragmentMessage::parse(replies[0]);
    BOOST_TEST(reply.kind() == wire::FragmentKind::reply);
    BOOST_TEST(reply.nonce() == 1234U);
    return reply.key();
  }
  Octets fragment(const std::string& text, std::uint32_t key, std::size_t index, std::uint16_t port = 80) {
    constexpr std::size_t stride = 1000;
    Octets out(wire::FragmentMessage::fragment_header_size);
    wire::FragmentHeaderRepr{
        port, key, 5, static_cast<std::uint16_t>(text.size()), stride, static_cast<std::uint16_t>(index)}
        .write_to(out);
    return joined(std::move(out), octets(as_bytes(text.substr(stride * index, stride))));
  }
  /// The datagram that these fragments make.
  std::string reassembled(const std::vector<Octets>& fragments) {
    std::string text(wire::FragmentMessage::parse(fragments.at(0))->total(), '\0');
    for (const auto& each : fragments) {
      const auto fragment = *wire::FragmentMessage::parse(each);
      text.replace(fragment.offset(), fragment.octets().size(), as_text(fragment.octets()));
    }
    return text;
  }

  const FragmentCounters& counted() { return stack.counters(); }
};

std::string long_text(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 / 5 % 26);
  return text;
}

static_assert(TransportLayer<Fragment<STP<ILNP<MemoryUnderlay>>>>);
static_assert(PacketTransport<STP<ILNP<MemoryUnderlay>>>);

BOOST_FIXTURE_TEST_SUITE(fragments, Fixture)

BOOST_AUTO_TEST_CASE(datagrams_that_fit_a_frame_are_unchanged) {
  for (const std::size_t size : {0U, 1U, 1396U}) {
    BOOST_TEST(!send(long_text(size)));
    const auto sent = take();
    BOOST_TEST_REQUIRE(sent.size() == 1U);
    BOOST_TEST(sent[0].octets == datagram(self, bob, 99, 80, long_text(size)));
    feed(a, datagram(bob, self, 99, 80, long_text(size)));
    BOOST_TEST(take_delivered() == Texts{long_text(size)});
  }
  BOOST_TEST(counted().probes == 0U);
}

BOOST_AUTO_TEST_CASE(only_the_first_long_datagram_waits_for_the_reply) {
  BOOST_TEST(stack.max_payload() == 65'507U);
  BOOST_TEST(!send(long_text(1397)));
  BOOST_TEST(!send(long_text(65'507)));
  const auto nonce = probe(bob);  // one for both
  reply(bob, nonce);
  auto fragments = messages(bob);
  BOOST_TEST_REQUIRE(fragments.size() == 2U + 48U);
  BOOST_TEST(reassembled({fragments.begin(), fragments.begin() + 2}) == long_text(1397));
  BOOST_TEST((reassembled({fragments.begin() + 2, fragments.end()}) == long_text(65'507)));
  for (const Octets& each : fragments) {
    BOOST_TEST(wire::FragmentMessage::parse(each)->key() == 7U);
    BOOST_TEST(wire::FragmentMessage::parse(each)->destination_port() == 80);
  }
  BOOST_TEST(!send(long_text(3000)));
  BOOST_TEST(reassembled(messages(bob)) == long_text(3000));
  BOOST_TEST(send(std::string(65'508, 'x')) == Errc::message_too_long);
  BOOST_TEST(counted().held == 2U);
  BOOST_TEST(counted().sent == 3U);
}

BOOST_AUTO_TEST_CASE(without_a_reply_three_probes_and_growing_refusals) {
  std::uint64_t asked = 0;
  for (const Duration refusal : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    BOOST_TEST(!send(long_text(2000)));
    run(750ms);
    BOOST_TEST(messages(bob).size() == 3U);
    BOOST_TEST(counted().dropped_no_reply == ++asked);
    for (Duration waited{}; waited < refusal; waited += 500ms) {
      BOOST_TEST(send(long_text(2000)) == Errc::message_too_long);
      BOOST_TEST(!send("short"));
      run(500ms);
      meet();
    }
    take();
  }
  BOOST_TEST(events.long_dropped == static_cast<int>(asked));
  BOOST_TEST(counted().probes == 3 * asked);
  BOOST_TEST(!send(long_text(2000)));  // it may support them by now
  reply(bob, probe(bob));
  BOOST_TEST(messages(bob).size() == 2U);
}

BOOST_AUTO_TEST_CASE(only_a_few_datagrams_wait) {
  for (std::size_t i = 0; i < FragmentPeers::max_held_for_one; ++i) BOOST_TEST(!send(long_text(2000)));
  BOOST_TEST(send(long_text(2000)) == Errc::queue_full);
  BOOST_TEST(!send(long_text(2000), carol.nid));
  BOOST_TEST(counted().refused_queue_full == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_known_destination_nothing_waits) {
  BOOST_TEST(send(long_text(2000), Nid(9)) == Errc::unknown_host);
  BOOST_TEST(counted().held == 0U);
}

BOOST_AUTO_TEST_CASE(a_node_in_use_is_probed_regularly_and_not_trusted_for_ever) {
  BOOST_TEST(!send(long_text(2000)));
  reply(bob, probe(bob));
  take();
  int probes = 0, sent = 0;
  for (int tenth = 0; tenth < 150; ++tenth) {  // bob has been replaced by a node that does not reply
    if (!send(long_text(2000))) ++sent;
    for (const Octets& each : messages(bob))
      probes += wire::FragmentMessage::parse(each)->kind() == wire::FragmentKind::probe;
    run(100ms);
  }
  BOOST_TEST(probes <= 5 + 3 * 3);  // it is probed again after a second: it has replied before
  BOOST_TEST(sent >= 100);
  BOOST_TEST(sent < 150 - 20);
}

BOOST_AUTO_TEST_CASE(a_new_key_is_used_from_the_next_reply) {
  BOOST_TEST(!send(long_text(2000)));
  reply(bob, probe(bob), 7);
  take();
  run(2s);
  BOOST_TEST(!send(long_text(2000)));
  const auto sent = messages(bob);
  BOOST_TEST_REQUIRE(sent.size() == 3U);
  reply(bob, wire::FragmentMessage::parse(sent[0])->nonce(), 8);
  BOOST_TEST(!send(long_text(2000)));
  for (const Octets& each : messages(bob)) BOOST_TEST(wire::FragmentMessage::parse(each)->key() == 8U);
}

BOOST_AUTO_TEST_CASE(unrequested_replies_change_nothing) {
  reply(bob, 1);
  BOOST_TEST(!send(long_text(2000)));
  const auto nonce = probe(bob);
  reply(bob, nonce + 1);
  reply(carol, nonce);
  BOOST_TEST(counted().dropped_unasked == 3U);
  BOOST_TEST(messages(bob).empty());
}

BOOST_AUTO_TEST_CASE(fragments_are_reassembled) {
  const auto key = key_for(bob);
  const std::string text = long_text(2500);
  for (const std::size_t index : {2U, 0U}) hear(bob, fragment(text, key, index), 99);
  BOOST_TEST(take_delivered().empty());
  hear(bob, fragment(text, key, 1), 99);
  BOOST_TEST(take_delivered() == Texts{text});
  BOOST_TEST_REQUIRE(from.has_value());
  BOOST_TEST(from->nid == bob.nid);
  BOOST_TEST(from->port == 99);
  BOOST_TEST(from->destination_port == 80);
  BOOST_TEST(counted().delivered == 1U);
}

BOOST_AUTO_TEST_CASE(fragments_without_the_key_of_their_node_are_dropped) {
  const auto key = key_for(bob);
  BOOST_TEST(key != key_for(carol));
  const std::string text = long_text(2500);
  for (const std::size_t index : {0U, 1U, 2U}) {
    hear(carol, fragment(text, key, index), 99);
    hear(bob, fragment(text, key + 1, index), 99);
  }
  BOOST_TEST(take_delivered().empty());
  BOOST_TEST(counted().dropped_wrong_key == 6U);
  hear(bob, fragment(text, key, 0, 81), 99);
  hear(bob, fragment(text, key, 0, 0), 99);
  BOOST_TEST(counted().dropped_not_bound == 2U);
  run(2 * Reassembly::patience);
  BOOST_TEST(counted().dropped_incomplete == 0U);  // none of them was kept
}

BOOST_AUTO_TEST_CASE(a_forged_fragment_ends_its_datagram_and_nothing_else) {
  const auto key = key_for(bob);
  const std::string text = long_text(2500);
  hear(bob, fragment(text, key, 0), 99);
  hear(bob, fragment(std::string(2500, 'x'), key, 0), 99);
  for (const std::size_t index : {1U, 2U}) hear(bob, fragment(text, key, index), 99);
  BOOST_TEST(take_delivered().empty());
  BOOST_TEST(counted().dropped_conflict == 1U);
  run(1s);
  BOOST_TEST(counted().dropped_incomplete == 1U);
  for (const std::size_t index : {0U, 1U, 2U}) hear(bob, fragment(text, key, index), 99);
  BOOST_TEST(take_delivered() == Texts{text});
}

BOOST_AUTO_TEST_CASE(a_flood_of_probes_causes_no_flood_of_replies) {
  Octets out(wire::FragmentMessage::probe_size);
  wire::FragmentProbeRepr{1}.write_to(out);
  for (int i = 0; i < 1000; ++i) hear(bob, out);
  BOOST_TEST(messages(bob).size() == ReplyLimit::max_to_one);
  BOOST_TEST(counted().dropped_too_many == 1000 - ReplyLimit::max_to_one);
  run(1s);
  (void)key_for(bob);
}

/// Five thousand probes a second in the names of known nodes, unknown nodes, or one node, from one sender or from many:
/// long datagrams continue in both directions, with nodes that have had some before and with nodes that have not.
BOOST_AUTO_TEST_CASE(a_flood_of_probes_stops_no_long_datagrams) {
  const std::string text = long_text(2500);
  const auto key = key_for(bob);
  const auto receive = [&](std::uint32_t its_key) {
    for (const std::size_t index : {0U, 1U, 2U}) hear(bob, fragment(text, its_key, index), 99);
    BOOST_TEST(take_delivered() == Texts{text});
  };
  receive(key);
  BOOST_TEST(!send(text));
  reply(bob, probe(bob));
  take();
  Octets out(wire::FragmentMessage::probe_size);
  wire::FragmentProbeRepr{1}.write_to(out);
  for (int kind = 0; kind < 4; ++kind)
    for (std::uint64_t i = 0; i < 15'000; ++i) {
      const Ilv asking = kind == 0 ? bob : kind == 1 ? carol : Ilv{a, Nid(0x10000 + i)};
      feed(a, datagram(asking, self, 0, 0, as_text(out)), kind < 3 ? 0xbad : 0x10000 + i);
      run(200us);
      if (i % 1000 != 999) continue;
      meet();
      take();
      BOOST_TEST(key_for(bob) == key);
      const Ilv newcomer{a, Nid(0x9000'0000 + static_cast<std::uint64_t>(kind) * 100'000 + i)};
      feed(a, discovery(newcomer, "newcomer"));
      take();
      (void)key_for(newcomer);
      receive(key);
      BOOST_TEST(!send(text));
      if (const auto sent = messages(bob); sent.size() == 3U)
        reply(bob, wire::FragmentMessage::parse(sent[0])->nonce());
      else
        BOOST_TEST(sent.size() == 2U);
      take();
    }
  // Of those in the names of unknown nodes none could be answered, so none counts.
  BOOST_TEST(counted().dropped_too_many > 29'900U);
  BOOST_TEST(counted().refused_too_long == 0U);
}

/// The key, the nonces and the number of the first datagram are secrets: none of them follows from the values of
/// `cx.random`, and each node has its own.
BOOST_AUTO_TEST_CASE(secrets_do_not_follow_from_random_numbers) {
  Fixture other;
  other.random = Random(1, [] { return std::uint64_t{0x1234'5678'9abc'def0}; });
  random = Random(1);
  BOOST_TEST(!send(long_text(2000)));
  BOOST_TEST(!other.send(long_text(2000)));
  const auto nonce = probe(bob), other_nonce = other.probe(bob);
  BOOST_TEST(nonce != other_nonce);
  BOOST_TEST(other_nonce == 0x9abc'def0U);
  reply(bob, nonce), other.reply(bob, other_nonce);
  const auto number = wire::FragmentMessage::parse(messages(bob).at(0))->datagram();
  const auto other_number = wire::FragmentMessage::parse(other.messages(bob).at(0))->datagram();
  BOOST_TEST(number != other_number);
  BOOST_TEST(key_for(bob) != other.key_for(bob));
  Random plain(1);
  BOOST_TEST(random.below(1000) == plain.below(1000));  // none was drawn
}

/// Frames that hold little or nothing: refused, or sent in small fragments; no size wraps around.
BOOST_AUTO_TEST_CASE(small_frames) {
  const std::size_t headers = wire::IlnpHeader::size + wire::StpHeader::size;
  for (std::size_t frame = 0; frame < headers + wire::FragmentMessage::fragment_header_size + 3; ++frame) {
    underlay().set_max_frame(frame);
    BOOST_TEST(stack.next_layer().max_payload() == (frame > headers ? frame - headers : 0));
    const std::size_t stride = frame > headers + wire::FragmentMessage::fragment_header_size
                                   ? frame - headers - wire::FragmentMessage::fragment_header_size
                                   : 0;
    BOOST_TEST(stack.max_payload() == std::max(stack.next_layer().max_payload(), 256 * stride));
    if (const std::size_t most = stack.max_payload(); frame > headers) {
      BOOST_TEST(send(long_text(most + 1)) == Errc::message_too_long);
      if (stride == 0) BOOST_TEST(!send(long_text(most)));
    }
    take();
  }
}

BOOST_AUTO_TEST_CASE(many_receivers_are_remembered_and_at_least_the_latest) {
  for (std::uint64_t nid = 100; nid < 400; ++nid) {
    const Ilv host{a, Nid(nid)};
    feed(a, discovery(host, "host" + std::to_string(nid)));
    take();
    BOOST_TEST(!send(long_text(2000), host.nid));
    reply(host, probe(host));
    BOOST_TEST(messages(host).size() == 2U);
    run(1ms);
  }
  BOOST_TEST(!send(long_text(2000), Nid(399)));
  BOOST_TEST(messages({a, Nid(399)}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(random_messages_do_no_harm) {
  Random draw(seed("fragment layer"));
  const auto key = key_for(bob);
  const std::string text = long_text(2500);
  for (int i = 0; i < 20'000; ++i) {
    Octets message = draw.below(2) == 0 ? random_octets(draw, draw.below(60))
                                        : mutated(draw, fragment(text, key, draw.below(3)));
    if (!message.empty() && draw.below(2) == 0) message[0] = static_cast<std::byte>(draw.below(5));
    hear(bob, message, 99);
    if (draw.below(10) == 0) run(Duration(draw.below(300'000'000)));
    take();
  }
  take_delivered();
  run(2s);
  meet();
  for (const std::size_t index : {0U, 1U, 2U}) hear(bob, fragment(text, key, index), 99);
  BOOST_TEST(take_delivered() == Texts{text});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::fragment_test
