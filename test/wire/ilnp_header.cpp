#include "ilnp/wire/ilnp_header.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::ilnp_header_test {

const Octets golden =
    hex("00000000 0012 2a 03"
        "000000000000000a ffff00000000000a"
        "000000000000000b ffff00000000000b"
        "2712 2712 616c6963652d746f2d626f622030");

const wire::IlnpHeaderRepr golden_repr{
    18, 42, 3, {Locator(0xa), Nid(0xffff'0000'0000'000a)}, {Locator(0xb), Nid(0xffff'0000'0000'000b)}};

Octets emitted(const wire::IlnpHeaderRepr& repr) {
  Octets out(wire::IlnpHeader::size, std::byte{0xee});
  repr.write_to(out);
  return out;
}

/// The rules of the format, written independently of the parser.
bool well_formed(const Octets& frame) {
  return frame.size() >= 40 && frame.size() - 40 == std::to_integer<std::size_t>(frame[4]) * 256 +
                                                        std::to_integer<std::size_t>(frame[5]);
}

void check(const Octets& frame) {
  const auto parsed = wire::IlnpHeader::parse(frame);
  BOOST_REQUIRE_MESSAGE(parsed.has_value() == well_formed(frame), hex(Bytes(frame)));
  if (!parsed) {
    const auto expected = frame.size() < 40 ? wire::Malformed::too_short : wire::Malformed::wrong_length;
    BOOST_REQUIRE((parsed.error() == expected));
    return;
  }
  const auto again =
      test::joined(emitted({static_cast<std::uint16_t>(parsed->payload().size()), parsed->next_header(),
                            parsed->hop_limit(), parsed->source(), parsed->destination()}),
                   test::octets(parsed->payload()));
  // The first four octets are ignored, and written as zero.
  BOOST_REQUIRE(again.size() == frame.size());
  BOOST_REQUIRE(std::equal(again.begin() + 4, again.end(), frame.begin() + 4));
}

BOOST_AUTO_TEST_SUITE(wire_ilnp_header)

BOOST_AUTO_TEST_CASE(reads_the_captured_octets) {
  const auto header = *wire::IlnpHeader::parse(golden);
  BOOST_TEST(header.next_header() == 42);
  BOOST_TEST(header.hop_limit() == 3);
  BOOST_TEST(header.source() == golden_repr.source);
  BOOST_TEST(header.destination() == golden_repr.destination);
  BOOST_TEST(header.payload().size() == 18u);
  BOOST_TEST(header.payload().data() == golden.data() + 40);  // borrowed
  BOOST_TEST(header.frame().data() == golden.data());
}

BOOST_AUTO_TEST_CASE(writes_the_captured_octets) {
  BOOST_TEST((test::joined(emitted(golden_repr), {golden.begin() + 40, golden.end()}) == golden));
}

BOOST_AUTO_TEST_CASE(ignores_version_traffic_class_and_flow_label) {
  Octets frame = golden;
  for (std::size_t i = 0; i < 4; ++i) frame[i] = std::byte{0xff};
  BOOST_TEST(wire::IlnpHeader::parse(frame).has_value());
}

BOOST_AUTO_TEST_CASE(the_payload_may_be_empty) {
  BOOST_TEST(wire::IlnpHeader::parse(emitted({0, 42, 3, {}, {}}))->payload().empty());
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation) {
  for (std::size_t size = 0; size < golden.size(); ++size) {
    const Octets cut(golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = wire::IlnpHeader::parse(cut);
    BOOST_REQUIRE(!parsed);
    BOOST_REQUIRE(
        (parsed.error() == (size < 40 ? wire::Malformed::too_short : wire::Malformed::wrong_length)));
  }
}

BOOST_AUTO_TEST_CASE(refuses_every_wrong_length) {
  for (std::uint32_t length = 0; length < 65536; ++length) {
    Octets frame = golden;
    wire::store(frame, 4, static_cast<std::uint16_t>(length));
    const auto parsed = wire::IlnpHeader::parse(frame);
    BOOST_REQUIRE(parsed.has_value() == (length == 18));
    if (!parsed) BOOST_REQUIRE((parsed.error() == wire::Malformed::wrong_length));
  }
}

BOOST_AUTO_TEST_CASE(the_longest_payload_and_one_that_no_length_can_describe) {
  Octets frame(40 + 65535);
  wire::store<std::uint16_t>(frame, 4, 65535);
  BOOST_TEST(wire::IlnpHeader::parse(frame).has_value());
  Octets longer(40 + 65536);  // its length modulo 65536 would fit
  BOOST_TEST(wire::IlnpHeader::parse(longer).error() == wire::Malformed::wrong_length);
}

BOOST_AUTO_TEST_CASE(the_hop_limit_is_rewritten_in_place) {
  Octets frame = golden;
  wire::set_hop_limit(frame, 2);
  BOOST_TEST(wire::IlnpHeader::parse(frame)->hop_limit() == 2);
  frame[7] = golden[7];
  BOOST_TEST(frame == golden);
}

BOOST_AUTO_TEST_CASE(random_datagrams) {
  Random random(test::seed("ilnp_header"));
  for (int i = 0; i < 100'000; ++i) {
    Octets frame =
        random.below(2) == 0 ? test::random_octets(random, random.below(160)) : test::mutated(random, golden);
    // Half of them get a valid length, or the parser would refuse almost all of them at the same place.
    if (frame.size() >= 40 && random.below(2) == 0)
      wire::store(frame, 4, static_cast<std::uint16_t>(frame.size() - 40));
    check(frame);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ilnp_header_test
