#pragma once

#include <cassert>

#include "bytes.hpp"

namespace ilnp {

/// A packet on its way down the stack: the headers that the layers have written so far, and a borrowed payload.
///
///     room:  |  free  | header of layer 2 | header of layer 1 |      payload: | borrowed octets ... |
///                     ^ start_                                ^ end
///
/// Both are borrowed. The room belongs to the underlay (`headroom` of the layer below), so headers are written to the place
/// from which they are sent. The payload must stay valid until `send` returns or, within a batch, until the batch ends. One
/// thread.
class Packet {
 public:
  /// The most room that headers take: a whole control message, that is a network header (40) and a discovery message
  /// with the longest host name (17 + 255).
  static constexpr std::size_t max_headroom = 384;

  /// Headers go into `room`, from its end to its front. A packet that leaves unchanged needs no room.
  Packet(MutableBytes room, Bytes payload) noexcept : room_(room), start_(room.size()), payload_(payload) {}

  /// Opens `size` octets in front of the existing headers. The caller must fill them at once.
  MutableBytes prepend(std::size_t size) noexcept {
    assert(size <= start_);
    start_ -= size;
    return room_.subspan(start_, size);
  }

  /// A packet that was written into `room` as a whole, at `space(room, size)`: `size` octets were requested, and `used` of them
  /// are used. So a layer that changes what is sent writes the result to the place from which it is sent.
  static Packet written(MutableBytes room, std::size_t size, std::size_t used) noexcept {
    assert(size <= room.size() && used <= size);
    Packet packet(room.first(room.size() - size + used), {});
    packet.start_ -= used;
    return packet;
  }
  static MutableBytes space(MutableBytes room, std::size_t size) noexcept {
    assert(size <= room.size());
    return room.last(size);
  }

  Bytes head() const noexcept { return room_.subspan(start_); }
  Bytes payload() const noexcept { return payload_; }
  std::size_t size() const noexcept { return room_.size() - start_ + payload_.size(); }

 private:
  MutableBytes room_;
  std::size_t start_;
  Bytes payload_;
};

}  // namespace ilnp
