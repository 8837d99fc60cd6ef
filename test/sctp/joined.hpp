#pragma once

#include <boost/test/unit_test.hpp>
#include <optional>
#include <vector>

#include "ilnp/sctp/endpoint.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

/// Two endpoints with nothing between them: packets and the time go where the test moves them.
class Joined {
 public:
  static constexpr std::uint16_t transport_port = 9899;
  static constexpr std::size_t mtu = 1396;

  explicit Joined(const SctpConfig& config = {}) : alice(config, mtu), bob(config, mtu) {}

  /// Carries what both have sent, and what that makes them send; how many packets that was.
  std::size_t carry() {
    std::size_t packets = 0;
    for (bool more = true; more;) {
      more = false;
      for (auto [from, to, nid] : {std::tuple(&alice, &bob, Nid(1)), std::tuple(&bob, &alice, Nid(2))}) {
        std::vector<Octets> sent;
        from->output().take([&](const SctpOutput::Packet& packet) { sent.push_back(octets(packet.octets)); });
        from->output().end_batch();
        for (const Octets& each : sent) to->input(nid, transport_port, nid.value(), each, cx);
        packets += sent.size();
        more = more || !sent.empty();
      }
      BOOST_TEST_REQUIRE(packets < 100'000u);
    }
    return packets;
  }
  void run_for(Duration length) {
    const TimePoint until = cx.now() + length;
    carry();
    while (true) {
      const TimePoint next = std::min(alice.next_deadline(), bob.next_deadline());
      if (next > until) break;
      cx.set_now(std::max(next, cx.now() + 1ms));
      alice.on_timer(cx.now());
      bob.on_timer(cx.now());
      carry();
      // Events wait to be told: the test takes them when it likes.
      for (auto* each : {&alice, &bob})
        while (const auto event = each->next_event()) (each == &alice ? alices : bobs).push_back(*event);
    }
    cx.set_now(until);
  }

  StreamId connect(std::uint16_t port) {
    const auto id = alice.connect(Nid(2), transport_port, port, cx);
    BOOST_TEST_REQUIRE(id.has_value());
    return *id;
  }
  /// The events of one kind that there were; the others stay.
  static std::vector<StreamEvent> take(std::vector<StreamEvent>& events, StreamEvent::Kind kind) {
    std::vector<StreamEvent> found;
    std::erase_if(events, [&](const StreamEvent& event) {
      if (event.kind != kind) return false;
      found.push_back(event);
      return true;
    });
    return found;
  }
  /// Alice's name and bob's for a new stream.
  std::pair<StreamId, StreamId> stream(std::uint16_t port) {
    const StreamId here = connect(port);
    run_for(10ms);
    const auto accepted = take(bobs, StreamEvent::Kind::accepted);
    BOOST_TEST_REQUIRE(accepted.size() == 1u);
    BOOST_TEST_REQUIRE(take(alices, StreamEvent::Kind::connected).size() == 1u);
    return {here, accepted.front().stream};
  }

  static std::string read(SctpEndpoint& from, StreamId id, TimePoint now, std::size_t most = 1000) {
    std::string text(most, '\0');
    const auto size = from.read(id, std::as_writable_bytes(std::span(text)), now);
    text.resize(size ? *size : 0);
    return text;
  }

  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  SctpEndpoint alice, bob;
  std::vector<StreamEvent> alices, bobs;
};

}  // namespace ilnp::test
