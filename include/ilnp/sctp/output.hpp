#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "../address.hpp"
#include "../bytes.hpp"
#include "../context.hpp"

namespace ilnp {

/// Packets that SCTP has made, and that the layer is to send: usrsctp makes them in the middle of its work, where nothing may
/// be called. The octets stay where they are until the time moves on, for a packet that is sent within a batch is borrowed until
/// the flush, and the time stands still for as long.
class SctpOutput {
 public:
  struct Packet {
    Nid to;
    std::uint16_t port;
    Bytes octets;
  };

  /// Octets that wait at most; what is more is lost, as on a full line.
  static constexpr std::size_t max_octets = 16 << 20;

  /// What was taken at another time than `now` is no longer borrowed.
  void recycle(TimePoint now) noexcept {
    if (now == time_) return;
    time_ = now;
    if (!waiting_.empty()) return;  // made in another node's turn: not sent yet
    used_ = block_ = 0;
    blocks_.resize(std::min(blocks_.size(), kept_blocks));
  }

  bool push(Nid to, std::uint16_t port, Bytes octets) {
    if (octets.size() > block_size) return false;
    if (blocks_.empty() || used_ + octets.size() > block_size) {
      if (!blocks_.empty() && ++block_ * block_size >= max_octets) return --block_, false;
      if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<std::byte[]>(block_size));
      used_ = 0;
    }
    std::byte* const copy = blocks_[block_].get() + used_;
    std::memcpy(copy, octets.data(), octets.size());
    used_ += octets.size();
    waiting_.push_back({to, port, Bytes(copy, octets.size())});
    return true;
  }

  bool empty() const noexcept { return waiting_.empty(); }

  /// Calls `f(packet)` for each that waits, in order.
  template <class F>
  void take(F&& f) {
    for (std::size_t i = 0; i < waiting_.size(); ++i) f(std::as_const(waiting_[i]));
    waiting_.clear();
  }

 private:
  static constexpr std::size_t block_size = 128 * 1024;
  static constexpr std::size_t kept_blocks = 8;

  TimePoint time_ = long_ago;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t block_ = 0;  // that is being filled
  std::size_t used_ = 0;   // of it
  std::vector<Packet> waiting_;
};

}  // namespace ilnp
