#pragma once

#include <boost/config.hpp>
#include <cstdint>
#include <deque>
#include <vector>

#include "../base/arena.hpp"
#include "../base/bytes.hpp"
#include "../base/error.hpp"

namespace ilnp {

/// Packets that a node sends to itself: copies that wait until the node next runs, and live until the end of the batch in
/// which they are handed up. Bounded. One thread.
class Loopback {
 public:
  static constexpr std::size_t max_packets = 64;  ///< waiting, or lent

  /// Keeps a copy of a packet: `head`, then `payload`. Error: `queue_full`.
  BOOST_NOINLINE error_code add(std::uint8_t next_header, Bytes head, Bytes payload) {
    if (packets_.size() + lent_.size() >= max_packets) return Errc::queue_full;
    Packet& packet = packets_.emplace_back(Packet{next_header, {}});
    packet.octets.assign(head.begin(), head.end());
    packet.octets.insert(packet.octets.end(), payload.begin(), payload.end());
    return {};
  }

  /// Calls `f(next_header, octets)` for each waiting packet, the oldest first. What `f` adds waits for the next call.
  template <class F>
  void deliver(F&& f) {
    for (std::size_t waiting = packets_.size(); waiting > 0; --waiting) {
      Packet packet = std::move(packets_.front());
      packets_.pop_front();
      lends_ = true;
      const MutableBytes octets = lent_.emplace_back(std::move(packet.octets));
      f(packet.next_header, octets);
    }
  }
  /// Nothing that was handed up is borrowed any longer.
  void end_batch() noexcept {
    if (!lends_) return;
    for (auto& octets : lent_) poison(octets);
    lent_.clear();
    lends_ = false;
  }

  bool empty() const noexcept { return packets_.empty(); }
  std::size_t size() const noexcept { return packets_.size(); }

 private:
  struct Packet {
    std::uint8_t next_header;
    std::vector<std::byte> octets;
  };

  std::deque<Packet> packets_;
  std::vector<std::vector<std::byte>> lent_;
  bool lends_ = false;  // `lent_` is not empty: quicker to read at the end of each batch
};

}  // namespace ilnp
