#include "ilnp/wire/pcapng.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::pcapng_test {

// Written by hand from draft-ietf-opsawg-pcapng, section 4; tshark reads the same in test/wireshark/live_test.py.

template <class Repr>
Octets written(const Repr& repr) {
  Octets out(repr.size(), std::byte{0xee});
  repr.write_to(out);
  return out;
}

BOOST_AUTO_TEST_SUITE(wire_pcapng)

BOOST_AUTO_TEST_CASE(a_section_begins_with_its_byte_order_and_program) {
  BOOST_TEST(written(wire::PcapngSectionRepr{"ilnp 1"}) ==
             hex("0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0600 696c6e702031 0000 00000000 "
                 "2c000000"));
  BOOST_TEST(wire::PcapngSectionRepr{std::string(64, 'x')}.size() == wire::PcapngSectionRepr::max_size);
}

BOOST_AUTO_TEST_CASE(an_interface_has_a_name_and_nanoseconds) {
  BOOST_TEST(
      written(wire::PcapngInterfaceRepr{"eth0"}) ==
      hex("01000000 28000000 0100 0000 00000000 0200 0400 65746830 0900 0100 09000000 00000000 28000000"));
  BOOST_TEST(wire::PcapngInterfaceRepr{std::string(64, 'x')}.size() == wire::PcapngInterfaceRepr::max_size);
}

BOOST_AUTO_TEST_CASE(a_packet_says_where_and_when_it_was_seen) {
  for (std::uint32_t length = 1; length <= 5; ++length) {
    const wire::PcapngPacketRepr packet{2, 0x0123'4567'89ab'cdef, length,
                                        wire::PcapngPacketRepr::Direction::out, 3};
    Octets out(packet.size(), std::byte{0xee});
    packet.write_head(out);
    packet.write_tail(MutableBytes(out).subspan(wire::PcapngPacketRepr::head_size + length));
    const std::size_t padded = length <= 4 ? 4 : 8;
    Octets size(4);
    wire::store_little(size, 0, static_cast<std::uint32_t>(28 + padded + 28));
    Octets expected = joined(hex("06000000"), size);
    expected = joined(expected, hex("02000000 67452301 efcdab89"));
    Octets lengths(8);
    wire::store_little(lengths, 0, length);
    wire::store_little(lengths, 4, length);
    expected = joined(expected, lengths);
    expected = joined(expected, Octets(length, std::byte{0xee}));
    expected = joined(expected, Octets(padded - length));
    expected = joined(expected, hex("0200 0400 02000000 0400 0800 0300000000000000 00000000"));
    BOOST_TEST(out == joined(expected, size));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::pcapng_test
