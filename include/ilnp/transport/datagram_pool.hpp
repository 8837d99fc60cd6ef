#pragma once

#include <cassert>
#include <cstdint>
#include <utility>

#include "../base/arena.hpp"
#include "../base/bytes.hpp"
#include "../base/list.hpp"
#include "../wire/fragment.hpp"

namespace ilnp {

/// Memory for whole datagrams: buffers of the largest size, allocated when first needed and then kept, up to a limit. (Short
/// datagrams touch only the beginning of a buffer.) One thread.
class DatagramPool {
 public:
  static constexpr std::size_t max_buffers = 256;  ///< 16 MiB
  static constexpr std::uint16_t none = 0xffff;    ///< no buffer

  DatagramPool() {
    free_.reserve(max_buffers);
    lent_.reserve(max_buffers);
  }

  /// The index of a buffer, or `none`.
  std::uint16_t take() {
    if (free_.empty()) {
      if (buffers_.size() == max_buffers) return none;
      List<std::byte> buffer;
      buffer.resize_for_overwrite(wire::FragmentMessage::max_total);
      buffers_.push_back(std::move(buffer));
      return static_cast<std::uint16_t>(buffers_.size() - 1);
    }
    const std::uint16_t index = free_.back();
    free_.pop_back();
    return index;
  }
  /// Returns a buffer at once: nobody else has seen its octets.
  void give_back(std::uint16_t index) noexcept { free_.push_back(index); }
  /// Returns a buffer when the batch ends: until then its octets, the first `size` of them, may be borrowed.
  void give_back_after_batch(std::uint16_t index, std::size_t size) noexcept {
    lent_.push_back({index, size});
  }
  /// The batch has ended.
  void end_batch() noexcept {
    for (const Lent& lent : lent_) {
      poison(octets(lent.index, lent.size));
      free_.push_back(lent.index);
    }
    lent_.clear();
  }

  /// The first `size` octets of a buffer that is taken. Valid until it is given back.
  MutableBytes octets(std::uint16_t index, std::size_t size) noexcept {
    assert(index < buffers_.size() && size <= buffers_[index].size());
    return {buffers_[index].data(), size};
  }

  /// The number of buffers, free or not.
  std::size_t size() const noexcept { return buffers_.size(); }

 private:
  struct Lent {
    std::uint16_t index;
    std::size_t size;
  };

  List<List<std::byte>> buffers_;
  List<std::uint16_t> free_;
  List<Lent> lent_;
};

}  // namespace ilnp
