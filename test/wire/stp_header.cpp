#include "ilnp/wire/stp_header.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::stp_header_test {

const Octets golden = hex("2712 2713 616c696365");

Octets emitted(const wire::StpHeaderRepr& repr) {
  Octets out(wire::StpHeader::size, std::byte{0xee});
  repr.write_to(out);
  return out;
}

BOOST_AUTO_TEST_SUITE(wire_stp_header)

BOOST_AUTO_TEST_CASE(reads_and_writes_golden_octets) {
  const auto header = *wire::StpHeader::parse(golden);
  BOOST_TEST(header.source_port() == 10002);
  BOOST_TEST(header.destination_port() == 10003);
  BOOST_TEST(as_text(header.payload()) == "alice");
  BOOST_TEST(header.payload().data() == golden.data() + 4);  // borrowed
  BOOST_TEST(test::joined(emitted({10002, 10003}), test::octets("alice")) == golden);
}

BOOST_AUTO_TEST_CASE(refuses_fewer_than_four_octets_and_takes_an_empty_payload) {
  for (std::size_t size = 0; size < 4; ++size) {
    const Octets cut(golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(wire::StpHeader::parse(cut).error() == wire::Malformed::too_short);
  }
  const Octets header_only(golden.begin(), golden.begin() + 4);
  BOOST_TEST(wire::StpHeader::parse(header_only)->payload().empty());
}

BOOST_AUTO_TEST_CASE(every_port_survives_a_round_trip) {
  for (std::uint32_t port = 0; port < 65536; ++port) {
    const auto low = static_cast<std::uint16_t>(port);
    const auto high = static_cast<std::uint16_t>(65535 - port);
    const Octets bytes = emitted({low, high});
    const auto header = *wire::StpHeader::parse(bytes);
    BOOST_REQUIRE((header.source_port() == low && header.destination_port() == high));
  }
}

BOOST_AUTO_TEST_CASE(random_datagrams) {
  Random random(test::seed("stp_header"));
  for (int i = 0; i < 100'000; ++i) {
    const Octets packet = test::random_octets(random, random.below(64));
    const auto parsed = wire::StpHeader::parse(packet);
    BOOST_REQUIRE(parsed.has_value() == (packet.size() >= 4));
    if (!parsed) continue;
    const Octets again = test::joined(emitted({parsed->source_port(), parsed->destination_port()}),
                                      test::octets(parsed->payload()));
    BOOST_REQUIRE((again == packet));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stp_header_test
