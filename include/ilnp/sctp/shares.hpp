#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include "../base/address.hpp"
#include "config.hpp"

namespace ilnp {

/// The buffer sizes of a stream in each direction, in octets.
struct SctpBuffers {
  std::uint32_t send = 0;     ///< written and not yet acknowledged
  std::uint32_t receive = 0;  ///< arrived and not yet read

  friend bool operator==(const SctpBuffers&, const SctpBuffers&) = default;
};

/// Shares of a node's streams and of the memory for them. Streams that the node opens itself can use everything. All
/// those that peers open cannot use the last quarter, and those of one node cannot use the last quarter of the rest.
/// So the streams of others never keep the node from opening its own, and one node never locks out all others.
class SctpShares {
 public:
  /// A stream gets this part of the remaining memory, within bounds. So the first ones have the configured buffers, and later
  /// ones less.
  static constexpr std::uint64_t part = 256;
  static constexpr std::uint32_t min_buffer = 16 * 1024;  ///< octets, unless less is configured
  /// Octets that usrsctp needs for a stream, besides its buffers.
  static constexpr std::uint64_t overhead = 32 * 1024;
  /// And per octet of a buffer: data is stored in blocks of 2 KiB, each with a header.
  static constexpr std::uint64_t blocks = 2;

  /// What there is not enough of.
  enum class Refusal : std::uint8_t {
    streams,  ///< `SctpConfig::max_streams`
    memory    ///< `SctpConfig::memory`
  };
  /// What a stream was given and will return.
  struct Share {
    bool own = false;          ///< this node opened the stream
    std::uint64_t memory = 0;  ///< octets
  };

  /// The limits are those of `config`.
  explicit SctpShares(const SctpConfig& config) : config_(config) {}

  /// Why no stream is available; none if one is. `own`: this node opens it.
  std::optional<Refusal> refusal(Nid nid, bool own) const {
    const Held held = own ? Held{} : held_by(nid);
    if (streams_ >= config_.max_streams) return Refusal::streams;
    if (!own && accepted_.streams >= most(config_.max_streams)) return Refusal::streams;
    if (!own && held.streams >= most(most(config_.max_streams))) return Refusal::streams;
    const std::uint64_t needed = cost(buffers());
    if (memory_ + needed > config_.memory) return Refusal::memory;
    if (!own && accepted_.memory + needed > most(config_.memory)) return Refusal::memory;
    if (!own && held.memory + needed > most(most(config_.memory))) return Refusal::memory;
    return std::nullopt;
  }

  /// The buffers of the next stream.
  SctpBuffers buffers() const noexcept {
    const std::uint64_t left = config_.memory - memory_;
    SctpBuffers some{config_.send_buffer, config_.receive_buffer};
    while (cost(some) > left / part && (some.send > min_buffer || some.receive > min_buffer)) {
      some.send = std::max(some.send / 2, std::min(some.send, min_buffer));
      some.receive = std::max(some.receive / 2, std::min(some.receive, min_buffer));
    }
    return some;
  }

  /// For a new stream with `nid`, after `refusal` had none. `give_back` must return it.
  Share take(Nid nid, bool own, const SctpBuffers& buffers) {
    const Share share{own, cost(buffers)};
    ++streams_;
    memory_ += share.memory;
    if (!own) accepted_.add(share), by_nid_[nid].add(share);
    return share;
  }
  /// Returns the share of a stream that has ended; `nid` as for `take`.
  void give_back(Nid nid, const Share& share) {
    --streams_;
    memory_ -= share.memory;
    if (share.own) return;
    accepted_.remove(share);
    const auto held = by_nid_.find(nid);
    held->second.remove(share);
    if (held->second.streams == 0) by_nid_.erase(held);
  }

  std::size_t streams() const noexcept { return streams_; }
  /// Octets in use.
  std::uint64_t memory() const noexcept { return memory_; }

  /// Octets of memory that a stream with these buffers may need.
  static std::uint64_t cost(const SctpBuffers& buffers) noexcept {
    return overhead + blocks * (std::uint64_t{buffers.send} + buffers.receive);
  }

 private:
  struct Held {
    std::size_t streams = 0;
    std::uint64_t memory = 0;

    void add(const Share& share) noexcept { ++streams, memory += share.memory; }
    void remove(const Share& share) noexcept { --streams, memory -= share.memory; }
  };

  template <class T>
  static T most(T limit) noexcept {
    return limit - limit / 4;
  }
  Held held_by(Nid nid) const {
    const auto held = by_nid_.find(nid);
    return held != by_nid_.end() ? held->second : Held{};
  }

  SctpConfig config_;
  std::size_t streams_ = 0;
  std::uint64_t memory_ = 0;
  Held accepted_;
  std::map<Nid, Held> by_nid_;  // strangers choose the NIDs, so no hash that they know
};

}  // namespace ilnp
