#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <vector>

#include "bytes.hpp"

/// 1: memory that was only borrowed is overwritten when its time is over, so that whoever kept it reads 0xdd. By default where
/// asserts are on. The same in all sources of a program.
#ifndef ILNP_POISON
#ifdef NDEBUG
#define ILNP_POISON 0
#else
#define ILNP_POISON 1
#endif
#endif

namespace ilnp {

/// Nobody may read these octets any more.
inline void poison(MutableBytes octets) noexcept {
  if constexpr (ILNP_POISON) std::fill(octets.begin(), octets.end(), std::byte{0xdd});
}

/// The frames that an underlay lends in a batch, where memory is poisoned: checks that they share none, and overwrites them
/// when the batch ends. Elsewhere it is empty and does nothing.
template <bool poisoned = ILNP_POISON>
class LentFrames {
 public:
  LentFrames() { frames_.reserve(2048); }  // what one call to the kernel gives: 32 trains of 64 frames

  void add(MutableBytes frame) {
    const std::size_t count = frames_.size();
    for (std::size_t i = count - std::min<std::size_t>(count, 64); i < count; ++i)
      assert(frame.empty() || frames_[i].data() + frames_[i].size() <= frame.data() ||
             frame.data() + frame.size() <= frames_[i].data());
    frames_.push_back(frame);
  }
  void end() noexcept {
    for (const MutableBytes frame : frames_) poison(frame);
    frames_.clear();
  }

 private:
  std::vector<MutableBytes> frames_;
};
template <>
class LentFrames<false> {
 public:
  void add(MutableBytes) noexcept {}
  void end() noexcept {}
};

/// Memory for octets that a layer produces and others borrow until the batch ends (docs/design.md, "Lifetimes"): changed
/// received octets, or packets that it sends from its own memory. The layer owns the arena and clears it in `end_batch`, after
/// `end_batch` of the layer below. Until then what was taken does not move. In steady state nothing is allocated: up to
/// `kept_blocks` blocks are kept. One thread.
class Arena {
 public:
  static constexpr std::size_t block_octets = 128 * 1024;  ///< the most that can be taken at once
  static constexpr std::size_t max_octets = 16 << 20;      ///< in all, until it is cleared
  static constexpr std::size_t kept_blocks = 32;

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  /// Octets to write to; none, with a null `data()`, if there is no room.
  MutableBytes take(std::size_t size) {
    if (size > block_octets) return {};
    if (blocks_.empty() || used_ + size > block_octets) {
      const std::size_t next = blocks_.empty() ? 0 : block_ + 1;
      if ((next + 1) * block_octets > max_octets) return {};
      if (next == blocks_.size())
        blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_octets));
      block_ = next;
      used_ = 0;
    }
    std::byte* const place = blocks_[block_].get() + used_;
    used_ += size;
    return {place, size};
  }

  /// Reduces what was taken last to its first `used` octets, and returns those.
  MutableBytes shrink(MutableBytes last, std::size_t used) noexcept {
    assert(used <= last.size() && blocks_[block_].get() + used_ == last.data() + last.size());
    used_ -= last.size() - used;
    return last.first(used);
  }

  /// A copy; none, with a null `data()`, if there is no room.
  MutableBytes copy(Bytes octets) {
    const MutableBytes place = take(octets.size());
    if (place.data() != nullptr) std::copy(octets.begin(), octets.end(), place.begin());
    return place;
  }

  /// The batch has ended: none of the memory is borrowed any more.
  void clear() noexcept {
    if (blocks_.empty()) return;
    if constexpr (ILNP_POISON) {
      for (std::size_t i = 0; i < block_; ++i) poison({blocks_[i].get(), block_octets});
      poison({blocks_[block_].get(), used_});
    }
    if (blocks_.size() > kept_blocks) blocks_.resize(kept_blocks);
    block_ = used_ = 0;
  }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t block_ = 0;  // that is being filled
  std::size_t used_ = 0;   // of it
};

}  // namespace ilnp
