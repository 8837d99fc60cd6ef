#include "ilnp/sim/hop_limit_check.hpp"

#include "checked.hpp"
#include "support/locators.hpp"

namespace ilnp::test::hop_limit_check_test {

/// Raises the hop limit of what arrives, so that a node that forwards it has not lowered it.
struct Raising : UnderlayAdaptor<sim::SimUnderlay> {
  using UnderlayAdaptor::UnderlayAdaptor;
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    ++reinterpret_cast<unsigned char&>(frame[7]);
    UnderlayAdaptor::feed(from, frame, cx, up);
  }
};

/// Forwards by hand.
struct Porter {
  struct Deaf : sim::SimUnderlay {
    using sim::SimUnderlay::SimUnderlay;
    template <class Cx, class Up>
    void feed(FrameSource, MutableBytes, Cx&, Up&&) {}
    template <class Cx, class Up>
    void on_timer(Cx&, Up&&) {}
  };
  Porter(sim::World& world, std::string name) : node(world, std::move(name)) {
    for (const Locator locator : {a, b}) BOOST_TEST(!node.underlay().join(locator));
  }
  std::string put(Locator on, std::uint8_t hop_limit, std::string_view text = "text") {
    std::vector<std::byte> frame(wire::IlnpHeader::size);
    wire::IlnpHeaderRepr{static_cast<std::uint16_t>(text.size()), 42, hop_limit, {a, Nid(1)}, {b, Nid(2)}}
        .write_to(frame);
    frame.insert(frame.end(), as_bytes(text).begin(), as_bytes(text).end());
    node.with([&](auto& stack, auto& cx) { BOOST_TEST(!stack.send(on, Packet({}, frame), cx)); });
    return said(node.world(), 1ms);
  }
  sim::SimNode<Deaf> node;
};

template <class Network>
std::string forwarded_by() {
  sim::World world(1);
  sim::HopLimitCheck check(world);
  sim::SimNode<ILNP<sim::SimUnderlay>> alice(world, "alice", at(1, {a})), bob(world, "bob", at(2, {b}));
  sim::SimNode<Network> router(world, "router", at(3, {a, b}));
  alice.start(), bob.start(), router.start();
  return said(world, 100s);
}

BOOST_AUTO_TEST_SUITE(sim_hop_limit_check)

BOOST_AUTO_TEST_CASE(a_router_that_does_not_lower_the_hop_limit_is_caught) {
  BOOST_TEST(forwarded_by<ILNP<sim::SimUnderlay>>() == "");
  BOOST_TEST(
      contains(forwarded_by<ILNP<Raising>>(), "router put on 0:0:0:b with hop limit 3 what was not there"));
}

BOOST_AUTO_TEST_CASE(each_step_is_checked) {
  sim::World world(1);
  sim::HopLimitCheck check(world, 1s);
  Porter alice(world, "alice"), first(world, "first"), second(world, "second");
  BOOST_TEST(alice.put(a, 3) == "");
  BOOST_TEST(first.put(b, 2) == "");
  BOOST_TEST(first.put(b, 2) == "");                           // heard twice
  BOOST_TEST(second.put(a, 1) == "");                          // around a loop
  BOOST_TEST(contains(second.put(b, 1), "with hop limit 1"));  // back
  BOOST_TEST(contains(second.put(b, 3), "with hop limit 3"));  // higher
  BOOST_TEST(alice.put(a, 3, "other") == "");
  BOOST_TEST(contains(first.put(b, 1, "other"), "with hop limit 1"));  // two at once
  check.may_reflect(second.node.id());
  BOOST_TEST(second.put(b, 1) == "");
  world.run_for(5s);
  BOOST_TEST(first.put(b, 2) == "");  // remembered no longer, so it is new
}

BOOST_AUTO_TEST_CASE(malformed_frames_are_caught) {
  sim::World world(1);
  sim::HopLimitCheck check(world);
  Porter porter(world, "porter");
  const auto text = as_bytes("text");
  porter.node.with([&](auto& stack, auto& cx) { BOOST_TEST(!stack.send(a, Packet({}, text), cx)); });
  BOOST_TEST(contains(said(world, 1s), "malformed"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::hop_limit_check_test
