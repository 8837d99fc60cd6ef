#include "ilnp/base/stack.hpp"

#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "ilnp/middleware/capture.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/memory_underlay.hpp"

namespace ilnp::test::stack_test {

struct Ignore {
  void operator()(const CapturedFrame&) const {}
};
using Tap = Capture<test::MemoryUnderlay, Ignore>;
using Network = ILNP<Tap>;
using Stack = Proxy<STP<Network>>;

static_assert(Underlay<test::MemoryUnderlay> && Underlay<Tap>);
static_assert(NetworkLayer<Network> && !NetworkLayer<STP<Network>> && !NetworkLayer<Tap>);
static_assert(TransportLayer<STP<Network>> && !TransportLayer<Network> && !TransportLayer<Stack>);
static_assert(!Underlay<Network> && !Underlay<Stack> && !Underlay<int>);

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(a_layer_is_found_from_the_top) {
  Stack stack(NetworkConfig{.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"}, Ignore{});
  static_assert(std::is_same_v<decltype(lowest_layer(stack)), test::MemoryUnderlay&>);
  static_assert(std::is_same_v<decltype(network_layer(stack)), Network&>);
  BOOST_TEST(&network_layer(stack) == &stack.next_layer().next_layer());
  BOOST_TEST(&lowest_layer(stack) == &stack.next_layer().next_layer().next_layer().next_layer());

  const Stack& unchanging = stack;
  static_assert(std::is_same_v<decltype(lowest_layer(unchanging)), const test::MemoryUnderlay&>);
  static_assert(std::is_same_v<decltype(network_layer(unchanging)), const Network&>);
  BOOST_TEST(network_layer(unchanging).local_nid() == Nid(1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stack_test
