#include "ilnp/wire/sctp_header.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"

namespace ilnp::test::sctp_header_test {

/// An INIT of the Linux kernel's SCTP, cut off after its initial TSN.
const char* const init = "a1b2 2710 00000000 5f0c3a77 01000038 8c1f2e33 0001a000 000affff 7d21e6d0";

BOOST_AUTO_TEST_CASE(the_start_of_a_packet) {
  const Octets packet = hex(init);
  const auto header = wire::SctpHeader::parse(packet);
  BOOST_TEST_REQUIRE(header.has_value());
  BOOST_TEST(header->source_port() == 0xa1b2);
  BOOST_TEST(header->destination_port() == 10000);
  BOOST_TEST(header->verification_tag() == 0u);
  BOOST_TEST(header->first_chunk() == wire::SctpHeader::init);
}

BOOST_AUTO_TEST_CASE(packets_without_a_chunk_are_refused) {
  const Octets packet = hex(init);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    const Octets cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(wire::SctpHeader::parse(cut).has_value() == (size >= 16));
  }
}

}  // namespace ilnp::test::sctp_header_test
