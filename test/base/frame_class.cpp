#include "ilnp/base/frame_class.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/base/adaptor.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "ilnp/wire/overlay.hpp"
#include "support/memory_underlay.hpp"
#include "support/octets.hpp"

namespace ilnp::test::frame_class_test {

/// Control frames are those whose third octet is 9.
constexpr FrameClassifier third{3,
                                [](Bytes start) noexcept {
                                  return start.size() == 3 && start[2] == std::byte{9} ? FrameClass::control
                                                                                       : FrameClass::data;
                                },
                                all_data.bpf};

struct Link : MemoryUnderlay {
  void classify(const FrameClassifier& given) { classifier = given; }
  FrameClassifier classifier = all_data;
};
static_assert(ClassifyingUnderlay<Link> && ClassifyingUnderlay<UnderlayAdaptor<Link>>);
static_assert(!ClassifyingUnderlay<MemoryUnderlay> && !ClassifyingUnderlay<UnderlayAdaptor<MemoryUnderlay>>);
static_assert(ClassifyingUnderlay<McastUdp>);

BOOST_AUTO_TEST_SUITE(frame_class)

BOOST_AUTO_TEST_CASE(is_told_from_the_front_however_a_packet_is_divided) {
  Octets frame = hex("000009ffff");
  for (const bool control : {true, false}) {
    for (std::size_t size = 0; size <= frame.size(); ++size) {
      for (std::size_t head = 0; head <= size; ++head) {
        const MutableBytes whole = MutableBytes(frame).first(size);
        Packet packet(whole.first(head), whole.subspan(head));
        packet.prepend(head);
        const bool expected = control && size >= 3;
        BOOST_TEST((class_of(packet, third) == FrameClass::control) == expected);
        BOOST_TEST((class_of(packet, all_data) == FrameClass::data));
      }
    }
    frame[2] = std::byte{8};
  }
}

BOOST_AUTO_TEST_CASE(comes_from_the_network_layer_through_all_layers_between) {
  ILNP<UnderlayAdaptor<UnderlayAdaptor<Link>>> node(
      NetworkConfig{.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"});
  const Link& link = node.next_layer().next_layer().next_layer();
  BOOST_TEST(link.classifier.octets == wire::Overlay::classifier.octets);
  BOOST_TEST((link.classifier.of == wire::Overlay::classifier.of));
  BOOST_TEST((link.classifier.bpf == wire::Overlay::classifier.bpf));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::frame_class_test
