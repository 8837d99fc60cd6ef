#include "ilnp/sim/delivery_check.hpp"

#include "checked.hpp"
#include "support/locators.hpp"

namespace ilnp::test::delivery_check_test {

constexpr std::uint16_t port = 7;

using Sound = STP<ILNP<sim::SimUnderlay>>;

/// Accepts each datagram that it hears as its own.
struct Greedy : UnderlayAdaptor<sim::SimUnderlay> {
  using UnderlayAdaptor::UnderlayAdaptor;
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    if (frame[6] == std::byte{42}) wire::store(frame, 32, std::uint64_t{2});
    UnderlayAdaptor::feed(from, frame, cx, up);
  }
};

/// Delivers datagrams changed.
template <int defect>
struct Broken : Sound {
  using Sound::Sound;
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    Sound::feed(from, frame, cx, [&](DatagramSource source, MutableBytes payload) {
      if (defect == 1) up(source, payload);
      if (defect == 2) ++source.destination_port;
      up(source, defect == 3 ? payload.first(payload.size() - 1) : payload);
    });
  }
};

/// Node 1, which is correct, sends to node 3; nodes 2 and 3 are of the given kinds.
template <class Second, class Third>
struct Scene {
  explicit Scene(Duration memory = 60s) : check(world, memory) {
    prepare(first), prepare(second), prepare(third);
    BOOST_TEST_REQUIRE(said(world, 3s) == "");
  }

  template <class Node>
  void prepare(Node& node) {
    node.on_receive([this, &node](const DatagramSource& source, Bytes payload) {
      check.delivered(network_layer(node.stack()).local_nid(), source, payload);
    });
    node.with([](auto& stack, auto&) { BOOST_TEST(!stack.bind(port)); });
    node.start();
  }

  std::string send(std::string_view text, bool tell = true) {
    BOOST_TEST(!first.with(
        [&](auto& stack, auto& cx) { return stack.send(port, Nid(3), port, as_bytes(text), cx); }));
    if (tell) check.sent({Nid(1), port, Nid(3), port}, as_bytes(text));
    return said(world, 1s);
  }

  sim::World world{1};
  sim::DeliveryCheck check;
  sim::SimNode<Sound> first{world, "first", at(1, {a})};
  sim::SimNode<Second> second{world, "second", at(2, {a})};
  sim::SimNode<Third> third{world, "third", at(3, {a})};
};

BOOST_AUTO_TEST_SUITE(sim_delivery_check)

BOOST_AUTO_TEST_CASE(correct_nodes_pass) {
  Scene<Sound, Sound> scene(2s);
  for (int i = 0; i < 20; ++i) BOOST_TEST(scene.send("equal") == "");
  scene.world.network(a).conditions.duplication = 1;
  BOOST_TEST(scene.send("twice") == "");
  BOOST_TEST(scene.check.sent_count() == 21U);
  BOOST_TEST(scene.check.delivered_count() == 22U);
  BOOST_TEST(scene.check.deliveries({Nid(1), port, Nid(3), port}, as_bytes("twice")) == 2U);
}

BOOST_AUTO_TEST_CASE(delivering_twice_is_caught) {
  Scene<Sound, Broken<1>> scene;
  BOOST_TEST(contains(scene.send("text"), "delivered 2 times, sent 1"));
}

BOOST_AUTO_TEST_CASE(delivering_to_another_port_is_caught) {
  Scene<Sound, Broken<2>> scene;
  BOOST_TEST(contains(scene.send("text"), "port 8; such a one was sent"));
}

BOOST_AUTO_TEST_CASE(delivering_something_else_is_caught) {
  Scene<Sound, Broken<3>> scene;
  BOOST_TEST(contains(scene.send("text"), "nothing like it was sent"));
}

BOOST_AUTO_TEST_CASE(accepting_datagrams_for_others_is_caught) {
  Scene<STP<ILNP<Greedy>>, Sound> scene;
  BOOST_TEST(contains(scene.send("text"), "0:0:0:2 got from 0:0:0:1 what was not sent to it"));
}

BOOST_AUTO_TEST_CASE(a_host_that_may_repeat_excuses_repetitions) {
  Scene<Sound, Sound> scene;
  scene.send("text");
  const auto frame = [&] {
    std::vector<std::byte> octets(wire::IlnpHeader::size);
    wire::IlnpHeaderRepr{8, 42, 2, {a, Nid(1)}, {a, Nid(3)}}.write_to(octets);
    octets.insert(octets.end(), {std::byte{0}, std::byte{7}, std::byte{0}, std::byte{7}});
    octets.insert(octets.end(), as_bytes("text").begin(), as_bytes("text").end());
    return octets;
  }();
  scene.check.may_repeat(scene.second.id());
  const auto repeat = [&] {
    scene.second.with(
        [&](auto& stack, auto& cx) { BOOST_TEST(!lowest_layer(stack).send(a, Packet({}, frame), cx)); });
    return said(scene.world, 1s);
  };
  BOOST_TEST(contains(repeat(), "delivered 2 times, sent 1, copied on the way 0"));
  BOOST_TEST(contains(repeat(), "delivered 3 times, sent 1, copied on the way 1"));
  scene.check.sent({Nid(1), port, Nid(3), port}, as_bytes("text"));
  BOOST_TEST(contains(repeat(), "delivered 3 times, sent 2, copied on the way 0"));
}

BOOST_AUTO_TEST_CASE(datagrams_that_nobody_sent_are_caught) {
  Scene<Sound, Sound> scene;
  BOOST_TEST(contains(scene.send("text", false), "nothing like it was sent"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::delivery_check_test
