#pragma once

#include <cassert>

#include "bytes.hpp"

namespace ilnp {

/// A packet on its way down the stack: the headers that the layers have put in front so far, and a borrowed payload.
///
///     room:  |  free  | header of layer 2 | header of layer 1 |      payload: | borrowed octets ... |
///                     ^ start_                                ^ end
///
/// Both are borrowed. The room is the underlay's (`headroom` of the layer below), so that headers are written where they lie
/// until they leave. The payload must stay valid until `send` returns, or, within a batch, until the batch is flushed. One
/// thread.
class Packet {
 public:
  /// The most room that anybody asks for: enough for a whole control message, which is a network header (40) and a discovery
  /// message with the longest host name (17 + 255).
  static constexpr std::size_t max_headroom = 384;

  /// The headers go into `room`, from its end to its front. What is to leave as it is needs none.
  Packet(MutableBytes room, Bytes payload) noexcept : room_(room), start_(room.size()), payload_(payload) {}

  /// Opens `size` octets in front of what is there, for the caller to fill in at once.
  MutableBytes prepend(std::size_t size) noexcept {
    assert(size <= start_);
    start_ -= size;
    return room_.subspan(start_, size);
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
