#pragma once

#include <boost/config.hpp>
#include <cstdint>

#include "../base/arena.hpp"
#include "../base/bytes.hpp"
#include "../base/error.hpp"
#include "../base/list.hpp"

namespace ilnp {

/// Packets that a node sends to itself: copies that wait until the node next runs, and live until the end of the batch in
/// which they are handed up. Bounded. One thread.
class Loopback {
 public:
  static constexpr std::size_t max_packets = 64;  ///< waiting, or lent

  /// Keeps a copy of a packet: `head`, then `payload`. Error: `queue_full`.
  BOOST_NOINLINE error_code add(std::uint8_t next_header, Bytes head, Bytes payload) {
    if (packets_.size() >= max_packets) return Errc::queue_full;
    Packet& packet = packets_.push_back({next_header, {}});
    packet.octets.reserve(head.size() + payload.size());
    packet.octets.append(head.data(), head.data() + head.size());
    packet.octets.append(payload.data(), payload.data() + payload.size());
    return {};
  }

  /// Calls `f(next_header, octets)` for each waiting packet, the oldest first. What `f` adds waits for the next call.
  template <class F>
  void deliver(F&& f) {
    for (std::size_t waiting = size(); waiting > 0; --waiting) {
      Packet& packet = packets_[lent_++];
      const std::uint8_t next_header = packet.next_header;
      f(next_header, MutableBytes(packet.octets));
    }
  }
  /// Nothing that was handed up is borrowed any longer.
  void end_batch() noexcept {
    if (lent_ != 0) forget_lent();
  }

  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept { return packets_.size() - lent_; }

 private:
  BOOST_NOINLINE void forget_lent() noexcept {
    for (std::size_t at = 0; at < lent_; ++at) poison(packets_[at].octets);
    packets_.erase_front(lent_);
    lent_ = 0;
  }

  struct Packet {
    std::uint8_t next_header;
    List<std::byte> octets;
  };

  List<Packet> packets_;  // first those that are lent, then those that wait
  std::size_t lent_ = 0;
};

}  // namespace ilnp
