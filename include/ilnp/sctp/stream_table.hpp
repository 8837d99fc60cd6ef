#pragma once

#include <memory>
#include <vector>

#include "stream_state.hpp"

namespace ilnp {

/// The streams of a node, by name. A name is a place and a number that only grows, so a name is never reused.
class SctpStreamTable {
 public:
  SctpStreamState* find(StreamId id) const noexcept {
    const std::size_t slot = id.value & slot_mask;
    if (slot >= slots_.size() || !slots_[slot] || slots_[slot]->id != id) return nullptr;
    return slots_[slot].get();
  }
  /// Valid until `remove`. `peer` must outlive it.
  SctpStreamState& add(SctpSocket socket, SctpPeer& peer, StreamPeer names, TimePoint now) {
    std::size_t slot = slots_.size();
    if (free_.empty()) {
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    auto& stream = slots_[slot] = std::make_unique<SctpStreamState>();
    stream->id = {++generation_ << slot_bits | slot};
    stream->socket = std::move(socket);
    stream->peer = &peer;
    stream->names = names;
    ++size_;
    ++peer.streams;
    peer.used = now;
    return *stream;
  }
  /// Its socket closes in order, unless it was aborted.
  void remove(SctpStreamState& stream, TimePoint now) {
    if (stream.association) stream.association->gone = stream.socket ? now : long_ago;
    --stream.peer->streams;
    stream.peer->used = now;
    --size_;
    const auto slot = static_cast<std::size_t>(stream.id.value & slot_mask);
    slots_[slot].reset();
    free_.push_back(slot);
  }
  std::size_t size() const noexcept { return size_; }

  /// `f` may remove the stream that it is called with, but no other.
  template <class F>
  void for_each(F&& f) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot]) f(*slots_[slot]);
  }

 private:
  static constexpr unsigned slot_bits = 24;
  static constexpr std::uint64_t slot_mask = (1 << slot_bits) - 1;

  std::vector<std::unique_ptr<SctpStreamState>> slots_;
  std::vector<std::size_t> free_;
  std::uint64_t generation_ = 0;
  std::size_t size_ = 0;
};

}  // namespace ilnp
