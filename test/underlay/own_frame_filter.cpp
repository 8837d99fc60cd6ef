#include "ilnp/underlay/own_frame_filter.hpp"

#include <linux/if_packet.h>

#include <boost/test/unit_test.hpp>

#include "ilnp/wire/overlay.hpp"
#include "support/bpf.hpp"
#include "support/octets.hpp"

namespace ilnp::test::own_frame_filter_test {

/// A datagram as the filter sees it: a UDP header, then a frame of `size` octets.
Octets datagram(std::uint16_t port, std::uint8_t next_header, std::size_t size = 40) {
  Octets octets(8 + size);
  octets[0] = static_cast<std::byte>(port >> 8);
  octets[1] = static_cast<std::byte>(port & 0xff);
  if (size > 6) octets[8 + 6] = std::byte{next_header};
  return octets;
}

bool passes(const Octets& datagram, FrameClass wanted, bool on_lo, std::uint32_t packet_type) {
  return run_bpf(own_frame_filter(0x1234, on_lo, wanted, wire::Overlay::classifier), datagram, packet_type) !=
         0;
}

BOOST_AUTO_TEST_SUITE(own_frame_filters)

BOOST_AUTO_TEST_CASE(pass_each_frame_of_others_to_one_of_the_two_sockets) {
  for (const bool on_lo : {false, true}) {
    for (const std::uint32_t type : {std::uint32_t{PACKET_MULTICAST}, std::uint32_t{PACKET_LOOPBACK}}) {
      for (std::uint8_t next_header = 40; next_header < 50; ++next_header) {
        const Octets other = datagram(0x1235, next_header);
        const bool control = next_header == 43 || next_header == 44 || next_header == 46;
        BOOST_TEST(passes(other, FrameClass::control, on_lo, type) == control);
        BOOST_TEST(passes(other, FrameClass::data, on_lo, type) == !control);
      }
      BOOST_TEST(passes(datagram(0x1235, 43, 6), FrameClass::data, on_lo, type));
      BOOST_TEST(!passes(datagram(0x1235, 43, 6), FrameClass::control, on_lo, type));
    }
  }
}

BOOST_AUTO_TEST_CASE(discard_own_frames) {
  for (const FrameClass wanted : {FrameClass::data, FrameClass::control}) {
    const std::uint8_t next_header = wanted == FrameClass::data ? 42 : 43;
    const Octets own = datagram(0x1234, next_header);
    BOOST_TEST(!passes(own, wanted, false, PACKET_LOOPBACK));
    BOOST_TEST(passes(own, wanted, false, PACKET_MULTICAST));  // another host has the same port
    BOOST_TEST(!passes(own, wanted, true, PACKET_MULTICAST));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::own_frame_filter_test
