#pragma once

#include <boost/test/unit_test.hpp>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/print.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

inline NetworkConfig at(std::uint64_t nid, std::vector<Locator> locators) {
  NetworkConfig config;
  config.nid = Nid(nid);
  config.host_name = "node " + std::to_string(nid);
  config.locators = {std::move(locators)};
  return config;
}

/// Passes all on to the layer below; what a broken layer does otherwise, it says itself.
template <class Next>
struct PassOn {
  template <class... Args>
  explicit PassOn(Args&&... args) : next_(std::forward<Args>(args)...) {}
  error_code join(Locator locator) { return next_.join(locator); }
  error_code leave(Locator locator) { return next_.leave(locator); }
  void begin_batch() { next_.begin_batch(); }
  MutableBytes headroom(std::size_t size) noexcept { return next_.headroom(size); }
  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx& cx) {
    return next_.send(locator, packet, cx);
  }
  template <class Cx, class Up>
  void on_receive(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.on_receive(from, frame, cx, up);
  }
  template <class Cx>
  bool on_timer(Cx& cx) {
    return next_.on_timer(cx);
  }
  template <class Cx>
  void flush(Cx& cx) {
    next_.flush(cx);
  }
  TimePoint next_deadline() const { return next_.next_deadline(); }
  std::size_t max_frame() const { return next_.max_frame(); }
  Next& next_layer() noexcept { return next_; }

 private:
  Next next_;
};

/// Runs `world`, and returns what a check said; nothing if all was well.
inline std::string said(sim::World& world, Duration duration) {
  try {
    world.run_for(duration);
  } catch (const sim::Violation& violation) {
    return violation.what();
  }
  return {};
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ilnp::test
