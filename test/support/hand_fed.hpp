#pragma once

#include <map>
#include <stdexcept>

#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/local_port.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/fragment.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/memory_underlay.hpp"
#include "support/node_config.hpp"
#include "support/octets.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

/// A packet as it stands on the wire.
inline Octets frame(Ilv source, Ilv destination, std::uint8_t next_header, Bytes payload,
                    std::uint8_t hop_limit = 3) {
  Octets out(wire::IlnpHeader::size);
  wire::IlnpHeaderRepr{static_cast<std::uint16_t>(payload.size()), next_header, hop_limit, source,
                       destination}
      .write_to(out);
  return joined(std::move(out), octets(payload));
}

/// A discovery message of the node `who`, heard where it was sent.
inline Octets discovery(Ilv who, std::string_view name, bool solicitation = false,
                        std::uint8_t hop_limit = 3) {
  const wire::DiscoveryRepr message{who.nid, who.locator, solicitation, name};
  Octets payload(message.size());
  message.write_to(payload);
  return frame(who, {all_nodes_locator, Nid{}}, 43, payload, hop_limit);
}

/// A locator update; without locators, an acknowledgement.
inline Octets locator_update(Ilv source, Ilv destination, const std::vector<Locator>& locators) {
  const wire::LocatorUpdateRepr message{locators};
  Octets payload(message.size());
  message.write_to(payload);
  return frame(source, destination, 44, payload);
}

inline Octets datagram(Ilv source, Ilv destination, std::uint16_t from, std::uint16_t to,
                       std::string_view text, std::uint8_t hop_limit = 3) {
  Octets payload(wire::StpHeader::size);
  wire::StpHeaderRepr{from, to}.write_to(payload);
  return frame(source, destination, 42, joined(std::move(payload), octets(text)), hop_limit);
}

/// Counts events by kind.
struct Events {
  std::map<Drop, int> dropped;
  int sent = 0, began = 0, ended = 0, undone = 0, updates = 0, acknowledged = 0, given_up = 0, moved = 0,
      conflicts = 0, namesakes = 0, conflicts_ended = 0, passed = 0, updates_undone = 0, silent = 0,
      heard = 0, left = 0, names_changed = 0, far_missing = 0, far_found = 0, long_dropped = 0;

  void operator()(const event::PacketSent&) { ++sent; }
  void operator()(const event::Dropped& e) { ++dropped[e.reason]; }
  void operator()(const event::HandoffBegan&) { ++began; }
  void operator()(const event::HandoffEnded&) { ++ended; }
  void operator()(const event::HandoffUndone&) { ++undone; }
  void operator()(const event::UpdateSent&) { ++updates; }
  void operator()(const event::UpdateAcknowledged&) { ++acknowledged; }
  void operator()(const event::UpdateGivenUp&) { ++given_up; }
  void operator()(const event::PeerMoved&) { ++moved; }
  void operator()(const event::NameConflict&) { ++conflicts; }
  void operator()(const event::DuplicateNid&) { ++namesakes; }
  void operator()(const event::NameConflictEnded&) { ++conflicts_ended; }
  void operator()(const event::NamePassed&) { ++passed; }
  void operator()(const event::UpdateUndone&) { ++updates_undone; }
  void operator()(const event::PeerSilent&) { ++silent; }
  void operator()(const event::PeerHeard&) { ++heard; }
  void operator()(const event::PeerLeft&) { ++left; }
  void operator()(const event::NamesChanged&) { ++names_changed; }
  void operator()(const event::FarEndMissing&) { ++far_missing; }
  void operator()(const event::FarEndFound&) { ++far_found; }
  template <class Event>
  void operator()(const Event&) {}  // others are not counted
  void operator()(const event::LongDatagramsDropped& e) { long_dropped += static_cast<int>(e.datagrams); }
};

/// An observer that passes events on to one that lives elsewhere.
struct Seeing {
  Events* events;
  template <class Event>
  void operator()(const Event& event) const {
    (*events)(event);
  }
};

/// Lets the time of a stack that a test feeds go on, and the stack do what is due.
template <class Stack, class Cx, class Up>
void advance(Stack& stack, Cx& cx, Duration length, Up up) {
  const TimePoint until = cx.now() + length;
  for (int calls = 0; stack.next_deadline() <= until; ++calls) {
    if (calls > 100'000) throw std::logic_error("the deadline does not move on");
    cx.set_now(std::max(cx.now(), stack.next_deadline()));
    stack.on_timer(cx, up);
    stack.end_batch(cx);
  }
  cx.set_now(until);
}

/// A stack on a memory underlay: the test feeds it frames and time, and reads what it sends and delivers. `takes_packets`: also
/// packets that no transport of the stack owns.
template <class Stack, bool takes_packets = NetworkLayer<Stack>>
class HandFed {
 public:
  template <class... Args>
  explicit HandFed(NetworkConfig config, Args&&... args)
      : stack(std::move(config), std::forward<Args>(args)...) {}

  /// Starts the network layer, and forgets what it has sent by that.
  void start() {
    if (network().start(cx)) throw std::logic_error("the node does not start");
    run(Duration{});
    take();
  }

  /// A frame of the neighbour `sender` comes in on `on`.
  void feed(Locator on, Octets octets, std::uint64_t sender) {
    stack.feed(FrameSource{on, sender}, MutableBytes(octets), cx, up());
    stack.end_batch(cx);
  }
  /// The same; the sender is told by the source of the packet.
  void feed(Locator on, Octets octets) {
    const std::uint64_t sender = octets.size() < 24 ? 0 : wire::load<std::uint64_t>(octets, 16);
    feed(on, std::move(octets), sender);
  }

  /// Lets the time go on, and the node do what is due.
  void run(Duration length) { advance(stack, cx, length, up()); }

  /// What was sent since the last call.
  std::vector<MemoryUnderlay::Sent> take() { return std::exchange(underlay().sent, {}); }
  /// The same, only packets with this next header.
  std::vector<MemoryUnderlay::Sent> take(std::uint8_t next_header) {
    auto sent = take();
    std::erase_if(sent,
                  [&](const auto& each) { return wire::load<std::uint8_t>(each.octets, 6) != next_header; });
    return sent;
  }
  std::vector<std::string> take_delivered() { return std::exchange(delivered, {}); }

  auto& network() { return network_layer(stack); }
  auto& underlay() { return lowest_layer(stack); }
  const NetworkCounters& counters() { return network().counters(); }
  std::uint64_t drops(Drop reason) { return counters().of(reason); }
  std::uint64_t all_drops() {
    std::uint64_t sum = 0;
    for (const auto each : counters().dropped) sum += each;
    return sum;
  }

  auto up() {
    return [this]<class Source>(const Source& source,
                                Bytes bytes) requires(takes_packets || !std::same_as<Source, NetworkSource>) {
      delivered.emplace_back(as_text(bytes));
      if constexpr (requires { source.next_header; }) {
        packet = source;
      } else if constexpr (requires { source.destination_port; }) {
        from = source;
      } else {
        local_port = source;
      }
    };
  }

  Random random{1};
  Events events;
  Context<Seeing> cx{TimePoint{} + 1h, random, Seeing{&events}};
  Stack stack;
  std::vector<std::string> delivered;
  std::optional<NetworkSource> packet;  ///< of the last packet that a network layer gave
  std::optional<DatagramSource> from;   ///< of the last datagram that a transport gave
  LocalPort local_port;                 ///< of the last datagram that a proxy gave
};

}  // namespace ilnp::test
