#include "ilnp/base/packet.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "ilnp/base/bytes.hpp"
#include "support/octets.hpp"

namespace ilnp::test::packet_test {

BOOST_AUTO_TEST_SUITE(packets)

BOOST_AUTO_TEST_CASE(headers_pile_up_in_front_of_a_borrowed_payload) {
  const std::string text = "payload";
  std::array<std::byte, 8> room;
  Packet packet(room, as_bytes(text));
  BOOST_TEST(packet.size() == 7u);
  BOOST_TEST(packet.head().empty());
  for (std::byte& octet : packet.prepend(4)) octet = std::byte{0x44};
  BOOST_TEST(test::hex(packet.head()) == "44444444");
  for (std::byte& octet : packet.prepend(2)) octet = std::byte{0x22};
  BOOST_TEST(test::hex(packet.head()) == "222244444444");
  BOOST_TEST(packet.size() == 13u);
  BOOST_TEST(static_cast<const void*>(packet.head().data()) == static_cast<const void*>(room.data() + 2));
  BOOST_TEST(as_text(packet.payload()) == "payload");
  BOOST_TEST(static_cast<const void*>(packet.payload().data()) == static_cast<const void*>(text.data()));
}

BOOST_AUTO_TEST_CASE(the_headroom_can_be_used_up) {
  std::array<std::byte, Packet::max_headroom> room;
  Packet packet(room, {});
  BOOST_TEST(packet.prepend(room.size()).size() == room.size());
  BOOST_TEST(packet.head().size() == room.size());
  BOOST_TEST(packet.size() == room.size());
  BOOST_TEST(packet.prepend(0).empty());
}

BOOST_AUTO_TEST_CASE(octets_and_text) {
  const std::string text("a\0b", 3);
  BOOST_TEST(as_bytes(text).size() == 3u);
  BOOST_TEST(as_text(as_bytes(text)) == text);
  BOOST_TEST(as_text(Bytes{}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::packet_test
