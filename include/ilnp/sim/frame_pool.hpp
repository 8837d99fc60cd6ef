#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <vector>

#include "../base/address.hpp"
#include "../base/packet.hpp"

namespace ilnp::sim {

/// A frame on its way, shared by all hosts that will hear it.
struct FrameInFlight {
  Locator network;               ///< on which it is
  std::uint64_t sender = 0;      ///< of whom it is
  std::vector<std::byte> bytes;  ///< its octets
  std::uint32_t references = 0;  ///< arrivals that are to come
};

/// Frames by index. Buffers are reused, so that a long run stops allocating once it has reached its peak.
class FramePool {
 public:
  /// Copies a packet into the pool; the caller holds the first reference.
  std::uint32_t acquire(Locator network, std::uint64_t sender, Bytes head, Bytes payload) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(frames_.size()));
      frames_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    FrameInFlight& frame = frames_[slot];
    frame.network = network;
    frame.sender = sender;
    frame.bytes.assign(head.begin(), head.end());
    frame.bytes.insert(frame.bytes.end(), payload.begin(), payload.end());
    frame.references = 1;
    return slot;
  }

  const FrameInFlight& operator[](std::uint32_t slot) const noexcept { return frames_[slot]; }

  /// One more arrival is to come.
  void share(std::uint32_t slot) noexcept { ++frames_[slot].references; }

  /// One arrival has come, or will not come. With the last one the place is free again.
  void release(std::uint32_t slot) {
    assert(frames_[slot].references > 0);
    if (--frames_[slot].references == 0) free_.push_back(slot);
  }

  /// How many frames are under way.
  std::size_t in_flight() const noexcept { return frames_.size() - free_.size(); }

 private:
  std::deque<FrameInFlight> frames_;  // a deque: frames that taps look at do not move
  std::vector<std::uint32_t> free_;
};

}  // namespace ilnp::sim
