#include "ilnp/wire/ping.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::ping_test {

using wire::Malformed;
using wire::PingCode;
using wire::PingKind;
using wire::PingMessage;

// Written by hand from the diagram: no other implementation exists to capture from.
const Octets ping = hex("04 000000 0123456789abcdef 0000000000000000 0000000000000000 0000000000000000");
const Octets reply = hex("05 01 02 00 0123456789abcdef 000000000000000a 000000000000000b ffff00000000000c");

BOOST_AUTO_TEST_SUITE(wire_ping)

BOOST_AUTO_TEST_CASE(reads_and_writes_golden_octets) {
  BOOST_TEST_REQUIRE(PingMessage::parse(ping).has_value());
  const PingMessage asked = *PingMessage::parse(ping);
  BOOST_TEST((asked.kind() == PingKind::ping));
  BOOST_TEST(asked.identifier() == 0x0123456789abcdef);
  Octets out(PingMessage::size, std::byte{0xee});
  wire::PingRepr{0x0123456789abcdef}.write_to(out);
  BOOST_TEST(out == ping);

  BOOST_TEST_REQUIRE(PingMessage::parse(reply).has_value());
  const PingMessage said = *PingMessage::parse(reply);
  BOOST_TEST((said.kind() == PingKind::reply));
  BOOST_TEST((said.code() == PingCode::expired));
  BOOST_TEST(said.hop_limit() == 2);
  BOOST_TEST(said.identifier() == 0x0123456789abcdef);
  BOOST_TEST(said.source() == Locator(0xa));
  BOOST_TEST(said.destination() == Locator(0xb));
  BOOST_TEST(said.interface() == Locator(0xffff00000000000c));
  Octets again(PingMessage::size, std::byte{0xee});
  wire::PingReplyRepr{said.code(),   said.hop_limit(),   said.identifier(),
                      said.source(), said.destination(), said.interface()}
      .write_to(again);
  BOOST_TEST(again == reply);
}

BOOST_AUTO_TEST_CASE(what_is_zero_in_a_ping_is_ignored) {
  Octets odd(PingMessage::size, std::byte{0xff});
  odd[0] = std::byte{4};
  BOOST_TEST(PingMessage::parse(odd).has_value());
}

BOOST_AUTO_TEST_CASE(refuses_truncated_too_long_and_other_messages) {
  for (const Octets& golden : {ping, reply}) {
    for (std::size_t size = 0; size < PingMessage::size; ++size) {
      const Octets cut(golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(size));
      BOOST_TEST(PingMessage::parse(cut).error() == Malformed::too_short);
    }
    Octets longer = golden;
    longer.push_back({});
    BOOST_TEST(PingMessage::parse(longer).error() == Malformed::wrong_length);
    for (unsigned kind = 0; kind < 256; ++kind) {
      Octets other = golden;
      other[0] = static_cast<std::byte>(kind);
      if (kind != 4 && kind != 5) BOOST_TEST(PingMessage::parse(other).error() == Malformed::unknown_type);
    }
  }
  for (unsigned code = 2; code < 256; ++code) {
    Octets other = reply;
    other[1] = static_cast<std::byte>(code);
    BOOST_TEST(PingMessage::parse(other).error() == Malformed::unknown_type);
  }
}

BOOST_AUTO_TEST_CASE(random_octets) {
  Random random(seed("wire_ping"));
  for (int round = 0; round < 10'000; ++round) {
    Octets payload(34 + random.below(5));
    for (std::byte& each : payload) each = static_cast<std::byte>(random.below(7));
    const bool right = payload.size() == 36 && (payload[0] == std::byte{4} ||
                                                (payload[0] == std::byte{5} && payload[1] < std::byte{2}));
    BOOST_TEST(PingMessage::parse(payload).has_value() == right);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ping_test
