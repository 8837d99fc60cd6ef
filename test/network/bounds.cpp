// Nodes whose parameters, and underlays whose frames, are at the limits of what is allowed.
#include <boost/test/unit_test.hpp>
#include <functional>

#include "overlay.hpp"
#include "support/memory_underlay.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::bounds_test {

using C = NetworkConfig;

std::vector<std::pair<const char*, std::function<void(C&, bool)>>> edges() {
  const auto time = [](Duration C::*member, Duration least) {
    return [=](C& config, bool most) { config.*member = most ? C::max_time : least; };
  };
  return {{"backwards_learning_ttl", time(&C::backwards_learning_ttl, C::min_wait_time)},
          {"active_unicast_session_ttl", time(&C::active_unicast_session_ttl, C::min_time)},
          {"move_time", time(&C::move_time, C::min_wait_time)},
          {"handoff_time", time(&C::handoff_time, Duration::zero())},
          {"loc_update_retry_wait_time", time(&C::loc_update_retry_wait_time, C::min_time)},
          {"wait_time", time(&C::wait_time, C::min_wait_time)},
          {"loc_update_retries",
           [](C& config, bool most) { config.loc_update_retries = most ? C::max_retries : 0; }}};
}

/// alice moves between a and b, and bob is in both: 2 s of datagrams from alice. How many arrive.
int delivered(const std::function<void(C&)>& change) {
  Overlay net;
  auto moving = node_config(0xa, "alice", {{a}, {b}});
  moving.move_time = 1s;
  moving.handoff_time = 400ms;
  change(moving);
  auto settled = node_config(0xb, "bob", {{a, b}});
  change(settled);
  Endpoint& alice = net.add(moving);
  Endpoint& bob = net.add(settled);
  net.start(500ms);
  alice.stream(bob, 10ms, net.in(1ms), net.in(2s));
  net.world.run_for(3s);
  return static_cast<int>(bob.from[Nid(0xa)].arrivals.size());
}

std::string refused(const C& config, std::size_t max_frame) {
  try {
    ILNP<MemoryUnderlay> node(config, max_frame);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

BOOST_AUTO_TEST_SUITE(bounds)

BOOST_AUTO_TEST_CASE(a_node_works_with_each_parameter_at_its_limit) {
  for (const auto& [key, set] : edges())
    for (const bool most : {false, true}) {
      const int got = delivered([&, change = set](C& config) { change(config, most); });
      BOOST_TEST(got > 100, key << (most ? " at its maximum: " : " at its minimum: ") << got << " of 200");
    }
}

BOOST_AUTO_TEST_CASE(a_node_works_with_all_parameters_at_their_limits) {
  for (const bool most : {false, true}) {
    const int got = delivered([&](C& config) {
      for (const auto& [key, set] : edges()) set(config, most);
    });
    BOOST_TEST(got > (most ? 150 : 0), (most ? "most: " : "least: ") << got << " of 200");
  }
}

BOOST_AUTO_TEST_CASE(frames_must_hold_the_messages_of_a_node_and_fit_the_header) {
  const auto alice = node_config(0xa, "alice", {{a}});
  constexpr std::size_t least = 40 + 17 + 5, most = 40 + 65'535;
  BOOST_TEST(refused(alice, least) == "");
  BOOST_TEST(refused(alice, 1440) == "");
  BOOST_TEST(refused(alice, most) == "");
  for (const std::size_t wrong :
       {std::size_t{0}, std::size_t{39}, std::size_t{40}, least - 1, most + 1, SIZE_MAX}) {
    const std::string text = refused(alice, wrong);
    BOOST_TEST(text.starts_with("max_frame: "), wrong << ": " << text);
    BOOST_TEST(text.find("from 62 ") != text.npos, text);
    BOOST_TEST(text.find("to 65575") != text.npos, text);
  }
  auto roaming = node_config(0xa, "a", {{a}, {}});
  for (std::uint64_t i = 1; i <= C::max_locators; ++i) roaming.locators[1].emplace_back(i);
  BOOST_TEST(refused(roaming, 40 + 17 + 1) != "");
  BOOST_TEST(refused(node_config(0xa, std::string(255, 'x'), {{a}}), 40 + 17 + 255) == "");
}

/// A node with frames of the smallest or largest size sends what fits, and refuses the rest.
BOOST_AUTO_TEST_CASE(frames_of_the_smallest_and_largest_size) {
  for (const std::size_t frame : {std::size_t{62}, std::size_t{65'575}}) {
    ILNP<MemoryUnderlay> node(node_config(0xa, "alice", {{a}}), frame);
    Random random(1);
    Context<> cx(TimePoint{} + 1h, random);
    BOOST_TEST(!node.start(cx));
    node.on_timer(cx, [](auto&&...) {});
    BOOST_TEST(node.next_layer().sent.size() == 1U);  // it solicits
    BOOST_TEST(node.max_payload() == frame - 40);
    const Octets largest(frame - 40), larger(frame - 39);
    Packet fits(node.headroom(0), largest), does_not(node.headroom(0), larger);
    BOOST_TEST(node.send(Nid(2), 42, does_not, cx) == Errc::message_too_long);
    BOOST_TEST(node.send(Nid(2), 42, fits, cx) == Errc::unknown_host);
    BOOST_TEST(!node.send(Nid(0xa), 42, fits, cx));
    std::size_t looped = 0;
    node.on_timer(cx, [&](const NetworkSource&, Bytes payload) { looped = payload.size(); });
    BOOST_TEST(looped == frame - 40);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::bounds_test
