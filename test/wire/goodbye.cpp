#include "ilnp/wire/goodbye.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::goodbye_test {

using wire::Goodbye;
using wire::Malformed;

// Written by hand from the diagram: no other implementation exists to capture from.
const Octets golden = hex("06 000000");

BOOST_AUTO_TEST_SUITE(wire_goodbye)

BOOST_AUTO_TEST_CASE(reads_and_writes_golden_octets) {
  BOOST_TEST(Goodbye::parse(golden).has_value());
  BOOST_TEST(Goodbye::parse(hex("06 ffffff")).has_value());  // ignored
  Octets out(Goodbye::size, std::byte{0xee});
  wire::GoodbyeRepr{}.write_to(out);
  BOOST_TEST(out == golden);
}

BOOST_AUTO_TEST_CASE(refuses_truncated_too_long_and_other_messages) {
  for (std::size_t size = 0; size < Goodbye::size; ++size) {
    const Octets cut(golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(Goodbye::parse(cut).error() == Malformed::too_short);
  }
  BOOST_TEST(Goodbye::parse(hex("06 000000 00")).error() == Malformed::wrong_length);
  for (unsigned kind = 0; kind < 256; ++kind) {
    Octets other = golden;
    other[0] = static_cast<std::byte>(kind);
    if (kind != 6) BOOST_TEST(Goodbye::parse(other).error() == Malformed::unknown_type);
  }
}

BOOST_AUTO_TEST_CASE(random_octets) {
  Random random(seed("wire_goodbye"));
  for (int round = 0; round < 10'000; ++round) {
    Octets payload(random.below(8));
    for (std::byte& each : payload) each = static_cast<std::byte>(random.below(8));
    BOOST_TEST(Goodbye::parse(payload).has_value() == (payload.size() == 4 && payload[0] == std::byte{6}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::goodbye_test
