// The kernel cuts long packets as `tun::cut` does, and takes what `tun::Joiner` joins: two TUN devices of a network namespace, and the
// kernel as a router between them. Needs root and /dev/net/tun.

#include <poll.h>
#include <sched.h>

#include <boost/test/execution_monitor.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <random>
#include <thread>

#include "ilnp/posix/tun_device.hpp"
#include "ilnp/tun/cutter.hpp"
#include "ilnp/tun/joiner.hpp"
#include "tun/super_packet.hpp"

namespace ilnp::test::tun_kernel_test {

namespace {

/// fd00::N:0:0:0:HOST in the layout that `TunDeviceConfig` has.
std::array<std::byte, 16> address(std::uint8_t network, std::uint8_t host) {
  std::array<std::byte, 16> octets{std::byte{0xfd}};
  octets[7] = std::byte{network};
  octets[15] = std::byte{host};
  return octets;
}

/// Two devices: what is written to `in` for a host behind `out` leaves there, cut.
struct Router {
  static constexpr std::size_t mtu = 1500;

  TunDevice in{{.interface = "in", .address = address(1, 1), .mtu = mtu}};
  TunDevice out{{.interface = "out", .address = address(2, 1), .mtu = mtu, .offload = false}};

  Router() { std::ofstream("/proc/sys/net/ipv6/conf/all/forwarding") << 1; }

  /// The packets, without virtio headers, that the kernel makes of this one, as they were before it had forwarded them.
  std::vector<Octets> forward(Octets read, std::size_t expected) {
    const iovec part{read.data(), read.size()};
    const error_code error = in.write(std::span<const iovec>(&part, 1));
    BOOST_TEST_REQUIRE(!error, error.message());
    std::vector<Octets> packets;
    Octets buffer(TunDevice::max_read);
    while (packets.size() < expected) {
      pollfd wait{out.native_handle(), POLLIN, 0};
      if (::poll(&wait, 1, 2000) != 1) break;
      error_code failed;
      const std::size_t size = out.read(buffer, failed);
      BOOST_TEST_REQUIRE(!failed, failed.message());
      packets.emplace_back(buffer.begin() + VirtioNetHeader::size,
                           buffer.begin() + static_cast<std::ptrdiff_t>(size));
      auto& hop_limit = packets.back().at(7);
      hop_limit = static_cast<std::byte>(std::to_integer<int>(hop_limit) + 1);
    }
    return packets;
  }
};

/// `read` with these addresses, and the partial checksum of them.
Octets between(Octets read, IpProtocol protocol) {
  const MutableBytes packet = MutableBytes(read).subspan(VirtioNetHeader::size);
  const auto from = address(1, 2), to = address(2, 2);
  std::copy(from.begin(), from.end(), packet.begin() + 8);
  std::copy(to.begin(), to.end(), packet.begin() + 24);
  const auto virtio = VirtioNetHeader::parse(read);
  wire::Checksum pseudo;
  pseudo.add(Bytes(packet).subspan(8, 32));
  pseudo.add_pseudo(static_cast<std::uint32_t>(packet.size() - virtio.checksum_start),
                    static_cast<std::uint8_t>(protocol));
  wire::store(packet, std::size_t{virtio.checksum_start} + virtio.checksum_offset, pseudo.folded());
  return read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel)

BOOST_AUTO_TEST_CASE(the_kernel_cuts_the_same_packets_and_takes_them_joined) {
  bool can = ::access("/dev/net/tun", R_OK | W_OK) == 0;
  std::thread([&] {
    can = can && ::unshare(CLONE_NEWNET) == 0;
    if (!can) return;
    try {
      Router router;
      if (!router.in.joins_udp()) return can = false, void();
      for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const auto protocol = seed % 2 ? IpProtocol::tcp : IpProtocol::udp;
        const std::size_t gso_size = 100 + random() % 1300;
        const std::size_t header_size = 20 + 4 * (random() % 11);
        const std::size_t options = seed % 4 < 2 ? 0 : 8 * (1 + random() % 5);
        const std::size_t count = 2 + random() % 40;
        const std::size_t payload =
            std::min<std::size_t>((count - 1) * gso_size + 1 + random() % gso_size, 65000);
        // Without CWR, which is written with a GSO type of its own, and URG, whose pointer would not fit.
        const auto flags = static_cast<std::uint8_t>(random() & 0x5f);
        const Octets read =
            between(super_packet(protocol, payload, gso_size, static_cast<std::uint32_t>(random()), flags,
                                 random, {.header_size = header_size, .options = padding_options(options)}),
                    protocol);
        const auto ours = packets_of(read);
        const auto kernels = router.forward(read, ours.size());
        BOOST_TEST((ours == kernels), "seed " << seed << ": " << kernels.size() << " packets");

        for (const Octets& joined : join_all(kernels)) {
          const auto again = packets_of(joined);
          BOOST_TEST((router.forward(joined, again.size()) == again), "seed " << seed << ", joined");
        }
      }
    } catch (const boost::execution_aborted&) {
    }  // by BOOST_TEST_REQUIRE, which has reported it
  }).join();
  if (!can) BOOST_TEST_MESSAGE("skipped: needs root, /dev/net/tun and a kernel that cuts UDP");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_kernel_test
