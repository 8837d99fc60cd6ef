#include "ilnp/wire/checksum.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::checksum_test {

/// As RFC 1071, section 1, defines it.
std::uint16_t by_words(Bytes octets) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < octets.size(); ++at) {
    const auto octet = std::to_integer<std::uint32_t>(octets[at]);
    sum += at % 2 == 0 ? octet << 8 : octet;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

BOOST_AUTO_TEST_SUITE(wire_checksum)

BOOST_AUTO_TEST_CASE(the_example_of_rfc_1071) {
  wire::Checksum sum;
  sum.add(hex("0001 f203 f4f5 f6f7"));
  BOOST_TEST(sum.folded() == 0xddf2);
  BOOST_TEST(sum.value() == 0x220d);
  BOOST_TEST(wire::Checksum().value() == 0xffff);
}

BOOST_AUTO_TEST_CASE(every_length_and_every_way_to_part_it) {
  Random random(test::seed("checksum"));
  for (std::size_t size = 0; size < 100; ++size) {
    Octets octets(size);
    for (auto& octet : octets)
      octet = static_cast<std::byte>(random.below(4) == 0 ? 0xff : random.below(256));
    for (std::size_t first = 0; first <= size; first += 2) {
      wire::Checksum sum;
      sum.add(Bytes(octets).first(first));
      sum.add(Bytes(octets).subspan(first));
      BOOST_TEST_REQUIRE(sum.folded() == by_words(octets), size << " in parts of " << first);
    }
  }
}

BOOST_AUTO_TEST_CASE(long_packets_of_any_octets) {
  Random random(test::seed("checksum, long"));
  for (const std::size_t size :
       std::initializer_list<std::size_t>{127, 128, 1199, 1200, 1448, 8999, 65'535}) {
    for (const bool full : {true, false}) {
      Octets octets(size, std::byte{0xff});
      if (!full)
        for (auto& octet : octets) octet = static_cast<std::byte>(random.below(256));
      wire::Checksum sum;
      sum.add(Bytes(octets));
      BOOST_TEST(sum.folded() == by_words(octets), size << " octets");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pseudo_header_has_the_length_and_the_protocol) {
  wire::Checksum sum, same;
  sum.add_pseudo(0x00012345, 58);
  same.add(hex("00012345 0000003a"));
  BOOST_TEST(sum.folded() == same.folded());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::checksum_test
