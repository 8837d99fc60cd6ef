#include "ilnp/middleware/pcap.hpp"

#include <unistd.h>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "ilnp/wire/ilnp_header.hpp"
#include "support/memory_underlay.hpp"
#include "support/octet_sink.hpp"
#include "support/octets.hpp"
#include "support/pcap.hpp"
#include "support/print.hpp"

namespace ilnp::test::pcap_test {

using namespace std::chrono_literals;

using Direction = CapturedFrame::Direction;
using Writer = PcapWriter<test::OctetSink>;
static_assert(Underlay<Capture<test::MemoryUnderlay, Writer>>);

struct Fixture {
  std::vector<std::byte> file;
  Writer writer{test::OctetSink{&file}, {12345, 7, 0x0123'4567'89ab'cdef, 1'000'000s}};
};

/// What a shell command prints.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    text.append(buffer.data(), size);
  return text;
}

BOOST_FIXTURE_TEST_SUITE(pcap_writer, Fixture)

BOOST_AUTO_TEST_CASE(a_file_without_frames_is_a_header) {
  BOOST_TEST(test::hex(Bytes(file)) ==
             "d4c3b2a1020004000000000000000000"
             "0000040001000000");
  BOOST_TEST(test::parse_pcap(file).empty());
}

BOOST_AUTO_TEST_CASE(frames_are_wrapped_in_ethernet_ipv6_and_udp) {
  const auto head = test::octets("head of odd length");
  const auto payload = test::octets("payload");
  writer({Direction::out, TimePoint{} + 1500ms, Locator(0xa), 0, head, payload});
  writer({Direction::in,
          TimePoint{} + 2s + 7us + 999ns,
          Locator(0x1234'5678'9abc'def0),
          0xfedc'ba98'7654'3210,
          {},
          payload});
  writer({Direction::in, TimePoint{}, Locator(0xb), 5, {}, {}});
  BOOST_TEST(writer.written() == 3u);

  const auto frames = test::parse_pcap(file);
  BOOST_REQUIRE(frames.size() == 3u);
  BOOST_TEST(frames[0].time == 1'000'001'500'000us);
  BOOST_TEST(frames[1].time == 1'000'002'000'007us);

  const auto out = test::udp_datagram(frames[0].octets);
  BOOST_REQUIRE(out.has_value());
  BOOST_TEST(out->checksum_good);
  BOOST_TEST(as_text(out->payload) == "head of odd lengthpayload");
  BOOST_TEST(out->hop_limit == 1);
  BOOST_TEST(out->source_port == 12345);
  BOOST_TEST(out->destination_port == 12345);
  BOOST_TEST(test::hex(Bytes(frames[0].octets).first(14)) ==
             "33330000000a"
             "026789abcdef"
             "86dd");
  BOOST_TEST(test::hex(std::as_bytes(std::span(out->source))) ==
             "fe80000000000000"
             "0123456789abcdef");
  BOOST_TEST(test::hex(std::as_bytes(std::span(out->destination))) ==
             "ff12000000070000"
             "000000000000000a");

  const auto in = test::udp_datagram(frames[1].octets);
  BOOST_REQUIRE(in.has_value());
  BOOST_TEST(in->checksum_good);
  BOOST_TEST(as_text(in->payload) == "payload");
  BOOST_TEST(in->group() == Locator(0x1234'5678'9abc'def0));
  BOOST_TEST(test::hex(std::as_bytes(std::span(in->source))) ==
             "fe80000000000000"
             "fedcba9876543210");

  BOOST_TEST(test::udp_datagram(frames[2].octets)->payload.empty());
  BOOST_TEST(test::udp_datagram(frames[2].octets)->checksum_good);
}

BOOST_AUTO_TEST_CASE(the_checksum_is_never_zero) {
  // A payload that brings the sum to 0xffff: RFC 768 has the complement sent as all ones.
  for (std::uint32_t value = 0; value < 65536; ++value) {
    std::array<std::byte, 2> payload{};
    wire::store(MutableBytes(payload), 0, static_cast<std::uint16_t>(value));
    std::array<std::byte, wire::UdpEncapsulationRepr::size> header;
    wire::UdpEncapsulationRepr{1, Locator(0xa), 0, 10000}.write_to(header, {}, payload);
    BOOST_REQUIRE(wire::load<std::uint16_t>(header, 60) != 0);
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_no_datagram_can_carry_is_left_out_and_counted) {
  std::vector<std::byte> longest(wire::UdpEncapsulationRepr::max_frame);
  writer({Direction::out, TimePoint{}, Locator(0xa), 0, {}, longest});
  longest.emplace_back();
  writer({Direction::out, TimePoint{}, Locator(0xa), 0, {}, longest});
  BOOST_TEST(writer.written() == 1u);
  BOOST_TEST(writer.not_written() == 1u);
  BOOST_TEST(test::parse_pcap(file).size() == 1u);
}

BOOST_AUTO_TEST_CASE(of_a_frame_no_more_is_written_than_is_asked_for) {
  const auto head = test::octets("head"), payload = test::octets("payload");
  for (const std::size_t most : {0U, 3U, 4U, 6U, 11U, 1000U}) {
    file.clear();
    Writer cutting(test::OctetSink{&file}, {.most_octets = most});
    cutting({Direction::out, TimePoint{}, Locator(0xa), 0, head, payload});
    const std::size_t kept = std::min<std::size_t>(most, 11);
    BOOST_REQUIRE(file.size() == 24 + 16 + 62 + kept);
    BOOST_TEST(test::little32(file, 24 + 8) == 62 + kept);
    BOOST_TEST(test::little32(file, 24 + 12) == 62U + 11U);
    BOOST_TEST(as_text(Bytes(file).last(kept)) == std::string("headpayload").substr(0, kept));
  }
}

BOOST_AUTO_TEST_CASE(a_time_before_1970_becomes_1970) {
  Writer early(test::OctetSink{&file});
  file.resize(24);
  early({Direction::out, TimePoint{} - 5s, Locator(0xa), 0, {}, {}});
  BOOST_TEST(test::parse_pcap(file).at(0).time == 0us);
}

BOOST_AUTO_TEST_CASE(a_captured_frame_comes_back_out_as_it_was_on_the_network) {
  // What the kernel of a reference node wrote, beside what we write of the same overlay frame: all but the
  // Ethernet source, the flow label, the source address and the checksum over it are the same.
  const auto frames =
      test::read_pcap(std::filesystem::path(ILNP_TEST_VECTORS) / "b_datagrams_via_router.pcap");
  std::vector<std::byte> copy;
  PcapWriter<test::OctetSink> again(test::OctetSink{&copy}, {});
  for (const auto& frame : frames) {
    const auto udp = *test::udp_datagram(frame.octets);
    again({Direction::in, TimePoint{} + frame.time, udp.group(), 0x00aa'00ff'fe00'000a, {}, udp.payload});
  }
  const auto written = test::parse_pcap(copy);
  BOOST_REQUIRE(written.size() == frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    BOOST_TEST(written[i].time == frames[i].time);
    const auto there = test::udp_datagram(frames[i].octets);
    const auto here = test::udp_datagram(written[i].octets);
    BOOST_TEST(here->checksum_good);
    BOOST_TEST(here->ethernet_destination == there->ethernet_destination);
    BOOST_TEST(here->destination == there->destination);
    BOOST_TEST(here->hop_limit == there->hop_limit);
    BOOST_TEST(here->source_port == there->source_port);
    BOOST_TEST((std::ranges::equal(here->payload, there->payload)));
    if (there->source[15] == 0x0a)  // alice's: the address as well, and so the checksum
      BOOST_TEST(
          (std::ranges::equal(Bytes(written[i].octets).subspan(18), Bytes(frames[i].octets).subspan(18))));
  }
}

BOOST_AUTO_TEST_CASE(tshark_reads_it) {
  if (std::system("command -v tshark > /dev/null 2>&1") != 0) {
    BOOST_TEST_MESSAGE("tshark is not installed: not tried");
    return;
  }
  const auto payload = test::octets("payload");
  writer({Direction::out, TimePoint{} + 1s, Locator(0xa), 0, {}, payload});
  writer({Direction::in, TimePoint{} + 2s, Locator(0xb), 9, payload, payload});
  const auto path =
      std::filesystem::temp_directory_path() / ("ilnp-test-" + std::to_string(getpid()) + ".pcap");
  {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  }
  const std::string text =
      output_of("tshark -n -r " + path.string() +
                " -o udp.check_checksum:TRUE -T fields -E separator=/s -e frame.time_epoch"
                " -e ipv6.src -e ipv6.dst -e udp.dstport -e udp.checksum.status -e data.data 2>&1");
  std::filesystem::remove(path);
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(text.find("1000001.000000000 fe80::123:4567:89ab:cdef ff12:0:7::a 12345 1 7061796c6f6164\n") !=
               std::string::npos);
    BOOST_TEST(text.find("1000002.000000000 fe80::9 ff12:0:7::b 12345 1 7061796c6f61647061796c6f6164\n") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::pcap_test
