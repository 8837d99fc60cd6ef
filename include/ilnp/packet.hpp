#pragma once

#include <array>
#include <cassert>

#include "bytes.hpp"

namespace ilnp {

/// A packet on its way down the stack: the headers that the layers have put in front so far, and a borrowed payload.
///
///     head_:  |  room  | header of layer 1 | header of layer 2 |      payload_: | borrowed octets ... |
///                      ^ start_
///
/// Lives on the stack of the sender. The payload must stay valid until `send` returns, or, within a batch, until the
/// batch is flushed. One thread.
class Packet {
 public:
  /// The most that all layers together may put in front. Room for a whole control message: a network header (40), and a
  /// discovery message with the longest host name (17 + 255), so that what a layer itself has to say needs no buffer that outlives the call.
  static constexpr std::size_t headroom = 384;

  explicit Packet(Bytes payload) noexcept : payload_(payload) {}

  /// Opens `size` octets in front of what is there, for the caller to fill in at once.
  MutableBytes prepend(std::size_t size) noexcept {
    assert(size <= start_);
    start_ -= size;
    return MutableBytes(head_).subspan(start_, size);
  }

  Bytes head() const noexcept { return Bytes(head_).subspan(start_); }
  Bytes payload() const noexcept { return payload_; }
  std::size_t size() const noexcept { return headroom - start_ + payload_.size(); }

 private:
  std::array<std::byte, headroom> head_;
  std::size_t start_ = headroom;
  Bytes payload_;
};

}  // namespace ilnp
