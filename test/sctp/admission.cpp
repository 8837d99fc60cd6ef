#include "ilnp/sctp/admission.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"

namespace ilnp::test::admission_test {

using namespace std::chrono_literals;

struct Gate {
  Octets init(std::uint32_t tag) const {
    Octets packet = hex("c000 0050 00000000 00000000 01000014 00000000 0001a000 000a000a 00000001");
    wire::store(packet, 16, tag);
    return packet;
  }
  /// Each from a machine of its own, unless one is given.
  bool asks(std::uint64_t nid, std::uint32_t tag, bool known = false, std::uint64_t sender = 0) {
    const Octets packet = init(tag);
    return admission.allows(Nid(nid), sender ? sender : nid, *wire::SctpPacket::parse(packet), known, cx);
  }
  bool echoes(std::uint64_t nid, bool known = false, std::uint64_t sender = 0) {
    const Octets packet = hex("c000 0050 12345678 00000000 0a000008 01020304");
    return admission.allows(Nid(nid), sender ? sender : nid, *wire::SctpPacket::parse(packet), known, cx);
  }

  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  SctpAdmission admission;
};

BOOST_AUTO_TEST_CASE(a_pace_lets_so_many_through_at_once_and_a_second) {
  SctpPace pace;
  static constexpr SctpPace::Rate rate{100, 10};
  const auto count = [&](TimePoint now) {
    int passed = 0;
    for (int i = 0; i < 1000; ++i) passed += pace.take(rate, now);
    return passed;
  };
  const TimePoint now = TimePoint{} + 1h;
  BOOST_TEST(count(now) == 10);
  BOOST_TEST(count(now + 50ms) == 5);
  BOOST_TEST(count(now + 10s) == 10);
}

BOOST_AUTO_TEST_CASE(one_node_has_its_share_and_no_more) {
  Gate gate;
  int passed = 0;
  for (std::uint32_t i = 1; i <= 10'000; ++i, gate.cx.set_now(gate.cx.now() + 100us))
    passed += gate.asks(7, i, true);
  BOOST_TEST(passed <= SctpAdmission::of_one.at_once + SctpAdmission::of_one.per_second + 1);
  BOOST_TEST(passed >= SctpAdmission::of_one.per_second);
  BOOST_TEST(!gate.asks(7, 1, true));
  BOOST_TEST(gate.asks(8, 1));  // nobody else is the worse for it
}

BOOST_AUTO_TEST_CASE(strangers_have_a_share_together) {
  Gate gate;
  int inits = 0, cookies = 0;
  for (std::uint32_t i = 1; i <= 10'000; ++i, gate.cx.set_now(gate.cx.now() + 100us)) {
    inits += gate.asks(1'000'000 + i, i);
    cookies += gate.echoes(2'000'000 + i);
  }
  const auto most = [](const SctpPace::Rate& rate) { return rate.at_once + rate.per_second + 1; };
  BOOST_TEST(inits <= most(SctpAdmission::first_try));
  BOOST_TEST(inits >= SctpAdmission::first_try.per_second);
  BOOST_TEST(cookies <= most(SctpAdmission::cookies));
  BOOST_TEST(gate.asks(5, 1, true));  // whom the node knows does not compete with them
  BOOST_TEST(gate.echoes(5, true));
}

BOOST_AUTO_TEST_CASE(who_comes_again_does_not_compete_with_those_who_come_once) {
  Gate gate;
  std::uint32_t tag = 1;
  const auto flood = [&](Duration length) {
    for (const TimePoint end = gate.cx.now() + length; gate.cx.now() < end;
         gate.cx.set_now(gate.cx.now() + 20us), ++tag)
      gate.asks(1'000'000 + tag, tag);
  };
  int at_once = 0;
  for (std::uint64_t nid = 1; nid <= 100; ++nid) {
    flood(10ms);
    if (gate.asks(nid, 77)) continue;
    flood(50ms);
    at_once += gate.asks(nid, 77);
  }
  BOOST_TEST(at_once > 60);
}

BOOST_AUTO_TEST_CASE(one_sender_under_many_names_leaves_room_for_those_from_elsewhere) {
  Gate gate;
  static constexpr std::uint64_t sender = 77, elsewhere = 78;
  int inits = 0, cookies = 0, answers = 0, newcomers = 0;
  // For two seconds, 14,000 of each kind a second, each under a name of its own; every tenth of a second somebody else comes.
  for (std::uint32_t i = 1; i <= 28'000; ++i, gate.cx.set_now(gate.cx.now() + 71us)) {
    inits += gate.asks(1'000'000 + i, i, false, sender);
    inits += gate.asks(1'000'000 + i, i, false, sender);  // as one does that was turned away
    cookies += gate.echoes(2'000'000 + i, false, sender);
    answers += gate.admission.answer(sender, gate.cx);
    if (i % 1'400 != 0) continue;
    BOOST_TEST(gate.asks(static_cast<std::uint64_t>(newcomers) + 1, 1, false, elsewhere));
    BOOST_TEST(gate.echoes(static_cast<std::uint64_t>(newcomers) + 1, false, elsewhere));
    BOOST_TEST(gate.admission.answer(elsewhere, gate.cx));
    ++newcomers;
  }
  BOOST_TEST(newcomers == 20);
  const auto most = [](const SctpPace::Rate& rate) {
    return (rate.at_once + 2 * rate.per_second) / SctpAdmission::part + 1;
  };
  BOOST_TEST(inits <= most(SctpAdmission::first_try) + most(SctpAdmission::next_try));
  BOOST_TEST(cookies <= most(SctpAdmission::cookies));
  BOOST_TEST(cookies >= SctpAdmission::cookies.per_second);
  BOOST_TEST(answers <= most(SctpAdmission::answers));
}

BOOST_AUTO_TEST_CASE(who_comes_again_gets_through_behind_the_same_sender_too) {
  // All come through one router.
  Gate gate;
  int at_once = 0;
  std::uint32_t tag = 1;
  const auto flood = [&](Duration length) {
    for (const TimePoint end = gate.cx.now() + length; gate.cx.now() < end;
         gate.cx.set_now(gate.cx.now() + 20us), ++tag)
      gate.asks(1'000'000 + tag, tag, false, 9);
  };
  for (std::uint64_t nid = 1; nid <= 50; ++nid) {
    flood(10ms);
    bool in = gate.asks(nid, 77, false, 9);
    if (!in) flood(50ms), in = gate.asks(nid, 77, false, 9);
    at_once += in;
  }
  BOOST_TEST(at_once > 25);
}

BOOST_AUTO_TEST_CASE(answers_are_bounded) {
  Gate gate;
  int answers = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) answers += gate.admission.answer(i, gate.cx);
  BOOST_TEST(answers == SctpAdmission::answers.at_once);
}

}  // namespace ilnp::test::admission_test
