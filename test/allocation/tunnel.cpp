// In steady state a tunnel carries packets without an allocation, long reads too.
#include <array>
#include <boost/test/unit_test.hpp>

#include "counting_new.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/tun/tun.hpp"

namespace ilnp::test::allocation_tunnel_test {

using namespace std::chrono_literals;

constexpr Locator a(0xa);
constexpr std::uint64_t prefix = 0xfd00'0000'0000'0000;

/// The network between two nodes: frames wait in memory of fixed size.
struct Line {
  struct Frame {
    std::uint64_t sender = 0;
    std::size_t size = 0;
    std::array<std::byte, 1440> octets;
  };
  std::array<Frame, 128> frames;
  std::size_t count = 0;
};

class End {
 public:
  End(Line& line, std::uint64_t id) : line_(line), id_(id) {}

  error_code join(Locator) { return {}; }
  error_code leave(Locator) { return {}; }
  void begin_batch() {}
  MutableBytes headroom(std::size_t size) { return MutableBytes(room_).first(size); }
  template <class Cx>
  error_code send(Locator, const Packet& packet, Cx&) {
    BOOST_REQUIRE(line_.count < line_.frames.size());
    Line::Frame& frame = line_.frames[line_.count++];
    frame.sender = id_;
    frame.size = packet.size();
    std::ranges::copy(packet.payload(), std::ranges::copy(packet.head(), frame.octets.begin()).out);
    return {};
  }
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    if (from.sender != id_) up(from, frame);
  }
  template <class Cx>
  void end_batch(Cx&) {}
  template <class Cx>
  bool on_timer(Cx&) {
    return false;
  }
  TimePoint next_deadline() const { return never; }
  std::size_t max_frame() const { return 1440; }

 private:
  Line& line_;
  std::uint64_t id_;
  std::array<std::byte, 1440> room_;
};

using Node = Tun<ILNP<End>>;

TunConfig tunnel() {
  TunConfig config;
  config.prefix = prefix;
  config.exposed = {80};
  return config;
}
NetworkConfig config(const char* name, std::uint64_t nid) {
  return {.nid = Nid(nid), .locators = {{a}}, .host_name = name};
}

struct Pair {
  Line line;
  Node alice{tunnel(), config("alice", 1), line, 1u};
  Node bob{tunnel(), config("bob", 2), line, 2u};
  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  std::size_t delivered = 0;
  std::array<std::byte, 40 + 8 + 12'000> packet{};

  auto up() {
    return [this]<class Source>(const Source&, Bytes) { ++delivered; };
  }
  void step(Duration time) {
    cx.set_now(cx.now() + time);
    for (Node* node : {&alice, &bob})
      if (node->next_deadline() <= cx.now()) node->on_timer(cx, up()), node->end_batch(cx);
    for (std::size_t i = 0; i < line.count; ++i)  // more may come meanwhile
      for (Node* node : {&alice, &bob}) {
        auto octets = line.frames[i].octets;
        node->feed({a, line.frames[i].sender}, MutableBytes(octets).first(line.frames[i].size), cx, up());
        node->end_batch(cx);
      }
    line.count = 0;
  }
  /// A read of alice's host: 12 000 octets, to be cut into datagrams of 1200.
  void read() {
    const auto rest = MutableBytes(packet).subspan(wire::Ipv6Header::size);
    wire::Ipv6HeaderRepr{0, static_cast<std::uint16_t>(rest.size()), 17, 64, {prefix, 1}, {prefix, 2}}
        .write_to(packet);
    wire::UdpHeaderRepr{1000, 80, static_cast<std::uint16_t>(rest.size())}.write_to(rest);
    alice.from_host({1, wire::VirtioNetHeader::gso_udp, 0, 1200, 40, 6}, packet, cx, up());
    alice.end_batch(cx);
    step(1ms);
  }
};

BOOST_AUTO_TEST_SUITE(allocation_tunnel)

BOOST_AUTO_TEST_CASE(none_for_long_reads) {
  Pair pair;
  for (Node* node : {&pair.alice, &pair.bob}) BOOST_REQUIRE(!network_layer(*node).start(pair.cx));
  for (int i = 0; i < 20; ++i) pair.step(100ms);
  for (int i = 0; i < 100; ++i) pair.read();
  pair.delivered = 0;
  const std::size_t before = test::allocations();
  for (int i = 0; i < 4000; ++i) pair.read();
  const std::size_t during = test::allocations() - before;
  BOOST_TEST(pair.delivered == 40'000u);
  BOOST_TEST(during == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::allocation_tunnel_test
