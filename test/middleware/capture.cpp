#include "ilnp/middleware/capture.hpp"
#include "ilnp/base/stack.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "support/memory_underlay.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::capture_test {

struct Seen {
  CapturedFrame::Direction direction;
  TimePoint time;
  Locator interface;
  std::uint64_t sender;
  std::string head;
  std::string payload;
};

struct Recorder {
  std::vector<Seen>* seen;
  void operator()(const CapturedFrame& frame) const {
    seen->push_back({frame.direction, frame.time, frame.interface, frame.sender,
                     std::string(as_text(frame.head)), std::string(as_text(frame.payload))});
  }
};

using Tapped = Capture<test::MemoryUnderlay, Recorder>;
static_assert(Underlay<Tapped>);
static_assert(Underlay<Capture<Tapped, Recorder>>);  // one above another

struct Fixture {
  std::vector<Seen> seen;
  Tapped capture{Recorder{&seen}, std::size_t{100}};
  Random random{1};
  Context<> cx{TimePoint{} + std::chrono::seconds(5), random};

  Fixture() { BOOST_TEST(!capture.join(Locator(0xa))); }

  error_code send(Locator to, const std::string& header, const std::string& text) {
    Packet packet(capture.headroom(header.size()), as_bytes(text));
    std::ranges::copy(as_bytes(header), packet.prepend(header.size()).begin());
    return capture.send(to, packet, cx);
  }
};

BOOST_FIXTURE_TEST_SUITE(captures, Fixture)

BOOST_AUTO_TEST_CASE(what_goes_out_is_shown_and_goes_out) {
  BOOST_TEST(!send(Locator(0xa), "head", "payload"));
  BOOST_REQUIRE(seen.size() == 1u);
  BOOST_TEST(seen[0].direction == CapturedFrame::Direction::out);
  BOOST_TEST(seen[0].time == cx.now());
  BOOST_TEST(seen[0].interface == Locator(0xa));
  BOOST_TEST(seen[0].sender == 0u);
  BOOST_TEST(seen[0].head == "head");
  BOOST_TEST(seen[0].payload == "payload");
  BOOST_REQUIRE(capture.next_layer().sent.size() == 1u);
  BOOST_TEST(capture.next_layer().sent[0].octets == test::octets("headpayload"));
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_not_shown) {
  BOOST_TEST(send(Locator(0xb), "head", "payload") == Errc::not_joined);
  BOOST_TEST(send(Locator(0xa), "", std::string(101, 'x')) == Errc::message_too_long);
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(what_comes_in_is_shown_before_the_layer_above_sees_it) {
  auto frame = test::octets("frame");
  std::size_t shown_before = 0;
  std::string above;
  capture.feed({Locator(0xa), 77}, frame, cx, [&](FrameSource from, MutableBytes octets) {
    shown_before = seen.size();
    above = as_text(octets);
    BOOST_TEST(from.sender == 77u);
    BOOST_TEST(octets.data() == frame.data());  // not copied
  });
  BOOST_TEST(shown_before == 1u);
  BOOST_TEST(above == "frame");
  BOOST_TEST(seen[0].direction == CapturedFrame::Direction::in);
  BOOST_TEST(seen[0].sender == 77u);
  BOOST_TEST(seen[0].head.empty());
  BOOST_TEST(seen[0].payload == "frame");
}

BOOST_AUTO_TEST_CASE(what_the_underlay_drops_is_not_shown) {
  auto frame = test::octets("frame");
  capture.feed({Locator(0xb), 77}, frame, cx, [](FrameSource, MutableBytes) { BOOST_ERROR("not joined"); });
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(everything_else_is_handed_on) {
  capture.begin_batch();
  capture.end_batch(cx);
  BOOST_TEST(capture.next_layer().batches == 1);
  BOOST_TEST(capture.next_layer().flushes == 1);
  BOOST_TEST(capture.max_frame() == 100u);
  BOOST_TEST(capture.next_deadline() == never);
  capture.next_layer().deadline = TimePoint{};
  BOOST_TEST(capture.next_deadline() == TimePoint{});
  BOOST_TEST(!capture.on_timer(cx));
  capture.next_layer().link_back = true;
  BOOST_TEST(capture.on_timer(cx));
  BOOST_TEST(!capture.leave(Locator(0xa)));
  BOOST_TEST(capture.leave(Locator(0xa)) == Errc::not_joined);
  BOOST_TEST(&lowest_layer(capture) == &capture.next_layer());
  BOOST_TEST(capture.sink().seen == &seen);
}

BOOST_AUTO_TEST_CASE(a_sink_that_is_not_active_sees_nothing_and_all_passes) {
  struct Switch {
    const bool* on;
    int* seen;
    bool active() const noexcept { return *on; }
    void operator()(const CapturedFrame&) const { ++*seen; }
  };
  bool on = false;
  int shown = 0, fed = 0;
  Capture<test::MemoryUnderlay, Switch> switched{Switch{&on, &shown}, std::size_t{100}};
  BOOST_TEST(!switched.join(Locator(0xa)));
  for (const int expected : {0, 2}) {
    on = expected != 0;
    std::array<std::byte, 8> octets{};
    BOOST_TEST(!switched.send(Locator(0xa), Packet({}, octets), cx));
    switched.feed({Locator(0xa), 7}, octets, cx, [&](FrameSource, MutableBytes) { ++fed; });
    BOOST_TEST(shown == expected);
  }
  BOOST_TEST(fed == 2);
  BOOST_TEST(lowest_layer(switched).sent.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::capture_test
