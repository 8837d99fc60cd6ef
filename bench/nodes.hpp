#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "by_hand.hpp"
#include "harness.hpp"
#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"

/// Nodes that are measured, and what comes to them: those of the toolkit and those written by hand, over the same memory.
namespace bench {

using namespace ilnp;

/// An underlay in memory, with the queue that the hand-written node has: frames wait by reference until the flush.
class MemoryUnderlay {
 public:
  error_code join(Locator) noexcept { return {}; }
  error_code leave(Locator) noexcept { return {}; }
  void begin_batch() noexcept {}
  [[gnu::always_inline]] inline MutableBytes headroom(std::size_t size) noexcept {
    if (size > sizeof queue.entries[0].head) return {elsewhere.data(), size};
    return {reinterpret_cast<std::byte*>(queue.entries[queue.count].head), size};
  }
  template <class Cx>
  [[gnu::always_inline]] inline error_code send(Locator locator, const Packet& packet, Cx&) noexcept {
    if (queue.count == queue.capacity) return Errc::queue_full;
    if (packet.head().size() > sizeof queue.entries[0].head) return {};  // discovery, at the start
    auto& entry = queue.entries[queue.count++];
    entry.locator = locator.value();
    entry.head_size = packet.head().size();
    entry.payload = reinterpret_cast<const unsigned char*>(packet.payload().data());
    entry.size = packet.payload().size();
    return {};
  }
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    up(from, frame);
  }
  template <class Cx>
  bool on_timer(Cx&) noexcept {
    return false;
  }
  TimePoint next_deadline() const noexcept { return never; }
  template <class Cx>
  void end_batch(Cx&) noexcept {
    queue.count = 0;
  }
  std::size_t max_frame() const noexcept { return 1440; }

  baseline::Queue queue;
  std::array<std::byte, Packet::max_headroom> elsewhere;  // for discovery, at the start
};

constexpr std::uint64_t self = 0xa11ce;
constexpr std::uint64_t peer = 0xb0b;
constexpr std::uint64_t first_network = 0xa;
constexpr std::uint64_t second_network = 0xd;
constexpr std::uint16_t port = 4000;
/// From batch to batch the time goes on by this much.
constexpr std::int64_t tick = 1000;

/// What kind of node, and what comes to it.
struct Load {
  std::size_t batch;    ///< packets
  std::size_t payload;  ///< octets
  std::size_t flows;    ///< they take turns, packet by packet
  bool both_networks;   ///< joined; else only the first
  std::uint64_t to;     ///< destination identifier
  std::uint64_t at;     ///< destination locator
};

/// Frames of a batch, in one buffer, as a receiver has them. All are the same to both sides.
struct Frames {
  explicit Frames(const Load& load) : size(44 + load.payload), octets(load.batch * size) {
    for (std::size_t i = 0; i < load.batch; ++i) {
      const std::uint64_t flow = i % load.flows;
      unsigned char* frame = at(i);
      baseline::store16(frame + 4, static_cast<std::uint16_t>(size - 40));
      frame[6] = 42;
      baseline::store64(frame + 8, 0x100 + flow);
      baseline::store64(frame + 16, peer + flow);
      baseline::store64(frame + 24, load.at);
      baseline::store64(frame + 32, load.to);
      baseline::store16(frame + 40, port);
      baseline::store16(frame + 42, port);
      frame[44] = static_cast<unsigned char>(i);
      baseline::store64(frame + size - 8, i);
    }
  }
  unsigned char* at(std::size_t i) { return octets.data() + i * size; }

  std::size_t size;
  std::vector<unsigned char> octets;
};

/// The places of those who send, and the names of the hosts that are known.
std::string host_name(std::uint64_t number) { return "host-" + std::to_string(number); }

/// A node of the toolkit, started, that has heard of `hosts` others on the first network.
template <class Stack>
struct Ours {
  template <class... Upper>
  Ours(bool both_networks, std::uint64_t hosts, Upper... upper) : stack(upper..., config(both_networks)) {
    static_cast<void>(network_layer(stack).start(cx));
    for (std::uint64_t i = 0; i < hosts; ++i) {
      const std::string name = host_name(i);
      const wire::DiscoveryRepr message{Nid(peer + i), Locator(0x100 + i), false, name};
      std::vector<std::byte> frame(wire::IlnpHeader::size + message.size());
      const Ilv source{Locator(0x100 + i), Nid(peer + i)};
      wire::IlnpHeaderRepr{
          static_cast<std::uint16_t>(message.size()), 43, 0, source, {all_nodes_locator, Nid{}}}
          .write_to(frame);
      message.write_to(MutableBytes(frame).subspan(wire::IlnpHeader::size));
      stack.feed({Locator(first_network), 7}, frame, cx, [](auto&&...) {});
    }
    stack.end_batch(cx);
  }
  static NetworkConfig config(bool both_networks) {
    NetworkConfig config;
    config.nid = Nid(self);
    config.host_name = "self";
    config.locators = {{Locator(first_network)}};
    if (both_networks) config.locators.front().emplace_back(second_network);
    config.move_time = std::chrono::hours(10000);
    return config;
  }
  void begin() {
    cx.set_now(cx.now() + Duration(tick));
    lowest_layer(stack).begin_batch();
  }
  void end() {
    bench::keep(lowest_layer(stack).queue.count);
    stack.end_batch(cx);
  }

  Random random{1};
  Context<> cx{TimePoint{} + std::chrono::hours(1), random};
  Stack stack;
};

struct ByHand {
  ByHand(bool both_networks, std::uint64_t hosts)
      : node(self, both_networks ? std::vector{first_network, second_network} : std::vector{first_network}) {
    for (std::uint64_t i = 0; i < hosts; ++i)
      node.learn_host(peer + i, host_name(i), 0x100 + i, first_network, now);
  }
  void begin() { now += tick; }
  void end() {
    bench::keep(node.queue.count);
    node.queue.count = 0;
  }

  baseline::Time now = 3600 * baseline::second;
  baseline::Node node;
};

/// A sum over what was delivered, so that nothing of it can be left out.
struct Sum {
  void operator()(std::uint64_t nid, std::uint16_t from, std::uint16_t to, const void* payload,
                  std::size_t size) {
    value += nid + from + to + size + reinterpret_cast<std::uintptr_t>(payload);
  }
  std::uint64_t value = 0;
};

}  // namespace bench
