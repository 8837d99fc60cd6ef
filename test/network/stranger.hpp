#pragma once

#include "overlay.hpp"

namespace ilnp::test {

/// A frame that a test writes itself, put on a network by a host that is no overlay node.
struct Stranger {
  Stranger(sim::World& in, std::vector<Locator> locators) : node(in, "stranger") {
    node.with([&](auto& stack, auto&) {
      for (const Locator locator : locators) BOOST_TEST(!stack.join(locator));
    });
  }

  static std::vector<std::byte> frame(Ilv source, Ilv destination, std::uint8_t hop_limit,
                                      std::uint8_t next_header, Bytes payload) {
    std::vector<std::byte> bytes(wire::IlnpHeader::size + payload.size());
    wire::IlnpHeaderRepr{static_cast<std::uint16_t>(payload.size()), next_header, hop_limit, source,
                         destination}
        .write_to(bytes);
    std::ranges::copy(payload, bytes.begin() + static_cast<std::ptrdiff_t>(wire::IlnpHeader::size));
    return bytes;
  }
  void put(Locator on, Bytes bytes) {
    node.with([&](auto& stack, auto& cx) { BOOST_TEST(!stack.send(on, Packet({}, bytes), cx)); });
  }

  /// The least stack: an underlay that ignores what it hears.
  struct Deaf : sim::SimUnderlay {
    using sim::SimUnderlay::SimUnderlay;
    template <class Cx, class Up>
    void feed(FrameSource, MutableBytes, Cx&, Up&&) {}
    template <class Cx, class Up>
    void on_timer(Cx& cx, Up&&) {
      sim::SimUnderlay::on_timer(cx);
    }
  };
  sim::SimNode<Deaf> node;
};

inline std::vector<std::byte> datagram(std::string_view text) {
  std::vector<std::byte> bytes(wire::StpHeader::size + text.size());
  wire::StpHeaderRepr{port, port}.write_to(bytes);
  std::ranges::copy(as_bytes(text), bytes.begin() + static_cast<std::ptrdiff_t>(wire::StpHeader::size));
  return bytes;
}

}  // namespace ilnp::test
