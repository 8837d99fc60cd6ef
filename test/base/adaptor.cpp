#include "ilnp/base/adaptor.hpp"

#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/fragment.hpp"
#include "ilnp/transport/stp.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "support/memory_underlay.hpp"
#include "support/print.hpp"

namespace ilnp::test::adaptor_test {

// An adaptor is all that the layer below is, however often it is put in between.
using Twice = UnderlayAdaptor<UnderlayAdaptor<McastUdp>>;
static_assert(PollableUnderlay<Twice> && std::is_same_v<Twice::next_layer_type, UnderlayAdaptor<McastUdp>>);
static_assert(std::is_move_constructible_v<Twice>);
static_assert(Underlay<UnderlayAdaptor<MemoryUnderlay>> &&
              !PollableUnderlay<UnderlayAdaptor<MemoryUnderlay>>);
using Link = UnderlayAdaptor<MemoryUnderlay>;
using Network = NetworkAdaptor<NetworkAdaptor<ILNP<Link>>>;
static_assert(StartableNetwork<Network>);
using Transport = TransportAdaptor<STP<Network>>;
static_assert(PacketTransport<Transport> && ResolvingTransport<Transport>);
static_assert(!PacketTransport<Fragment<Transport>> && ResolvingTransport<Fragment<Transport>>);
static_assert(ResolvingTransport<TransportAdaptor<Fragment<Transport>>>);

/// Takes an octet of each datagram for itself; to one node, two.
template <TransportLayer Next>
struct Tagging : TransportAdaptor<Next> {
  using TransportAdaptor<Next>::TransportAdaptor;
  std::size_t max_payload(Nid nid = {}) const {
    return this->next_.max_payload(nid) - (nid == Nid(2) ? 2 : 1);
  }
};

/// Counts for itself.
template <NetworkLayer Next>
struct Counting : NetworkAdaptor<Next> {
  using NetworkAdaptor<Next>::NetworkAdaptor;
  struct Counters {
    static constexpr std::string_view layer = "counting";
    template <class F>
    void for_each(F&& f) const {
      f(std::string_view("calls"), std::uint64_t{7});
    }
  };
  const Counters& counters() const noexcept { return counters_; }

 private:
  Counters counters_;
};

const NetworkConfig config{.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"};

template <class Stack>
std::vector<std::string> layers_that_count(const Stack& stack) {
  std::vector<std::string> layers;
  for_each_counter(stack, [&](std::string_view layer, std::string_view, std::uint64_t) {
    if (layers.empty() || layers.back() != layer) layers.emplace_back(layer);
  });
  return layers;
}

BOOST_AUTO_TEST_SUITE(adaptors)

BOOST_AUTO_TEST_CASE(a_stack_with_adaptors_everywhere_works_as_without) {
  using Plain = Proxy<STP<ILNP<MemoryUnderlay>>>;
  using Padded = Proxy<TransportAdaptor<STP<Network>>>;
  Plain plain(config);
  Padded padded(config);
  static_assert(std::is_same_v<decltype(network_layer(padded)), ILNP<Link>&>);
  static_assert(std::is_same_v<decltype(lowest_layer(padded)), MemoryUnderlay&>);
  static_assert(std::is_same_v<decltype(underlay_layer(padded)), Link&>);
  Random random(1);
  const auto run = [&](auto& stack) {
    Context cx(TimePoint{}, random);
    BOOST_TEST(!network_layer(stack).start(cx));
    BOOST_TEST(!stack.map(LocalPort(4000), {"alice", 4000}));
    int got = 0;
    const auto up = [&](LocalPort local, Bytes payload) { got += local.port == 4000 && payload.size() == 5; };
    BOOST_TEST(!stack.send(LocalPort(4000), as_bytes("hello"), cx));
    cx.set_now(cx.now() + std::chrono::seconds(1));
    stack.on_timer(cx, up);
    BOOST_TEST(got == 1);
    BOOST_TEST(lowest_layer(stack).sent.size() == 1u);  // it has announced itself
    return stack.max_payload();
  };
  BOOST_TEST(run(plain) == run(padded));
}

BOOST_AUTO_TEST_CASE(counters_of_the_layer_below_are_shown_but_not_twice) {
  Proxy<TransportAdaptor<STP<Network>>> padded(config);
  Proxy<STP<ILNP<MemoryUnderlay>>> plain(config);
  BOOST_TEST(layers_that_count(padded) == layers_that_count(plain), boost::test_tools::per_element());
  BOOST_TEST(&padded.next_layer().counters() == &padded.next_layer().next_layer().counters());
  STP<NetworkAdaptor<Counting<ILNP<MemoryUnderlay>>>> counting(config);
  const auto layers = layers_that_count(counting);
  BOOST_TEST(std::ranges::count(layers, "counting") == 1);
}

BOOST_AUTO_TEST_CASE(the_longest_payload_may_depend_on_the_node) {
  using Whole = Fragment<Tagging<STP<ILNP<MemoryUnderlay>>>>;
  Whole below(config);
  BOOST_TEST(below.frame_payload() == 1395u);
  BOOST_TEST(below.frame_payload(Nid(2)) == 1394u);
  BOOST_TEST(below.max_payload(Nid(2)) > 1396u);
  // What lies on a layer that takes datagrams apart takes its room from each frame too.
  Tagging<Fragment<STP<ILNP<MemoryUnderlay>>>> above(config);
  BOOST_TEST(frame_payload(above) == 1395u);
  BOOST_TEST(frame_payload(above, Nid(2)) == 1394u);
  // The transport refuses by the node, and so does what takes apart.
  Random random(1);
  Context cx(TimePoint{}, random);
  const std::vector<std::byte> payload(1396);
  BOOST_TEST(below.next_layer().next_layer().send(1, Nid(2), 1, payload, cx) == Errc::unknown_host);
  BOOST_TEST(below.send(1, Nid(2), 1, Bytes(payload).first(1394), cx) == Errc::unknown_host);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::adaptor_test
