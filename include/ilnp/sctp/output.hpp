#pragma once

#include <utility>
#include <vector>

#include "../base/address.hpp"
#include "../base/arena.hpp"
#include "../base/bytes.hpp"

namespace ilnp {

/// Packets that SCTP has made, and that the layer is to send: usrsctp makes them in the middle of its work, where nothing may
/// be called. The octets stay where they are until the batch ends, for within it what is sent is borrowed.
class SctpOutput {
 public:
  /// One packet.
  struct Packet {
    Nid to;              ///< the node
    std::uint16_t port;  ///< of its transport
    Bytes octets;        ///< valid until the batch ends
  };

  /// Octets that wait at most; what is more is lost, as on a full line.
  static constexpr std::size_t max_octets = Arena::max_octets;

  /// What was taken is no longer borrowed.
  void end_batch() noexcept {
    if (waiting_.empty()) octets_.clear();  // else made in another node's turn: not sent yet
  }

  /// Copies a packet. False if there is no room for it.
  bool push(Nid to, std::uint16_t port, Bytes octets) {
    const Bytes copy = octets_.copy(octets);
    if (copy.data() == nullptr) return false;
    waiting_.push_back({to, port, copy});
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
  Arena octets_;
  std::vector<Packet> waiting_;
};

}  // namespace ilnp
