#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "ilnp/base/layer.hpp"

namespace ilnp::test {

/// An underlay that keeps what is sent, for the test to look at. Nothing is received but what the test feeds.
class MemoryUnderlay {
 public:
  struct Sent {
    Locator locator;
    std::vector<std::byte> octets;
  };

  explicit MemoryUnderlay(std::size_t max_frame = 1440) noexcept : max_frame_(max_frame) {}

  error_code join(Locator locator) {
    if (join_error) return join_error;
    if (!joined(locator)) joined_.push_back(locator);
    return {};
  }
  error_code leave(Locator locator) {
    if (std::erase(joined_, locator) == 0) return Errc::not_joined;
    return {};
  }
  void begin_batch() noexcept { ++batches; }

  MutableBytes headroom(std::size_t size) noexcept { return MutableBytes(room_).first(size); }

  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx&) {
    if (!joined(locator)) return Errc::not_joined;
    if (packet.size() > max_frame_) return Errc::message_too_long;
    std::vector<std::byte> octets(packet.head().begin(), packet.head().end());
    octets.insert(octets.end(), packet.payload().begin(), packet.payload().end());
    sent.push_back({locator, std::move(octets)});
    return {};
  }

  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    if (joined(from.interface)) up(from, frame);
  }

  template <class Cx>
  bool on_timer(Cx&) noexcept {
    return link_back;
  }
  TimePoint next_deadline() const noexcept { return deadline; }
  template <class Cx>
  void end_batch(Cx&) noexcept {
    ++flushes;
  }
  std::size_t max_frame() const noexcept { return max_frame_; }
  void set_max_frame(std::size_t size) noexcept { max_frame_ = size; }
  bool joined(Locator locator) const noexcept { return std::ranges::find(joined_, locator) != joined_.end(); }

  std::vector<Sent> sent;
  int batches = 0;
  int flushes = 0;
  bool link_back = false;
  error_code join_error;  ///< of each `join` from now on
  TimePoint deadline = never;

 private:
  std::size_t max_frame_;
  std::vector<Locator> joined_;
  std::array<std::byte, 1440> room_;
};

static_assert(Underlay<MemoryUnderlay>);

}  // namespace ilnp::test
