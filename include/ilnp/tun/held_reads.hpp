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
#include "peers.hpp"

namespace ilnp::tun {

/// Reads that wait: for a route to their peer, or for its reply to a probe. They are kept as they were read. When all places are
/// taken, the oldest read for the node of which the least is known gives way to one for a node of which no less is known. So a program
/// that tries many addresses does not keep reads for nodes from waiting. One thread.
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

  /// What has become of a read.
  enum class Held : std::uint8_t { kept, in_place_of_another, refused };

  bool empty() const noexcept { return reads_.empty(); }
  /// Something waits for this node.
  bool any_for(Nid to) const noexcept {
    return std::any_of(reads_.begin(), reads_.end(), [to](const Read& read) { return read.to == to; });
  }

  /// Keeps a copy, unless too many wait. `known(nid)`: what is known of that node.
  template <class F>
  Held hold(Nid to, const wire::VirtioNetHeader& virtio, Bytes packet, TimePoint now, F&& known) {
    const auto same =
        std::count_if(reads_.begin(), reads_.end(), [to](const Read& read) { return read.to == to; });
    if (static_cast<std::size_t>(same) >= max_of_peer) return Held::refused;
    Held held = Held::kept;
    if (reads_.size() == max_reads) {
      Read* const oldest = std::min_element(reads_.begin(), reads_.end(), [&](const Read& a, const Read& b) {
        return known(a.to) < known(b.to);
      });
      if (known(oldest->to) == Known::understands || known(oldest->to) > known(to)) return Held::refused;
      taken_[oldest->buffer] = false;
      reads_.erase(oldest);
      held = Held::in_place_of_another;
    }
    const std::optional<std::uint8_t> buffer = take_buffer();
    if (!buffer) return Held::refused;
    List<std::byte>& octets = buffers_[*buffer];
    octets.resize_for_overwrite(std::max(octets.size(), packet.size()));
    std::memcpy(octets.data(), packet.data(), packet.size());
    reads_.push_back({to, now, virtio, *buffer, packet.size()});
    return held;
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
