// The checks and captures work for stacks with another wire format.
#include "checked.hpp"
#include "ilnp/middleware/pcap.hpp"
#include "support/locators.hpp"
#include "support/nonce_format.hpp"
#include "support/octet_sink.hpp"
#include "support/pcap.hpp"

namespace ilnp::test::other_formats_test {

constexpr std::uint16_t port = 7;

using Captured = Capture<sim::SimUnderlay, PcapWriter<OctetSink>>;

/// Raises the hop limit of what arrives, which is the first octet in both formats.
struct Raising : UnderlayAdaptor<sim::SimUnderlay> {
  using UnderlayAdaptor::UnderlayAdaptor;
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    ++reinterpret_cast<unsigned char&>(frame[0]);
    UnderlayAdaptor::feed(from, frame, cx, up);
  }
};

template <class Format, Underlay Next>
struct Twice : STP<ILNP<Next, Format>> {
  using STP<ILNP<Next, Format>>::STP;
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    STP<ILNP<Next, Format>>::feed(from, frame, cx, [&](const DatagramSource& source, MutableBytes payload) {
      up(source, payload);
      up(source, payload);
    });
  }
};

/// Alice in a, whose frames are captured, sends to bob in b through a router.
template <class Format, class Bob, class Router>
struct Scene {
  explicit Scene(std::vector<std::byte>& file)
      : alice(world, "alice", at(1, {a}), PcapWriter(OctetSink{&file})), bob(world, "bob", at(2, {b})) {
    nodes.watch(alice), nodes.watch(bob), nodes.watch(router);
    world.tap([this](const sim::SentFrame& frame) { sent += frame.host == alice.id(); });
    bob.on_receive(
        [this](const DatagramSource& source, Bytes payload) { check.delivered(Nid(2), source, payload); });
    bob.with([](auto& stack, auto&) { BOOST_TEST(!stack.bind(port)); });
    alice.start(), bob.start(), router.start();
  }
  /// What the checks say.
  std::string run() {
    if (std::string text = said(world, 1s); !text.empty()) return text;
    for (const std::string_view text : {"one", "two", "three", "four", "five"}) {
      BOOST_TEST(!alice.with(
          [&](auto& stack, auto& cx) { return stack.send(port, Nid(2), port, as_bytes(text), cx); }));
      check.sent({Nid(1), port, Nid(2), port}, as_bytes(text));
    }
    return said(world, 1s);
  }

  sim::World world{1};
  sim::BasicDeliveryCheck<Format> check{world};
  sim::BasicHopLimitCheck<Format> hops{world};
  sim::NodeCheck nodes{world};
  sim::SimNode<STP<ILNP<Captured, Format>>> alice;
  sim::SimNode<Bob> bob;
  sim::SimNode<Router> router{world, "router", at(3, {a, b})};
  std::size_t sent = 0;
};

template <class Format>
void check() {
  using Sound = ILNP<sim::SimUnderlay, Format>;
  std::vector<std::byte> file;
  Scene<Format, STP<Sound>, Sound> sound(file);
  BOOST_TEST(sound.run() == "");
  BOOST_TEST(sound.check.delivered_count() == 5U);

  const auto frames = parse_pcap(file);
  std::size_t sent = 0, datagrams = 0;
  for (const auto& frame : frames) {
    const auto udp = udp_datagram(frame.octets);
    const auto header = Format::Header::parse(udp->payload);
    BOOST_TEST_REQUIRE(!!header);
    sent += header->source().nid == Nid(1);
    datagrams += header->next_header() == 42;
  }
  BOOST_TEST(sent == sound.sent);
  BOOST_TEST(frames.size() > sent);
  BOOST_TEST(datagrams == 5U);

  BOOST_TEST(contains(Scene<Format, Twice<Format, sim::SimUnderlay>, Sound>(file).run(),
                      "delivered 2 times, sent 1"));
  BOOST_TEST(contains(Scene<Format, STP<Sound>, ILNP<Raising, Format>>(file).run(), "router put on"));
}

BOOST_AUTO_TEST_SUITE(sim_other_formats)

BOOST_AUTO_TEST_CASE(a_format_with_a_header_of_another_size) { check<Small>(); }
BOOST_AUTO_TEST_CASE(a_format_whose_headers_differ_in_size) { check<Nonced>(); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::other_formats_test
