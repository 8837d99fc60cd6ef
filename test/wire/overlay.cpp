#include "ilnp/wire/overlay.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/base/random.hpp"
#include "support/bpf.hpp"
#include "support/octets.hpp"
#include "support/seed.hpp"

namespace ilnp::test::wire_overlay_test {

using wire::Overlay;

static_assert(Overlay::class_of(Bytes()) == FrameClass::data);
static_assert(Overlay::is_control(wire::NextHeader::discovery) &&
              !Overlay::is_control(wire::NextHeader::stp));
static_assert(Overlay::classifier.bpf(8, 0, 1).instructions().size() == 8);

BOOST_AUTO_TEST_SUITE(wire_overlay)

BOOST_AUTO_TEST_CASE(discovery_updates_and_handshakes_are_control_frames) {
  ClassifierCheck check(Overlay::classifier);
  for (unsigned next_header = 0; next_header < 256; ++next_header) {
    Octets frame(40);
    frame[6] = static_cast<std::byte>(next_header);
    const bool control = next_header == 43 || next_header == 44 || next_header == 46;
    BOOST_TEST_INFO("next header " << next_header);
    BOOST_TEST((check.agreed(frame) == (control ? FrameClass::control : FrameClass::data)));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_too_short_to_tell_is_data) {
  ClassifierCheck check(Overlay::classifier);
  for (std::size_t size = 0; size < 10; ++size) {
    const Octets frame(size, std::byte{43});
    BOOST_TEST_INFO("size " << size);
    BOOST_TEST((check.agreed(frame) == (size > 6 ? FrameClass::control : FrameClass::data)));
  }
}

BOOST_AUTO_TEST_CASE(the_function_and_the_filter_agree_on_random_frames) {
  ClassifierCheck check(Overlay::classifier);
  Random random(seed("frame classes"));
  unsigned control = 0;
  for (int i = 0; i < 20000; ++i) {
    Octets frame(random() % 64);
    for (std::byte& each : frame) each = static_cast<std::byte>(random());
    if (frame.size() > 6 && random() % 2) frame[6] = static_cast<std::byte>(40 + random() % 10);
    const auto agreed = check.agreed(frame);
    if (!agreed) BOOST_TEST_INFO("frame " << hex(frame));
    BOOST_TEST_REQUIRE(agreed.has_value());
    control += *agreed == FrameClass::control;
  }
  BOOST_TEST(control > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::wire_overlay_test
