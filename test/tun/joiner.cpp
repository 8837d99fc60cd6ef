#include "ilnp/tun/joiner.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <tuple>

#include "tun/super_packet.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_joiner_test {

BOOST_AUTO_TEST_SUITE(joiner)

BOOST_AUTO_TEST_CASE(the_kernels_packets_are_joined_to_what_they_were) {
  for (const std::string name : {"tcp-psh", "udp"}) {
    std::vector<Octets> packets = tun_records("cut-" + name + "-out");
    for (Octets& packet : packets) {
      packet[7] = std::byte{64};  // the kernel that cut them had forwarded them
      packet[1] &= std::byte{0xf0}, packet[2] = packet[3] = std::byte{};  // a tunnel carries no flow label
    }
    const auto writes = join_all(packets);
    BOOST_TEST_REQUIRE(writes.size() == 1);
    BOOST_TEST((writes[0] == tun_vector("join-" + name + "-out")), name);
  }
}

BOOST_AUTO_TEST_CASE(cut_and_join_give_what_was_there) {
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    const auto protocol = round % 2 ? IpProtocol::tcp : IpProtocol::udp;
    const std::size_t gso_size = 1 + random() % 1400;
    const std::size_t header_size = 20 + 4 * (random() % 11);
    const std::size_t count = 1 + random() % tun::Joiner::max_packets;
    const std::size_t payload =
        std::min<std::size_t>((count - 1) * gso_size + 1 + random() % gso_size, 65535 - 40 - header_size);
    const std::uint32_t sequence = round % 3 ? static_cast<std::uint32_t>(random()) : 0xffffff00;
    const std::uint8_t flags = wire::TcpHeader::ack | (random() % 2 ? wire::TcpHeader::psh : 0);
    const Octets read =
        super_packet(protocol, payload, gso_size, sequence, flags, random, {.header_size = header_size});
    const auto packets = packets_of(read);
    for (const Octets& packet : packets) BOOST_TEST(checksum_holds(packet));
    const auto writes = join_all(packets);
    BOOST_TEST_REQUIRE(writes.size() == 1, "round " << round);
    if (packets.size() == 1) {  // as it came
      BOOST_TEST((Octets(writes[0].begin() + VirtioNetHeader::size, writes[0].end()) == packets[0]));
    } else {
      BOOST_TEST((writes[0] == read), "round " << round);
    }
  }
}

BOOST_AUTO_TEST_CASE(whatever_is_joined_is_cut_into_the_same_packets_in_the_order_of_each_flow) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Octets> sent;
    for (int burst = 0; burst < 12; ++burst) {
      const Flow flow{static_cast<std::uint16_t>(7000 + random() % 12), 32,
                      static_cast<std::uint8_t>(random() % 8 ? 0 : 2), 64};
      const auto protocol = random() % 2 ? IpProtocol::tcp : IpProtocol::udp;
      const auto flags = static_cast<std::uint8_t>(random() % 8 ? wire::TcpHeader::ack : random());
      const std::size_t size = 1 + random() % 100;
      for (Octets& packet :
           packets_of(super_packet(protocol, 1 + random() % 900, size, static_cast<std::uint32_t>(random()),
                                   flags, random, flow)))
        sent.push_back(std::move(packet));
    }
    if (seed % 2) std::shuffle(sent.begin(), sent.end(), random);
    if (seed % 3) std::erase_if(sent, [&](auto&) { return random() % 10 == 0; });
    if (seed % 5 == 0) sent.at(random() % sent.size()).back() ^= std::byte{1};
    std::vector<Octets> got;
    for (const Octets& write : join_all(sent)) {
      BOOST_TEST(write.size() - VirtioNetHeader::size <= tun::Joiner::max_octets);
      for (Octets& packet : packets_of(write)) got.push_back(std::move(packet));
    }
    const auto of_flow = [](const std::vector<Octets>& packets) {
      std::multimap<std::pair<std::byte, std::uint32_t>, Octets> sorted;  // equal ones stay in their order
      for (const Octets& packet : packets)
        sorted.emplace(std::pair(packet[6], wire::load<std::uint32_t>(packet, 40)), packet);
      return sorted;
    };
    BOOST_TEST((of_flow(sent) == of_flow(got)), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(only_what_belongs_together_is_joined) {
  std::mt19937 random(4);
  using Change = void (*)(MutableBytes second);
  const auto writes_after = [&](IpProtocol protocol, Change change) {
    auto packets = packets_of(super_packet(protocol, 200, 100, 7, wire::TcpHeader::ack, random));
    change(packets.at(1));
    // With a valid checksum again.
    const std::size_t field = 40u + (protocol == IpProtocol::tcp ? 16 : 6);
    wire::store(MutableBytes(packets[1]), field, std::uint16_t{0});
    wire::Checksum sum;
    sum.add(Bytes(packets[1]).subspan(8, 32));
    sum.add_pseudo(static_cast<std::uint32_t>(packets[1].size() - 40), static_cast<std::uint8_t>(protocol));
    sum.add(Bytes(packets[1]).subspan(40));
    wire::store(MutableBytes(packets[1]), field, sum.value());
    return join_all(packets).size();
  };
  BOOST_TEST(writes_after(IpProtocol::tcp, [](MutableBytes) {}) == 1);
  BOOST_TEST(writes_after(IpProtocol::udp, [](MutableBytes) {}) == 1);
  struct Case {
    const char* what;
    Change change;
  };
  for (const Case& each :
       {Case{"traffic class", [](MutableBytes packet) { packet[1] ^= std::byte{0x20}; }},
        Case{"hop limit", [](MutableBytes packet) { packet[7] = std::byte{63}; }},
        Case{"source", [](MutableBytes packet) { packet[23] ^= std::byte{1}; }},
        Case{"source port", [](MutableBytes packet) { packet[41] ^= std::byte{1}; }},
        Case{"destination port", [](MutableBytes packet) { packet[43] ^= std::byte{1}; }}}) {
    BOOST_TEST(writes_after(IpProtocol::tcp, each.change) == 2, each.what);
    BOOST_TEST(writes_after(IpProtocol::udp, each.change) == 2, each.what);
  }
  for (const Case& each : {Case{"sequence", [](MutableBytes packet) { packet[47] ^= std::byte{1}; }},
                           Case{"acknowledgement", [](MutableBytes packet) { packet[51] ^= std::byte{1}; }},
                           Case{"window", [](MutableBytes packet) { packet[55] ^= std::byte{1}; }},
                           Case{"urgent pointer", [](MutableBytes packet) { packet[59] ^= std::byte{1}; }},
                           Case{"options", [](MutableBytes packet) { packet[71] ^= std::byte{1}; }},
                           Case{"FIN", [](MutableBytes packet) { packet[53] ^= std::byte{1}; }},
                           Case{"ECE", [](MutableBytes packet) { packet[53] ^= std::byte{0x40}; }},
                           Case{"a reserved bit", [](MutableBytes packet) { packet[52] ^= std::byte{1}; }}})
    BOOST_TEST(writes_after(IpProtocol::tcp, each.change) == 2, each.what);
}

BOOST_AUTO_TEST_CASE(a_joined_packet_has_a_limit_of_length_and_of_packets) {
  std::mt19937 random(8);
  const auto datagrams = [&](std::size_t count, std::size_t size) {
    std::vector<Octets> packets;
    for (std::size_t i = 0; i < count; ++i)
      packets.push_back(packets_of(super_packet(IpProtocol::udp, size, size, 0, 0, random)).at(0));
    return packets;
  };
  for (const auto& [count, size, expected] :
       {std::tuple{46u, 1400u, 1u}, {47u, 1400u, 2u}, {100u, 1400u, 3u}, {64u, 10u, 1u}, {65u, 10u, 2u}}) {
    const auto sent = datagrams(count, size);
    const auto writes = join_all(sent);
    BOOST_TEST(writes.size() == expected, count << " of " << size << ": " << writes.size());
    std::vector<Octets> got;
    for (const Octets& write : writes) {
      BOOST_TEST(write.size() - VirtioNetHeader::size <= tun::Joiner::max_octets);
      for (Octets& packet : packets_of(write)) got.push_back(std::move(packet));
    }
    BOOST_TEST((got == sent));
  }
}

BOOST_AUTO_TEST_CASE(the_oldest_flow_gives_way_to_a_ninth) {
  std::mt19937 random(9);
  std::vector<Octets> packets;
  for (std::uint16_t port = 1; port <= tun::Joiner::max_items + 1; ++port)
    packets.push_back(packets_of(super_packet(IpProtocol::udp, 50, 50, 0, 0, random, {.port = port})).at(0));
  const auto writes = join_all(packets);
  BOOST_TEST_REQUIRE(writes.size() == packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i)  // in the order in which they came
    BOOST_TEST((Octets(writes[i].begin() + VirtioNetHeader::size, writes[i].end()) == packets[i]));
}

BOOST_AUTO_TEST_CASE(what_arrives_damaged_is_not_joined_and_not_repaired) {
  std::mt19937 random(5);
  auto packets = packets_of(super_packet(IpProtocol::tcp, 300, 100, 7, wire::TcpHeader::ack, random));
  packets[1].back() ^= std::byte{1};
  tun::Joiner joiner;
  const auto writes = join_all(joiner, packets);
  BOOST_TEST(writes.size() == 3);
  BOOST_TEST(joiner.counters().bad_checksum == 1);
  BOOST_TEST((Octets(writes[1].begin() + VirtioNetHeader::size, writes[1].end()) == packets[1]));
  BOOST_TEST(VirtioNetHeader::parse(writes[1]).flags == 0);
}

BOOST_AUTO_TEST_CASE(a_kernel_that_refuses_joined_packets_gets_none) {
  std::mt19937 random(6);
  tun::Joiner joiner;
  joiner.stop_joining(IpProtocol::udp);
  BOOST_TEST(join_all(joiner, packets_of(super_packet(IpProtocol::udp, 300, 100, 7, 0, random))).size() == 3);
  BOOST_TEST(
      join_all(joiner, packets_of(super_packet(IpProtocol::tcp, 300, 100, 7, wire::TcpHeader::ack, random)))
          .size() == 1);
  joiner.stop_joining(IpProtocol::tcp);
  BOOST_TEST(
      join_all(joiner, packets_of(super_packet(IpProtocol::tcp, 300, 100, 7, wire::TcpHeader::ack, random)))
          .size() == 3);
}

BOOST_AUTO_TEST_CASE(a_partial_checksum_is_written_as_one) {
  std::mt19937 random(7);
  const auto packet = packets_of(super_packet(IpProtocol::udp, 50, 100, 0, 0, random)).at(0);
  ToHost to = to_host_of(packet);
  to.partial = true;
  tun::Joiner joiner;
  std::size_t writes = 0;
  joiner.push(to, Bytes(packet).subspan(40),
              [&](const VirtioNetHeader& virtio, Bytes, std::span<const Bytes>) {
                ++writes;
                BOOST_TEST(virtio.flags == VirtioNetHeader::needs_checksum);
                BOOST_TEST(virtio.checksum_start == 40);
                BOOST_TEST(virtio.checksum_offset == 6);
              });
  BOOST_TEST(writes == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_joiner_test
