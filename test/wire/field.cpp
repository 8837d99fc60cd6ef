#include "ilnp/wire/field.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>

#include "support/octets.hpp"

namespace ilnp::test::field_test {

BOOST_AUTO_TEST_SUITE(wire_field)

BOOST_AUTO_TEST_CASE(integers_are_big_endian_at_any_alignment) {
  const auto bytes = hex("ff 01 02 03 04 05 06 07 08");
  BOOST_TEST(wire::load<std::uint8_t>(bytes, 0) == 0xff);
  BOOST_TEST(wire::load<std::uint8_t>(bytes, 8) == 0x08);
  BOOST_TEST(wire::load<std::uint16_t>(bytes, 1) == 0x0102);
  BOOST_TEST(wire::load<std::uint32_t>(bytes, 3) == 0x03040506u);
  BOOST_TEST(wire::load<std::uint64_t>(bytes, 1) == 0x0102030405060708u);
}

BOOST_AUTO_TEST_CASE(a_store_changes_only_its_own_octets) {
  auto bytes = hex("00 00 00 00 00 00 00 00 00 00");
  wire::store<std::uint8_t>(bytes, 0, 0xaa);
  wire::store<std::uint16_t>(bytes, 2, 0xbbcc);
  wire::store<std::uint32_t>(bytes, 5, 0x01020304);
  BOOST_TEST(hex(Bytes(bytes)) == "aa00bbcc000102030400");
  auto wide = hex("00 00 00 00 00 00 00 00 00 00");
  wire::store<std::uint64_t>(wide, 1, 0x0102030405060708);
  BOOST_TEST(hex(Bytes(wide)) == "00010203040506070800");
}

BOOST_AUTO_TEST_CASE(little_endian_is_for_files) {
  auto bytes = hex("00 00 00 00 00 00 00");
  wire::store_little<std::uint16_t>(bytes, 0, 0x0102);
  wire::store_little<std::uint32_t>(bytes, 3, 0x03040506);
  BOOST_TEST(hex(Bytes(bytes)) == "02010006050403");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::field_test
