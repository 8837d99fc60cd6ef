#include "ilnp/base/layer.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/fragment.hpp"
#include "ilnp/transport/stp.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "support/memory_underlay.hpp"

namespace ilnp::test::layer_test {

using Network = ILNP<MemoryUnderlay>;
using Stack = Proxy<STP<Network>>;

// A layer is of one kind only.
static_assert(Underlay<MemoryUnderlay> && !Underlay<Network> && !Underlay<Stack> && !Underlay<int>);
static_assert(NetworkLayer<Network> && !NetworkLayer<STP<Network>> && !NetworkLayer<MemoryUnderlay>);
static_assert(TransportLayer<STP<Network>> && !TransportLayer<Network> && !TransportLayer<Stack>);
static_assert(PacketTransport<STP<Network>> && !PacketTransport<Fragment<STP<Network>>>);

// What the shell and the proxy need besides.
static_assert(PollableUnderlay<McastUdp> && !PollableUnderlay<MemoryUnderlay>);
static_assert(StartableNetwork<Network> && !StartableNetwork<STP<Network>>);
static_assert(ResolvingTransport<STP<Network>> && ResolvingTransport<Fragment<STP<Network>>>);

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(a_node_is_told_how_long_a_packet_may_be_to_another) {
  const Network network(NetworkConfig{.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"});
  BOOST_TEST(network.max_payload(Nid(2)) == network.max_payload());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::layer_test
