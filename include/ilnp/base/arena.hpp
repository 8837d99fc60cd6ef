#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <utility>

#include "bytes.hpp"
#include "lifetime.hpp"
#include "list.hpp"

namespace ilnp {

/// Memory for octets that a layer produces and others borrow until the batch ends (docs/design.md, "Lifetimes"): changed
/// received octets, or packets that it sends from its own memory. The layer owns the arena and clears it in `end_batch`, after
/// `end_batch` of the layer below. Until then what was taken does not move. In steady state nothing is allocated: up to
/// `kept_blocks` blocks are kept. One thread.
class Arena {
 public:
  static constexpr std::size_t block_octets = 128 * 1024;  ///< the most that can be taken at once
  static constexpr std::size_t max_octets = 16 << 20;      ///< in all, until it is cleared
  static constexpr std::size_t kept_blocks =
      32;  ///< the blocks that stay allocated when the arena is emptied

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  /// Octets to write to; none, with a null `data()`, if there is no room.
  MutableBytes take(std::size_t size) {
    if (size > block_octets) return {};
    if (blocks_.empty() || used_ + size > block_octets) {
      const std::size_t next = blocks_.empty() ? 0 : block_ + 1;
      if ((next + 1) * block_octets > max_octets) return {};
      if (next == blocks_.size()) {
        List<std::byte> block;
        block.resize_for_overwrite(block_octets);
        blocks_.push_back(std::move(block));
      }
      block_ = next;
      used_ = 0;
    }
    std::byte* const place = blocks_[block_].data() + used_;
    used_ += size;
    return {place, size};
  }

  /// Reduces what was taken last to its first `used` octets, and returns those.
  MutableBytes shrink(MutableBytes last, std::size_t used) noexcept {
    assert(used <= last.size() && blocks_[block_].data() + used_ == last.data() + last.size());
    used_ -= last.size() - used;
    return last.first(used);
  }

  /// A copy; none, with a null `data()`, if there is no room.
  MutableBytes copy(Bytes octets) {
    const MutableBytes place = take(octets.size());
    if (place.data() != nullptr && !octets.empty()) std::memcpy(place.data(), octets.data(), octets.size());
    return place;
  }

  /// The batch has ended: none of the memory is borrowed any more.
  void clear() noexcept {
    if (blocks_.empty()) return;
    if constexpr (ILNP_POISON) {
      for (std::size_t i = 0; i < block_; ++i) poison({blocks_[i].data(), block_octets});
      poison({blocks_[block_].data(), used_});
    }
    if (blocks_.size() > kept_blocks) blocks_.resize(kept_blocks);
    block_ = used_ = 0;
  }

 private:
  List<List<std::byte>> blocks_;
  std::size_t block_ = 0;  // that is being filled
  std::size_t used_ = 0;   // of it
};

}  // namespace ilnp
