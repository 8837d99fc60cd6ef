#pragma once

#include <cassert>

#include "bytes.hpp"
#include "lifetime.hpp"

namespace ilnp {

/// A packet on its way down the stack: the headers that the layers have written so far, and a borrowed payload.
///
///     room:  |  free  | header of layer 2 | header of layer 1 |      payload: | borrowed octets ... |
///                     ^ start_                                ^ end
///
/// Both are borrowed. The room belongs to the underlay (`headroom` of the layer below), so headers are written to the place
/// from which they are sent. The payload must stay valid, and must not change, until `send` returns or, within a batch, until
/// the batch ends. One thread.
class Packet {
 public:
  /// The most room that headers take: a whole control message, that is a network header (40) and a discovery message
  /// with the longest host name (17 + 255).
  static constexpr std::size_t max_headroom = 384;

  /// Headers go into `room`, from its end to its front. A packet that leaves unchanged needs no room.
  Packet(MutableBytes room, Bytes payload) noexcept : room_(room), start_(room.size()), payload_(payload) {}

#if ILNP_POISON
  Packet(const Packet&) = default;
  Packet& operator=(const Packet&) = default;
  ~Packet() { detail::give_back_headroom(room_); }
#endif

  /// Stands in `send`: whatever comes of it, the headroom may be taken for the next packet when it returns.
  class Sending {
   public:
    /// `packet`: the one that is sent.
    explicit Sending([[maybe_unused]] const Packet& packet) noexcept
#if ILNP_POISON
        : room_(packet.room_)
#endif
    {
    }
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;
#if ILNP_POISON
    ~Sending() { detail::give_back_headroom(room_); }

   private:
    Bytes room_;
#endif
  };

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
  /// Where to write such a packet of `size` octets: the end of `room`.
  static MutableBytes space(MutableBytes room, std::size_t size) noexcept {
    assert(size <= room.size());
    return room.last(size);
  }

  /// The headers that were written so far. Borrowed from the room.
  Bytes head() const noexcept { return room_.subspan(start_); }
  /// What follows them. Borrowed from the caller.
  Bytes payload() const noexcept { return payload_; }
  /// Of both together, octets.
  std::size_t size() const noexcept { return room_.size() - start_ + payload_.size(); }

 private:
  MutableBytes room_;
  std::size_t start_;
  Bytes payload_;
};

}  // namespace ilnp
