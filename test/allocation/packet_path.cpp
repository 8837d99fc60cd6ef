// In steady state a packet is sent, forwarded and delivered without an allocation: operator new is replaced by one that counts.
#include <array>
#include <boost/test/unit_test.hpp>

#include "counting_new.hpp"
#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/fragment.hpp"
#include "ilnp/transport/stp.hpp"

namespace ilnp::test::packet_path_test {

using namespace std::chrono_literals;

/// The networks that all nodes are on: frames wait in a ring of fixed size.
struct Ether {
  struct Frame {
    std::uint64_t sender = 0;
    Locator locator;
    std::size_t size = 0;
    std::array<std::byte, 1440> octets;
  };
  std::array<Frame, 64> frames;
  std::size_t first = 0;
  std::size_t count = 0;

  void put(std::uint64_t sender, Locator locator, const Packet& packet) {
    BOOST_REQUIRE(count < frames.size());
    Frame& frame = frames[(first + count++) % frames.size()];
    frame.sender = sender;
    frame.locator = locator;
    frame.size = packet.size();
    const auto rest = std::ranges::copy(packet.head(), frame.octets.begin()).out;
    std::ranges::copy(packet.payload(), rest);
  }
};

class Tap {
 public:
  Tap(Ether& ether, std::uint64_t id) : ether_(ether), id_(id) {}

  error_code join(Locator locator) { return joined_[locator.value()] = true, error_code(); }
  error_code leave(Locator locator) { return joined_[locator.value()] = false, error_code(); }
  MutableBytes headroom(std::size_t size) { return MutableBytes(room_).first(size); }
  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx&) {
    return ether_.put(id_, locator, packet), error_code();
  }
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    if (from.sender != id_ && joined_[from.interface.value()]) up(from, frame);
  }
  void begin_batch() {}
  template <class Cx>
  void end_batch(Cx&) {}
  template <class Cx>
  bool on_timer(Cx&) {
    return false;
  }
  TimePoint next_deadline() const { return never; }
  std::size_t max_frame() const { return 1440; }

 private:
  Ether& ether_;
  std::uint64_t id_;
  std::array<bool, 256> joined_{};
  std::array<std::byte, Packet::max_headroom> room_;
};

using Node = Proxy<Fragment<STP<ILNP<Tap>>>>;

NetworkConfig config(const char* name, std::uint64_t nid, NetworkConfig::LocatorSet locators) {
  return {.nid = Nid(nid), .locators = {std::move(locators)}, .host_name = name};
}

constexpr Locator a(0xa), b(0xb), c(0xc);

struct World {
  Ether ether;
  Node alice;
  Node router{config("router", 3, {a, b, c}), ether, 3u};
  Node bob{config("bob", 2, {b}), ether, 2u};
  Random random{1};
  Context<> cx{TimePoint{}, random};
  std::size_t delivered = 0;

  explicit World(NetworkConfig::LocatorSet of_alice)
      : alice(config("alice", 1, std::move(of_alice)), ether, 1u) {
    BOOST_REQUIRE(!alice.map(1000, {"bob", 1000}));
    BOOST_REQUIRE(!bob.map(1000, {"alice", 1000}));
    for (Node* node : {&alice, &router, &bob}) BOOST_REQUIRE(!network_layer(*node).start(cx));
    for (int i = 0; i < 20; ++i) step(100ms);
    for (int i = 0; i < 100; ++i) both_ways();
    delivered = 0;
  }

  void step(Duration time) {
    cx.set_now(cx.now() + time);
    const auto up = [&](std::uint16_t, Bytes) { ++delivered; };
    for (Node* node : {&alice, &router, &bob})
      if (node->next_deadline() <= cx.now()) node->on_timer(cx, up), node->end_batch(cx);
    for (; ether.count > 0; --ether.count, ether.first = (ether.first + 1) % ether.frames.size()) {
      // Each node gets a copy of its own, and may change it.
      const Ether::Frame& frame = ether.frames[ether.first];
      for (Node* node : {&alice, &router, &bob}) {
        auto octets = frame.octets;
        node->feed({frame.locator, frame.sender}, MutableBytes(octets).first(frame.size), cx, up);
        node->end_batch(cx);
      }
    }
  }

  void both_ways(Bytes to_bob = as_bytes("to bob"), Bytes to_alice = as_bytes("to alice")) {
    BOOST_REQUIRE(!alice.send(1000, to_bob, cx));
    BOOST_REQUIRE(!bob.send(1000, to_alice, cx));
    step(1ms);
  }
};

BOOST_AUTO_TEST_SUITE(allocation)

BOOST_AUTO_TEST_CASE(none_on_the_way_through_a_router) {
  World world({a});
  const std::size_t before = test::allocations();
  for (int i = 0; i < 1000; ++i) world.both_ways();
  const std::size_t during = test::allocations() - before;
  BOOST_TEST(world.delivered == 2000u);
  BOOST_TEST(network_layer(world.router).counters().forwarded >= 2000u);
  BOOST_TEST(during == 0u);
}

BOOST_AUTO_TEST_CASE(none_for_datagrams_longer_than_a_frame) {
  World world({a});
  const std::vector<std::byte> text(10'000, std::byte{'x'});
  for (int i = 0; i < 10; ++i) world.both_ways(text, text);
  world.delivered = 0;
  const std::size_t before = test::allocations();
  for (int i = 0; i < 5000; ++i) world.both_ways(text, text);
  const std::size_t during = test::allocations() - before;
  BOOST_TEST(world.delivered == 10'000u);
  BOOST_TEST(world.alice.next_layer().counters().probes >= 3u);  // now and then, all the time
  BOOST_TEST(during == 0u);
}

BOOST_AUTO_TEST_CASE(none_with_multihoming) {
  World world({a, c});
  const std::size_t before = test::allocations();
  for (int i = 0; i < 1000; ++i) world.both_ways();
  const std::size_t during = test::allocations() - before;
  BOOST_TEST(world.delivered == 2000u);
  BOOST_TEST(during == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::packet_path_test
