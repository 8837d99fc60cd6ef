// What a sink writes to a device, and what it does when the kernel does not take it. The device is in memory.

#include "ilnp/gateway/tun_sink.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/tun/cutter.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_sink_test {

/// Notes what is written; refuses what is joined as long as `refuses`.
struct MemoryDevice {
  error_code write(std::span<const iovec> parts) {
    if (down) return {EIO, boost::system::system_category()};
    Octets octets;
    for (const iovec& part : parts) {
      const auto* const first = static_cast<const std::byte*>(part.iov_base);
      octets.insert(octets.end(), first, first + part.iov_len);
    }
    if (refuses && octets[1] != std::byte{wire::VirtioNetHeader::gso_none})
      return {EINVAL, boost::system::system_category()};
    writes.push_back(std::move(octets));
    return {};
  }
  bool refuses = false;
  bool down = false;
  std::vector<Octets> writes;
};

struct Fixture {
  Fixture() { sink.connect(&device); }

  /// The segments of the long packet of a file come up in a batch.
  void hand_up(const std::string& name) {
    std::vector<Octets> packets = tun_records(name);
    for (Octets& packet : packets)
      to(to_host_of(packet), MutableBytes(packet).subspan(wire::Ipv6Header::size));
    to.flush();
  }
  /// The packet in a write.
  static Octets packet(const Octets& write) {
    return {write.begin() + wire::VirtioNetHeader::size, write.end()};
  }

  MemoryDevice device;
  BasicTunSink<MemoryDevice> sink;
  BasicTunSink<MemoryDevice>::To to = sink.to();
};

BOOST_FIXTURE_TEST_SUITE(tun_sink, Fixture)

BOOST_AUTO_TEST_CASE(segments_of_a_batch_are_one_write) {
  hand_up("cut-tcp-psh-out");
  BOOST_TEST_REQUIRE(device.writes.size() == 1u);
  BOOST_TEST((device.writes[0][1] == std::byte{wire::VirtioNetHeader::gso_tcp6}));
  const auto counters = sink.counters();
  BOOST_TEST(counters.packets == tun_records("cut-tcp-psh-out").size());
  BOOST_TEST(counters.writes == 1u);
  BOOST_TEST(counters.joined_writes == 1u);
  BOOST_TEST(counters.joined_packets == counters.packets);
  BOOST_TEST(counters.not_written == 0u);
}

BOOST_AUTO_TEST_CASE(a_kernel_that_refuses_them_gets_each_as_it_came) {
  device.refuses = true;
  for (const char* name : {"cut-tcp-psh-out", "cut-udp-out"}) {
    device.writes.clear();
    hand_up(name);
    const std::vector<Octets> expected = tun_records(name);
    BOOST_TEST_REQUIRE(device.writes.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      BOOST_TEST((packet(device.writes[i]) == expected[i]), name << ' ' << i);
      BOOST_TEST((device.writes[i][0] == std::byte{}));  // the checksum is complete
    }
  }
  BOOST_TEST(sink.counters().join_refused == 2u);
  BOOST_TEST(sink.counters().not_written == 0u);
}

BOOST_AUTO_TEST_CASE(after_eight_refusals_in_a_row_nothing_of_the_protocol_is_joined) {
  device.refuses = true;
  for (int i = 0; i < 7; ++i) hand_up("cut-tcp-psh-out");
  device.refuses = false;
  hand_up("cut-tcp-psh-out");  // counts from the beginning again
  BOOST_TEST(sink.counters().join_refused == 7u);
  device.refuses = true;
  for (int i = 0; i < 20; ++i) hand_up("cut-tcp-psh-out");
  BOOST_TEST(sink.counters().join_refused == 15u);
  hand_up("cut-udp-out");  // another protocol
  BOOST_TEST(sink.counters().join_refused == 16u);
}

BOOST_AUTO_TEST_CASE(nothing_is_joined_for_a_kernel_that_cannot) {
  sink.connect(&device, false, true);
  hand_up("cut-tcp-psh-out");
  BOOST_TEST(device.writes.size() == tun_records("cut-tcp-psh-out").size());
  device.writes.clear();
  hand_up("cut-udp-out");
  BOOST_TEST(device.writes.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_counted) {
  device.down = true;
  const std::size_t count = tun_records("cut-tcp-psh-out").size();
  hand_up("cut-tcp-psh-out");
  BOOST_TEST(sink.counters().not_written == count);
  BOOST_TEST(sink.counters().join_refused == 0u);
  sink.connect(nullptr);
  hand_up("cut-tcp-psh-out");
  BOOST_TEST(sink.counters().not_written == 2 * count);
  to(12, Bytes());  // other things that a node hands up are not its business
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_sink_test
