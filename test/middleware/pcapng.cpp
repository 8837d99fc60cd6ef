#include "ilnp/middleware/pcapng.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "support/memory_underlay.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::pcapng_writer_test {

using namespace std::chrono_literals;
using Direction = CapturedFrame::Direction;

/// Keeps the blocks that it is called with; refuses them while it is full.
struct Blocks {
  std::vector<Octets>* blocks;
  const bool* full;
  bool operator()(std::span<const Bytes> parts) const {
    if (*full) return false;
    Octets block;
    for (const Bytes part : parts) block = joined(block, octets(part));
    blocks->push_back(block);
    return true;
  }
};
static_assert(Underlay<Capture<MemoryUnderlay, PcapngWriter<Blocks>>>);

std::uint32_t number(Bytes octets, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(octets[at + i]);
  return value;
}

struct Fixture {
  std::vector<Octets> blocks;
  bool full = false;
  PcapngWriter<Blocks> writer{Blocks{&blocks, &full},
                              {"test", "eth0", 12345, 7, 0x0123'4567'89ab'cdef, 1'000'000s}};
  Octets head = octets("head of odd length");
  Octets payload = octets("payload");

  void frame(Direction direction, Locator network, Duration time = 1s) {
    writer({direction, TimePoint{} + time, network, 0x5678, direction == Direction::out ? head : Octets(),
            payload});
  }
  std::vector<std::uint32_t> types() const {
    std::vector<std::uint32_t> all;
    for (const Octets& block : blocks) {
      BOOST_TEST(number(block, 4) == block.size());
      BOOST_TEST(number(block, block.size() - 4) == block.size());
      BOOST_TEST(block.size() % 4 == 0U);
      all.push_back(number(block, 0));
    }
    return all;
  }
};

BOOST_FIXTURE_TEST_SUITE(pcapng_writer, Fixture)

BOOST_AUTO_TEST_CASE(each_network_is_an_interface_and_each_frame_a_packet) {
  frame(Direction::out, Locator(0xa), 1500ms);
  frame(Direction::in, Locator(0xb));
  frame(Direction::out, Locator(0xa));
  BOOST_TEST(types() == (std::vector<std::uint32_t>{0x0a0d0d0a, 1, 6, 1, 6, 6}),
             boost::test_tools::per_element());
  BOOST_TEST(as_text(Bytes(blocks[1])).find("eth0 0:0:0:a") != std::string::npos);
  BOOST_TEST(as_text(Bytes(blocks[3])).find("eth0 0:0:0:b") != std::string::npos);
  const Octets& first = blocks[2];
  BOOST_TEST(number(first, 8) == 0U);
  BOOST_TEST((std::uint64_t{number(first, 12)} << 32 | number(first, 16)) == 1'000'001'500'000'000U);
  BOOST_TEST(number(first, 20) == 62 + 25U);
  Octets wrapped(62);
  wire::UdpEncapsulationRepr{0x0123'4567'89ab'cdef, Locator(0xa), 7, 12345}.write_to(wrapped, head, payload);
  BOOST_TEST(octets(Bytes(first).subspan(28, 87)) == joined(joined(wrapped, head), payload));
  BOOST_TEST(number(first, 28 + 88 + 4) == 2U);  // out
  BOOST_TEST(number(blocks[4], 8) == 1U);
  BOOST_TEST(number(blocks[4], 28 + 72 + 4) == 1U);  // in
  wire::UdpEncapsulationRepr{0x5678, Locator(0xb), 7, 12345}.write_to(wrapped, {}, payload);
  BOOST_TEST(octets(Bytes(blocks[4]).subspan(28, 69)) == joined(wrapped, payload));
  BOOST_TEST(writer.written() == 3U);
  BOOST_TEST(writer.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(what_there_is_no_room_for_is_counted_in_the_next_packet) {
  full = true;
  frame(Direction::in, Locator(0xa));  // not even its interface
  full = false;
  frame(Direction::in, Locator(0xa));
  full = true;
  for (int count = 0; count < 5; ++count) frame(Direction::in, Locator(0xa));
  full = false;
  frame(Direction::in, Locator(0xa));
  frame(Direction::in, Locator(0xa));
  BOOST_TEST(types() == (std::vector<std::uint32_t>{0x0a0d0d0a, 1, 6, 6, 6}),
             boost::test_tools::per_element());
  const auto lost = [&](std::size_t block) { return number(blocks[block], 28 + 72 + 12); };
  BOOST_TEST(lost(2) == 1U);
  BOOST_TEST(lost(3) == 5U);
  BOOST_TEST(lost(4) == 0U);
  BOOST_TEST(writer.written() == 3U);
  BOOST_TEST(writer.lost() == 6U);
}

BOOST_AUTO_TEST_CASE(frames_too_long_for_udp_are_counted_as_lost) {
  payload.resize(wire::UdpEncapsulationRepr::max_frame + 1);
  frame(Direction::in, Locator(0xa));
  BOOST_TEST(writer.lost() == 1U);
  payload.resize(wire::UdpEncapsulationRepr::max_frame);
  frame(Direction::in, Locator(0xa));
  BOOST_TEST(writer.written() == 1U);
}

BOOST_AUTO_TEST_CASE(interfaces_are_bounded) {
  for (std::uint64_t network = 1; network <= 1000; ++network) frame(Direction::in, Locator(network));
  const auto all = types();
  BOOST_TEST(std::ranges::count(all, 1U) == std::ptrdiff_t{PcapngWriter<Blocks>::max_interfaces});
  BOOST_TEST(writer.written() == 1000U);
  BOOST_TEST(number(blocks.back(), 8) == PcapngWriter<Blocks>::max_interfaces - 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::pcapng_writer_test
