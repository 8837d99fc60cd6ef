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
  Ilv source;       ///< in the header of its packets
  Ilv destination;  ///< in the header of its packets
  friend bool operator==(const ForwardedFlow&, const ForwardedFlow&) noexcept = default;
};

/// How a `BoundedTable` hashes flows.
struct ForwardedFlowHash {
  /// The keyed hash of both ILVs.
  std::uint64_t operator()(const HashKey& key, const ForwardedFlow& flow) const noexcept {
    return key(flow.source, flow.destination);
  }
};

/// A packet of a flow, as it was heard.
struct FlowPacket {
  std::uint64_t sender;     ///< the node that put it on the network
  std::uint8_t hop_limit;   ///< as received
  std::uint64_t rest;       ///< see `wire::Identity`
  Bytes content;            ///< everything that does not change on the path
  std::uint64_t share = 0;  ///< see `FrameSource`
};

/// What a node knows of a flow: see `BasicForwarderElection`.
struct ForwardedFlowState {
  /// A flow without packets for this long is forgotten.
  static constexpr Duration life = std::chrono::seconds(60);
  /// Packets of a flow that may be waited for in one step (`ForwardingAccount::step`) before only a sample of them is.
  static constexpr unsigned max_sampled = 32;

  Locator in;                           ///< where its packets arrive over the best path
  Locator out;                          ///< where they leave if they are forwarded
  TimePoint seen_at = long_ago;         ///< the last packet over the best path
  TimePoint mixed_since = long_ago;     ///< the first packet that was, or made others look like, a duplicate
  TimePoint mixed_at = long_ago;        ///< the last
  std::uint64_t sender = 0;             ///< of the packets with `hop_limit`
  std::uint64_t sender_before = 0;      ///< the same at `mixed_since`
  TimePoint unconfirmed = never;        ///< the first packet since the other node was last heard to forward
  TimePoint conflict = long_ago;        ///< since when another node has forwarded although it should not
  TimePoint conflict_heard = long_ago;  ///< when that node was last heard to do so
  std::uint64_t conflicts = 0;          ///< packets that both have forwarded since then
  std::uint64_t rival = 0;              ///< the node that forwards: rightly, or although it should yield
  ForwardingAccount account;            ///< of the rival
  PacketSample sample{max_sampled};     ///< which packets count while it yields, or the flow is mixed
  std::uint8_t hop_limit = 0;           ///< of packets over the best path, as received
  std::uint8_t failures = 0;            ///< of rivals; if any, the next one must first show that it forwards
  bool yielding = false;                ///< another node forwards, and this one does not
  TimePoint failed_at = long_ago;       ///< when this node last took over

  TimePoint last_used() const noexcept { return long_ago; }
  bool expired(TimePoint now) const noexcept { return now - seen_at >= life; }
};

}  // namespace ilnp
