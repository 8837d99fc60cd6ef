#include "ilnp/wire/ipv6_header.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::ipv6_header_test {

const Octets golden =
    hex("62b00000 0003 11 40 fdef42308ef90000 000000000000000a fdef42308ef90000 000000000000000b 616263");

BOOST_AUTO_TEST_SUITE(wire_ipv6_header)

BOOST_AUTO_TEST_CASE(reads_and_writes_golden_octets) {
  const auto header = *wire::Ipv6Header::parse(golden);
  BOOST_TEST(header.traffic_class() == 0x2b);
  BOOST_TEST(header.next_header() == 17);
  BOOST_TEST(header.hop_limit() == 64);
  BOOST_TEST((header.source() == wire::Ipv6Address{0xfdef'4230'8ef9'0000, 10}));
  BOOST_TEST((header.destination() == wire::Ipv6Address{0xfdef'4230'8ef9'0000, 11}));
  BOOST_TEST(as_text(header.payload()) == "abc");
  BOOST_TEST(header.addresses().data() == golden.data() + 8);  // borrowed
  Octets out(wire::Ipv6Header::size, std::byte{0xee});
  wire::Ipv6HeaderRepr{0x2b, 3, 17, 64, header.source(), header.destination()}.write_to(out);
  BOOST_TEST(joined(std::move(out), octets("abc")) == golden);
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation_another_version_and_a_length_that_lies) {
  for (std::size_t size = 0; size < golden.size(); ++size) {
    const Bytes cut = Bytes(golden).first(size);
    BOOST_TEST((wire::Ipv6Header::parse(cut).error() ==
                (size < 40 ? wire::Malformed::too_short : wire::Malformed::wrong_length)));
    BOOST_TEST(wire::QuotedIpv6Header::parse(cut).has_value() ==
               (size >= 40));  // errors quote parts of packets
  }
  BOOST_TEST((wire::Ipv6Header::parse(joined(golden, octets("x"))).error() == wire::Malformed::wrong_length));
  for (unsigned version = 0; version < 16; ++version) {
    Octets other = golden;
    other[0] = static_cast<std::byte>(version << 4 | 2);
    BOOST_TEST(wire::Ipv6Header::parse(other).has_value() == (version == 6));
    BOOST_TEST(wire::QuotedIpv6Header::parse(other).has_value() == (version == 6));
  }
}

BOOST_AUTO_TEST_CASE(options_are_skipped_and_nothing_else) {
  const auto behind = [](std::uint8_t next_header, const Octets& rest) {
    const auto found = wire::skip_options(next_header, rest);
    return std::pair<unsigned, std::size_t>(found.next_header, found.size);
  };
  const auto is = [](unsigned next_header, std::size_t size) { return std::pair(next_header, size); };
  const Octets eight = hex("06 00 0104 00000000"), sixteen = hex("3c 01 010c 00000000 0000000000000000");
  BOOST_TEST((behind(6, eight) == is(6, 0)));
  BOOST_TEST((behind(60, eight) == is(6, 8)));
  BOOST_TEST((behind(0, eight) == is(6, 8)));
  BOOST_TEST((behind(0, joined(sixteen, eight)) == is(6, 24)));
  BOOST_TEST((behind(0, joined(sixteen, joined(eight, octets("abc")))) == is(6, 24)));
  BOOST_TEST((behind(0, sixteen) == is(60, 16)));  // the second header is missing
  for (const std::uint8_t other : std::array<std::uint8_t, 6>{43, 44, 51, 58, 59, 135})
    BOOST_TEST((behind(other, eight) == is(other, 0)));
  for (std::size_t size = 0; size < eight.size(); ++size) {
    const Octets cut(eight.begin(), eight.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST((behind(60, cut) == is(60, 0)));
    BOOST_TEST((behind(0, joined(sixteen, cut)) == is(60, 16)));
  }
}

BOOST_AUTO_TEST_CASE(the_lengths_of_extension_headers_count_in_units_of_their_own) {
  BOOST_TEST(wire::extension_size(60, hex("3b00")) == 8u);
  BOOST_TEST(wire::extension_size(0, hex("3bff")) == 2048u);
  BOOST_TEST(wire::extension_size(51, hex("3b04")) == 24u);
}

BOOST_AUTO_TEST_CASE(the_payload_length_can_be_rewritten) {
  Octets packet = golden;
  wire::set_payload_length(packet, 0x1234);
  BOOST_TEST(wire::load<std::uint16_t>(packet, 4) == 0x1234);
  wire::set_payload_length(packet, 3);
  BOOST_TEST(packet == golden);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ipv6_header_test
