// No allocation on the packet path in steady state: receive, forward, send, and the proxy's both ways.
#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>

#include "counting_new.hpp"
#include "ilnp/base/stack.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::steady_state_test {

/// An underlay that counts what it is given, and keeps none of it.
class Sink {
 public:
  error_code join(Locator) noexcept { return {}; }
  error_code leave(Locator) noexcept { return {}; }
  void begin_batch() noexcept {}
  MutableBytes headroom(std::size_t size) noexcept { return MutableBytes(room_).first(size); }
  template <class Cx>
  error_code send(Locator, const Packet& packet, Cx&) noexcept {
    octets += packet.size();
    ++frames;
    return {};
  }
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    up(from, frame);
  }
  template <class Cx>
  bool on_timer(Cx&) noexcept {
    return false;
  }
  TimePoint next_deadline() const noexcept { return never; }
  template <class Cx>
  void end_batch(Cx&) noexcept {}
  std::size_t max_frame() const noexcept { return 1440; }

  std::size_t frames = 0;
  std::size_t octets = 0;

 private:
  std::array<std::byte, Packet::max_headroom> room_;
};

constexpr std::uint16_t port = 4000;
constexpr Ilv bob{b, Nid(0xb0b)};
constexpr Nid alice{0xa11ce};
constexpr Locator e{0xe};

/// A node that is fed the same few frames, with a number in each, so that no two are equal.
struct FedNode {
  explicit FedNode(std::vector<std::vector<Locator>> locators, Duration handoff_time = 1h)
      : stack(config(std::move(locators), handoff_time)) {
    BOOST_TEST(!network_layer(stack).start(cx));
    BOOST_TEST(!stack.map(port, {"bob", port, false}));
    hear(a, discovery(bob, "bob"));
    hear(a, discovery({e, Nid(0xe)}, "eve"));
  }

  static NetworkConfig config(std::vector<std::vector<Locator>> locators, Duration handoff_time) {
    NetworkConfig config = test::node_config(alice.value(), "alice", std::move(locators));
    config.handoff_time = handoff_time;
    config.move_time = 2 * handoff_time;
    return config;
  }

  void hear(Locator on, Octets frame) {
    stack.feed(FrameSource{on, 0xb}, MutableBytes(frame), cx, [](std::uint16_t, Bytes) {});
  }

  /// A frame that is written before the measurement, and numbered and fed in it.
  struct Fed {
    Locator on;
    Octets frame;
  };
  std::vector<Fed> frames;

  auto up() {
    return [this](std::uint16_t, Bytes) { ++delivered; };
  }

  /// Feeds each frame and sends one datagram, one round each 50 us, all timers as they come; as many as are said.
  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      cx.set_now(cx.now() + 50us);
      if (stack.next_deadline() <= cx.now()) stack.on_timer(cx, up()), stack.end_batch(cx);
      ++number;
      for (auto& [on, frame] : frames) {
        wire::set_hop_limit(frame, 2);
        wire::store(frame, frame.size() - 8, number);
        stack.feed(FrameSource{on, 0xb}, MutableBytes(frame), cx, up());
        stack.end_batch(cx);
      }
      sent += !stack.send(port, Bytes(payload), cx);
    }
  }

  /// What `count` rounds allocate once twice as many have gone before.
  std::size_t steady(int count) {
    rounds(2 * count);  // more than one round of discovery
    // Whom it talks with is heard again meanwhile, or would be forgotten.
    hear(a, discovery(bob, "bob"));
    hear(a, discovery({e, Nid(0xe)}, "eve"));
    sent = delivered = 0;
    const auto forwarded = network_layer(stack).counters().forwarded;
    const std::size_t before = allocations();
    rounds(count);
    const std::size_t after = allocations();
    forwarded_meanwhile = network_layer(stack).counters().forwarded - forwarded;
    return after - before;
  }

  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  Proxy<STP<ILNP<Sink>>> stack;
  std::array<std::byte, 1000> payload{};
  std::uint64_t number = 0;
  int sent = 0;
  int delivered = 0;
  std::uint64_t forwarded_meanwhile = 0;
};

Octets for_alice(Locator at) { return datagram(bob, {at, alice}, port, port, std::string(1000, 'x'), 2); }
Octets for_another(Locator at) {
  return datagram(bob, {at, Nid(0xd)}, port, port, std::string(1000, 'x'), 2);
}

constexpr int count = 200'000;

BOOST_AUTO_TEST_SUITE(steady_state)

BOOST_AUTO_TEST_CASE(what_allocates_is_counted) {
  const std::size_t before = allocations();
  const auto one = std::make_unique<int>(1);
  const auto many = std::make_unique<int[]>(100);
  BOOST_TEST(allocations() - before == 2U);
}

BOOST_AUTO_TEST_CASE(a_node_in_one_network) {
  FedNode node({{a}});
  node.frames = {{a, for_alice(a)}, {a, for_another(a)}};
  BOOST_TEST(node.steady(count) == 0U);
  BOOST_TEST(node.sent == count);
  BOOST_TEST(node.delivered == count);
}

BOOST_AUTO_TEST_CASE(a_node_in_two_networks_that_hears_duplicates_and_forwards) {
  FedNode node({{a, d}});
  node.frames = {{a, for_alice(a)}, {d, for_alice(a)}, {d, for_alice(d)}, {a, for_another(d)}};
  BOOST_TEST(node.steady(count) == 0U);
  BOOST_TEST(node.sent == count);
  BOOST_TEST(node.delivered == 2 * count);
  BOOST_TEST(node.forwarded_meanwhile == static_cast<std::uint64_t>(count));
}

BOOST_AUTO_TEST_CASE(a_node_in_handoff) {
  FedNode node({{a}, {c}});
  BOOST_TEST(network_layer(node.stack).move_to(std::vector{c}, node.cx));
  node.frames = {{a, for_alice(a)}, {c, for_alice(a)}, {c, for_alice(c)}, {a, for_another(c)}};
  BOOST_TEST(node.steady(count) == 0U);
  BOOST_TEST(node.sent == count);
  BOOST_TEST(node.delivered == 2 * count);
  BOOST_TEST(node.forwarded_meanwhile > 0U);
}

BOOST_AUTO_TEST_CASE(a_router_with_many_flows) {
  FedNode node({{a, d}});
  for (std::uint64_t i = 0; i < 64; ++i)
    node.frames.push_back(
        {a, datagram({b, Nid(0x1000 + i)}, {d, Nid(0x2000 + i % 8)}, 1, 1, std::string(100, 'x'), 2)});
  BOOST_TEST(node.steady(count / 20) == 0U);
  BOOST_TEST(node.forwarded_meanwhile == 64U * count / 20);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::steady_state_test
