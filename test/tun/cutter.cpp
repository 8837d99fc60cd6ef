#include "ilnp/tun/cutter.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "tun/super_packet.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_cutter_test {

BOOST_AUTO_TEST_SUITE(cutter)

BOOST_AUTO_TEST_CASE(packets_are_cut_as_the_kernel_cuts_them) {
  for (const std::string name : {"tcp-psh", "tcp-fin", "tcp-cwr-ece", "udp"}) {
    const auto read = tun_vector("cut-" + name + "-in");
    const auto kernel = tun_records("cut-" + name + "-out");
    const auto parts = cut_all(read);
    BOOST_TEST_REQUIRE(parts.size() == kernel.size(), name);
    for (std::size_t i = 0; i < parts.size(); ++i)
      BOOST_TEST((parts[i] == Octets(kernel[i].begin() + wire::Ipv6Header::size, kernel[i].end())),
                 name << " " << i);
  }
}

BOOST_AUTO_TEST_CASE(every_packet_that_the_kernel_gave_has_a_valid_checksum_afterwards) {
  for (const std::string name :
       {"tcp-00-a-syn", "tcp-01-b-synack", "tcp-02-a-ack", "tcp-03-a-psh-gso", "tcp-04-b-ack", "tcp-05-a-psh",
        "tcp-06-b-ack", "tcp-07-a-fin", "tcp-08-b-fin", "tcp-09-a-ack", "tcp-10-a-syn", "tcp-11-b-rst",
        "read-udp-plain", "read-udp-gso", "read-ping", "read-forwarded-tcp-gso"}) {
    const auto read = tun_vector(name);
    const auto packets = packets_of(read);
    BOOST_TEST(packets.size() == (name == "tcp-03-a-psh-gso"         ? 3
                                  : name == "read-udp-gso"           ? 6
                                  : name == "read-forwarded-tcp-gso" ? 4
                                                                     : 1));
    for (const Octets& packet : packets) BOOST_TEST(checksum_holds(packet), name);
  }
}

BOOST_AUTO_TEST_CASE(fragments_stay_as_they_are) {
  for (const std::string name : {"read-fragment-first", "read-fragment-last"}) {
    const auto read = tun_vector(name);
    BOOST_TEST(
        (packets_of(read) == std::vector<Octets>{Octets(read.begin() + VirtioNetHeader::size, read.end())}));
  }
}

BOOST_AUTO_TEST_CASE(every_packet_has_the_options_of_the_long_one) {
  std::mt19937 random(3);
  for (const auto protocol : {IpProtocol::tcp, IpProtocol::udp}) {
    for (const std::size_t size : {8u, 24u, 264u, 1016u}) {
      const Flow flow{.options = padding_options(size)};
      const Octets read = super_packet(protocol, 2500, 1000, 7, wire::TcpHeader::ack, random, flow);
      const auto packets = packets_of(read);
      BOOST_TEST_REQUIRE(packets.size() == 3u);
      Octets together;
      for (const Octets& packet : packets) {
        BOOST_TEST(checksum_holds(packet));
        const auto ip = *wire::Ipv6Header::parse(packet);
        BOOST_TEST(ip.next_header() == 60);
        const auto behind = wire::skip_options(60, ip.payload());
        BOOST_TEST(behind.size == size);
        BOOST_TEST(behind.next_header == static_cast<std::uint8_t>(protocol));
        BOOST_TEST(octets(ip.payload().subspan(1, size - 1)) ==
                   Octets(flow.options.begin() + 1, flow.options.end()));
        const std::size_t headers = size + (protocol == IpProtocol::tcp ? flow.header_size : 8);
        together = joined(std::move(together), octets(ip.payload().subspan(headers)));
      }
      BOOST_TEST((together == Octets(read.end() - 2500, read.end())));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_checksum_of_udp_that_would_be_0_is_all_ones) {
  std::mt19937 random(1);
  Octets read = super_packet(IpProtocol::udp, 4, 100, 0, 0, random);
  const std::size_t payload = read.size() - 4;
  std::fill(read.begin() + static_cast<std::ptrdiff_t>(payload), read.end(), std::byte{});
  const auto before = wire::load<std::uint16_t>(cut_all(read).at(0), 6);
  wire::store(MutableBytes(read), payload, before);  // now the sum of all is 0xffff, and its complement 0
  BOOST_TEST(wire::load<std::uint16_t>(cut_all(read).at(0), 6) == 0xffff);
  read = super_packet(IpProtocol::tcp, 4, 100, 0, wire::TcpHeader::ack, random);
  std::fill(read.end() - 4, read.end(), std::byte{});
  wire::store(MutableBytes(read), read.size() - 4, wire::load<std::uint16_t>(cut_all(read).at(0), 16));
  BOOST_TEST(wire::load<std::uint16_t>(cut_all(read).at(0), 16) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_malformed_gives_nothing) {
  std::mt19937 random(2);
  const auto check = [](Octets read, const char* what, auto&& change) {
    auto virtio = VirtioNetHeader::parse(read);
    change(virtio, read);
    virtio.write_to(read);
    BOOST_TEST(cut_all(read, tun::Cut::malformed).empty(), what);
  };
  for (const auto protocol : {IpProtocol::tcp, IpProtocol::udp}) {
    const Octets read = super_packet(protocol, 3000, 1000, 0, wire::TcpHeader::ack, random);
    check(read, "gso_size 0", [](auto& virtio, auto&) { virtio.gso_size = 0; });
    check(read, "type 1", [](auto& virtio, auto&) { virtio.gso_type = 1; });
    check(read, "type 3", [](auto& virtio, auto&) { virtio.gso_type = 3; });
    check(read, "the other type", [](auto& virtio, auto&) {
      virtio.gso_type = static_cast<std::uint8_t>(virtio.gso_type == 4 ? 5 : 4);
    });
    check(read, "csum_start 39", [](auto& virtio, auto&) { virtio.checksum_start = 39; });
    check(read, "csum_start beyond", [](auto& virtio, auto&) { virtio.checksum_start = 5000; });
    check(read, "version 4", [](auto&, auto& octets) { octets[VirtioNetHeader::size] = std::byte{0x45}; });
    check(read, "short", [](auto&, auto& octets) { octets.pop_back(); });
    check(read, "no payload", [&](auto&, auto& octets) {
      octets.resize(VirtioNetHeader::size + 40 + (protocol == IpProtocol::tcp ? 32 : 8));
      wire::set_payload_length(MutableBytes(octets).subspan(VirtioNetHeader::size),
                               static_cast<std::uint16_t>(octets.size() - VirtioNetHeader::size - 40));
    });
    Octets behind =
        super_packet(protocol, 3000, 1000, 0, wire::TcpHeader::ack, random, {.options = padding_options(16)});
    check(behind, "csum_start at the options", [](auto& virtio, auto&) { virtio.checksum_start = 40; });
    check(behind, "csum_start within the options", [](auto& virtio, auto&) { virtio.checksum_start = 48; });
    check(behind, "options beyond",
          [](auto&, auto& octets) { octets[VirtioNetHeader::size + 41] = std::byte{0xff}; });
    check(behind, "another protocol behind the options",
          [](auto&, auto& octets) { octets[VirtioNetHeader::size + 40] = std::byte{58}; });
    check(behind, "a routing header",
          [](auto&, auto& octets) { octets[VirtioNetHeader::size + 6] = std::byte{43}; });
    const Octets most = padding_options(2048);
    check(super_packet(protocol, 3000, 1000, 0, wire::TcpHeader::ack, random, {.options = most}),
          "too many options", [](auto&, auto&) {});
    const Octets one = super_packet(protocol, 100, 1000, 0, wire::TcpHeader::ack, random);
    check(one, "field beyond", [](auto& virtio, auto&) { virtio.checksum_offset = 60000; });
    check(one, "field half beyond", [](auto& virtio, auto& octets) {
      virtio.checksum_offset =
          static_cast<std::uint16_t>(octets.size() - VirtioNetHeader::size - virtio.checksum_start - 1);
    });
    check(one, "start beyond", [](auto& virtio, auto&) { virtio.checksum_start = 60000; });
  }
  check(super_packet(IpProtocol::tcp, 3000, 1000, 0, wire::TcpHeader::ack, random), "data offset 4",
        [](auto&, auto& octets) { octets[VirtioNetHeader::size + 52] = std::byte{0x40}; });
  check(super_packet(IpProtocol::tcp, 3000, 1000, 0, wire::TcpHeader::ack, random), "data offset beyond",
        [](auto&, auto& octets) {
          octets.resize(VirtioNetHeader::size + 40 + 24);
          octets[VirtioNetHeader::size + 52] = std::byte{0xf0};
          wire::set_payload_length(MutableBytes(octets).subspan(VirtioNetHeader::size), 24);
        });
  BOOST_TEST(cut_all(Octets(VirtioNetHeader::size), tun::Cut::malformed).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_cutter_test
