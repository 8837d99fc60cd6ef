#pragma once

#include <algorithm>
#include <type_traits>

#include "address.hpp"
#include "context.hpp"
#include "stack.hpp"

namespace ilnp {

/// What came back for a ping.
struct PingReply {
  std::uint64_t identifier = 0;  ///< of the ping
  bool reached = false;   ///< from its destination; else from a forwarder at which its hop limit ran out
  Ilv replier;            ///< who replied, and from which locator
  Duration round_trip{};  ///< from `ping` until the reply arrived, as the batches see it

  // The way there, as the node that replied saw it.
  Locator source;              ///< of the ping
  Locator destination;         ///< of the ping
  Locator arrived_on;          ///< its interface
  std::uint8_t sent_hops = 0;  ///< the hop limit with which the ping was sent
  std::uint8_t hop_limit = 0;  ///< with which it arrived

  // The way back, as this node saw it.
  Locator returned_to;               ///< the destination locator of the reply
  Locator returned_on;               ///< the interface on which it arrived
  std::uint8_t reply_hop_limit = 0;  ///< with which it arrived

  /// How many nodes forwarded the ping.
  unsigned forwarders() const noexcept { return sent_hops - std::min(hop_limit, sent_hops); }
};

namespace event {

/// A ping of this node was answered.
struct PingAnswered {
  const PingReply& reply;  ///< valid only during the call
};

}  // namespace event

namespace detail {
template <class Layer>
concept Pinging = requires(const Layer& layer) {
  layer.pings();
};
template <class Layer>
using IsPinging = std::bool_constant<Pinging<Layer>>;
}  // namespace detail

/// The layer of a stack that sends pings, and has the replies to them: `STP`.
template <class Layer>
auto& pinging_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsPinging>(layer);
}

}  // namespace ilnp
