#include "ilnp/wire/icmpv6.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::icmpv6_test {

BOOST_AUTO_TEST_SUITE(wire_icmpv6)

BOOST_AUTO_TEST_CASE(reads_and_writes_golden_octets) {
  const Octets golden = hex("02 00 0000 00000500 6000");
  const auto message = *wire::Icmpv6Message::parse(golden);
  BOOST_TEST(message.type() == 2);
  BOOST_TEST(message.code() == 0);
  BOOST_TEST(message.is_error());
  BOOST_TEST(message.quoted().data() == golden.data() + 8);  // borrowed
  Octets out(wire::Icmpv6Message::size, std::byte{0xee});
  wire::Icmpv6ErrorRepr{wire::Icmpv6Type::too_big, 0, 1280}.write_to(out);
  BOOST_TEST(joined(std::move(out), hex("6000")) == golden);
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation) {
  for (std::size_t size = 0; size < 8; ++size)
    BOOST_TEST((wire::Icmpv6Message::parse(Octets(size)).error() == wire::Malformed::too_short));
  BOOST_TEST(wire::Icmpv6Message::parse(Octets(8))->quoted().empty());
}

BOOST_AUTO_TEST_CASE(types_below_128_are_errors_and_two_are_echo) {
  for (unsigned type = 0; type < 256; ++type) {
    Octets octets(8);
    octets[0] = static_cast<std::byte>(type);
    const auto message = *wire::Icmpv6Message::parse(octets);
    BOOST_TEST(message.is_error() == (type < 128));
    BOOST_TEST(message.is_echo() == (type == 128 || type == 129));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::icmpv6_test
