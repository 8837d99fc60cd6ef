// The model over real sockets: that it compiles there, with the arguments that a node of the toolkit takes.
#include <boost/test/unit_test.hpp>

#include "ilnp/proxy/proxy.hpp"
#include "ilnp/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "scene.hpp"

namespace ilnp::test::underlay_test {

static_assert(TransportLayer<ReferenceNode<McastUdp>>);
static_assert(std::is_constructible_v<ReferenceNode<McastUdp>, NetworkConfig, LinkConfig>);

BOOST_AUTO_TEST_SUITE(reference_underlay)

// Its halves stand in the toolkit's own stacks, too.
BOOST_AUTO_TEST_CASE(is_a_layer_among_layers) {
  sim::World world(1);
  const NetworkConfig alice = config("alice", nid_alice, {{net_a}}), bob = config("bob", nid_bob, {{net_a}});
  Station<STP<ReferenceNetwork<sim::SimUnderlay>>> first(world, alice);
  sim::SimNode<Proxy<ReferenceNode<sim::SimUnderlay>>> second(world, "bob", bob);
  first.begin();
  second.start();
  std::vector<std::string> heard;
  second.on_receive([&](LocalPort, Bytes bytes) { heard.emplace_back(as_text(bytes)); });
  world.run_for(1s);
  second.with(
      [](auto& stack, auto&) { BOOST_TEST(!stack.map(10002, Remote{.host = "alice", .port = 10002})); });
  BOOST_TEST(!first.say("bob", "to a mapping"));
  world.run_for(1s);
  BOOST_TEST(heard == std::vector<std::string>{"to a mapping"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::underlay_test
