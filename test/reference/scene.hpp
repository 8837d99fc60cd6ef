#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ilnp/sim.hpp"
#include "node.hpp"
#include "support/node_config.hpp"
#include "support/octets.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

inline constexpr Locator net_a{0xa}, net_b{0xb}, net_c{0xc};
inline constexpr Nid nid_alice{0xffff'0000'0000'000a}, nid_bob{0xffff'0000'0000'000b},
    nid_router{0xffff'0000'0000'000d};

using Reference = sim::SimNode<ReferenceNode<sim::SimUnderlay>>;

inline NetworkConfig config(std::string name, Nid nid, std::vector<std::vector<Locator>> locators) {
  return node_config(nid.value(), std::move(name), std::move(locators));
}

/// A simulated node of any transport stack that keeps what arrives at one port, and can send.
template <class Stack>
class Station : public sim::SimNode<Stack> {
 public:
  static constexpr std::uint16_t port = 10002;

  struct Arrival {
    TimePoint time;
    std::string text;
    NetworkSource network;
  };

  Station(sim::World& in, const NetworkConfig& config) : sim::SimNode<Stack>(in, config.host_name, config) {
    this->on_receive([this](const DatagramSource& source, Bytes bytes) {
      arrivals.push_back({this->world().now(), std::string(as_text(bytes)), source.network});
    });
  }

  /// Binds the port, and starts.
  void begin() {
    this->with([](auto& stack, auto&) { static_cast<void>(stack.bind(port)); });
    this->start();
  }

  error_code say(std::string_view host, std::string_view text) {
    return this->with([&](auto& stack, auto& cx) -> error_code {
      const auto nid = stack.resolve(host, cx);
      if (!nid) return nid.error();
      return stack.send(port, *nid, port, as_bytes(text), cx);
    });
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const auto& each : arrivals) all.push_back(each.text);
    return all;
  }

  std::vector<Arrival> arrivals;
};

using ReferenceStation = Station<ReferenceNode<sim::SimUnderlay>>;

/// Every frame put on any network, as a line of text: who, where, octets in hex.
class Log {
 public:
  explicit Log(sim::World& world) {
    world.tap([this, &world](const sim::SentFrame& frame) {
      lines.push_back(world.host(frame.host)->name() + " on " + to_string(frame.network) + ": " +
                      hex(frame.bytes));
    });
  }
  std::vector<std::string> lines;
};

}  // namespace ilnp::test
