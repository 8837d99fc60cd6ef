#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "../base/address.hpp"
#include "../base/bytes.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../wire/virtio_net_header.hpp"

namespace ilnp::tun {

/// Reads that wait: for a route to their peer, or for its reply to a probe. They are kept as they were read. One thread.
class HeldReads {
 public:
  static constexpr std::size_t max_reads = 64;                   ///< in all
  static constexpr std::size_t max_of_peer = 3;                  ///< for one peer
  static constexpr Duration patience = std::chrono::seconds(3);  ///< then a read fails

  /// One of them.
  struct Read {
    Nid to;                        ///< the node that it is for
    TimePoint since;               ///< when it was read
    wire::VirtioNetHeader virtio;  ///< how it is to be cut
    std::uint8_t buffer;           ///< where its octets are: see `octets`
    std::size_t size;              ///< octets
  };

  bool empty() const noexcept { return reads_.empty(); }
  /// Something waits for this node.
  bool any_for(Nid to) const noexcept {
    return std::any_of(reads_.begin(), reads_.end(), [to](const Read& read) { return read.to == to; });
  }

  /// Keeps a copy. False if too many wait.
  bool hold(Nid to, const wire::VirtioNetHeader& virtio, Bytes packet, TimePoint now) {
    const auto same =
        std::count_if(reads_.begin(), reads_.end(), [to](const Read& read) { return read.to == to; });
    if (static_cast<std::size_t>(same) >= max_of_peer || reads_.size() == max_reads) return false;
    const std::optional<std::uint8_t> buffer = take_buffer();
    if (!buffer) return false;
    List<std::byte>& octets = buffers_[*buffer];
    octets.resize_for_overwrite(std::max(octets.size(), packet.size()));
    std::memcpy(octets.data(), packet.data(), packet.size());
    reads_.push_back({to, now, virtio, *buffer, packet.size()});
    return true;
  }
  /// The packet. Valid until the end of the batch in which it was released.
  MutableBytes octets(const Read& read) noexcept { return {buffers_[read.buffer].data(), read.size}; }

  /// Calls `f(read)` for each, the oldest first; `f` hands nothing up. Those for which it returns true are removed; their octets
  /// stay until `end_batch`.
  template <class F>
  void release(F&& f) {
    reads_.erase_if([&](const Read& read) {
      const bool released = f(read);
      if (released) leaving_[read.buffer] = true;
      return released;
    });
  }
  /// The octets of what was released are not borrowed any more.
  void end_batch() noexcept {
    for (std::size_t i = 0; i < max_reads; ++i)
      if (leaving_[i]) leaving_[i] = taken_[i] = false;
  }

 private:
  std::optional<std::uint8_t> take_buffer() {
    for (std::size_t i = 0; i < max_reads; ++i) {
      if (taken_[i]) continue;
      taken_[i] = true;
      return static_cast<std::uint8_t>(i);
    }
    return std::nullopt;
  }

  List<Read> reads_;
  std::array<List<std::byte>, max_reads> buffers_;  // each grows to what it had to hold
  std::array<bool, max_reads> taken_{};
  std::array<bool, max_reads> leaving_{};
};

}  // namespace ilnp::tun
