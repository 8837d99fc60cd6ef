#pragma once

#include <cstdint>

#include "../base/address.hpp"
#include "../base/bytes.hpp"
#include "../base/context.hpp"
#include "../base/hash_key.hpp"
#include "forwarding_account.hpp"
#include "packet_sample.hpp"

namespace ilnp {

/// A flow that a node may have to forward: the ILVs of its source and its destination.
struct ForwardedFlow {
  Ilv source;
  Ilv destination;
  friend bool operator==(const ForwardedFlow&, const ForwardedFlow&) noexcept = default;
};

struct ForwardedFlowHash {
  std::uint64_t operator()(const HashKey& key, const ForwardedFlow& flow) const noexcept {
    return key(flow.source, flow.destination);
  }
};

/// A packet of a flow, as it was heard.
struct FlowPacket {
  std::uint64_t sender;  ///< the node that put it on the network
  std::uint8_t hop_limit;
  std::uint64_t rest;       ///< see `wire::Identity`
  Bytes content;            ///< everything that does not change on the path
  std::uint64_t share = 0;  ///< see `FrameSource`
};

/// What a node knows of a flow: see `BasicForwarderElection`.
struct ForwardedFlowState {
  static constexpr Duration life = std::chrono::seconds(60);
  /// Packets of a flow that may be waited for in one step (`ForwardingAccount::step`) before only a sample of them is.
  static constexpr unsigned max_sampled = 32;

  Locator in;
  Locator out;
  TimePoint seen_at = long_ago;
  TimePoint mixed_since = long_ago;  ///< the first packet that was, or made others look like, a duplicate
  TimePoint mixed_at = long_ago;     ///< the last
  std::uint64_t sender = 0;          ///< of the packets with `hop_limit`
  std::uint64_t sender_before = 0;   ///< the same at `mixed_since`
  TimePoint unconfirmed = never;     ///< the first packet since the other node was last heard to forward
  TimePoint conflict = long_ago;     ///< since when another node has forwarded although it should not
  TimePoint conflict_heard = long_ago;
  std::uint64_t conflicts = 0;  ///< packets that both have forwarded since then
  std::uint64_t rival = 0;      ///< the node that forwards: rightly, or although it should yield
  ForwardingAccount account;    ///< of the rival
  PacketSample sample{max_sampled};
  std::uint8_t hop_limit = 0;
  std::uint8_t failures = 0;  ///< of rivals; if any, the next one must first show that it forwards
  bool yielding = false;
  TimePoint failed_at = long_ago;

  TimePoint last_used() const noexcept { return long_ago; }
  bool expired(TimePoint now) const noexcept { return now - seen_at >= life; }
};

}  // namespace ilnp
