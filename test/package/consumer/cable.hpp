#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <ilnp/base/layer.hpp>
#include <utility>
#include <vector>

/// A cable with two ends, in memory. What one end sends waits until the other fetches it.
class Cable {
 public:
  struct Frame {
    ilnp::Locator locator;
    std::vector<std::byte> octets;
  };
  using Frames = std::deque<Frame>;

  /// Keeps references to both queues: it sends into `out` and receives from `in`.
  Cable(Frames& out, Frames& in) : out_(out), in_(in) {}

  ilnp::error_code join(ilnp::Locator locator) { return joined_.push_back(locator), ilnp::error_code(); }
  ilnp::error_code leave(ilnp::Locator locator) { return std::erase(joined_, locator), ilnp::error_code(); }

  ilnp::MutableBytes headroom(std::size_t size) { return ilnp::MutableBytes(room_).first(size); }

  template <class Cx>
  ilnp::error_code send(ilnp::Locator locator, const ilnp::Packet& packet, Cx&) {
    Frame& frame = out_.emplace_back(Frame{locator, {}});
    frame.octets.assign(packet.head().begin(), packet.head().end());
    frame.octets.insert(frame.octets.end(), packet.payload().begin(), packet.payload().end());
    return {};
  }

  template <class Cx, class Up>
  void feed(ilnp::FrameSource from, ilnp::MutableBytes frame, Cx&, Up&& up) {
    if (std::ranges::find(joined_, from.interface) != joined_.end()) up(from, frame);
  }

  // The cable sends at once: it queues nothing until a batch ends, and has nothing to do later.
  void begin_batch() {}
  template <class Cx>
  void end_batch(Cx&) {}
  template <class Cx>
  bool on_timer(Cx&) {
    return false;
  }
  ilnp::TimePoint next_deadline() const { return ilnp::never; }
  std::size_t max_frame() const { return 1440; }

  /// Calls `f(from, octets)` for each frame that has arrived.
  template <class F>
  void fetch(F&& f) {
    for (Frames come = std::exchange(in_, {}); Frame & frame : come)
      f(ilnp::FrameSource{frame.locator, 1}, frame.octets);
  }

 private:
  Frames& out_;
  Frames& in_;
  std::vector<ilnp::Locator> joined_;
  std::array<std::byte, 1440> room_;
};

static_assert(ilnp::Underlay<Cable>);
