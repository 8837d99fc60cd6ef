#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>
#include <vector>

#include "../base/content_hash.hpp"
#include "../base/layer.hpp"
#include "../wire/overlay.hpp"
#include "../wire/stp_header.hpp"
#include "world.hpp"

namespace ilnp::sim {

/// The two ends of a datagram.
struct Ends {
  Nid source;                      ///< the sender
  std::uint16_t source_port;       ///< of the sender
  Nid destination;                 ///< the receiver
  std::uint16_t destination_port;  ///< of the receiver
};

/// Checks datagrams from program to program. Whatever is delivered was sent unchanged to this node and port. Each datagram
/// is delivered at most once, plus once for each duplicate that a network made of it.
///
/// It is told of each datagram that was sent, and of each that arrived at the top of a stack. Any number of identical
/// datagrams may be sent: they are counted. A datagram is remembered for a time between `memory` and twice that. `Format`: that of
/// the frames.
template <wire::Format Format>
class BasicDeliveryCheck {
 public:
  /// Refers to `world`. `memory`: see above.
  explicit BasicDeliveryCheck(World& world, Duration memory = std::chrono::seconds(60))
      : world_(world), memory_(memory) {
    world.tap_duplicates([this](const SentFrame& frame, HostId) {
      if (Known* known = find(frame.bytes)) ++known->duplicates;
    });
    world.tap([this](const SentFrame& frame) {
      if (std::ranges::find(repeating_, frame.host) == repeating_.end()) return;
      if (Known* known = find(frame.bytes)) forwarded(*known, frame.host);
    });
  }
  BasicDeliveryCheck(const BasicDeliveryCheck&) = delete;
  BasicDeliveryCheck& operator=(const BasicDeliveryCheck&) = delete;

  /// `host` may forward a packet several times (a first-implementation node forwards each copy that it hears). Whatever it
  /// forwards more often than it was sent counts as duplicates made on the path.
  void may_repeat(HostId host) { repeating_.push_back(host); }

  /// A program has sent this datagram, and it was accepted.
  void sent(const Ends& ends, Bytes payload) {
    ++sent_;
    Known& known = find(ends, payload);
    ++known.sent;
    if (known.delivered > 0) judge(known);  // a stack that delivers at once
  }

  /// The node `at` has received this datagram. `once`: it promises to deliver nothing twice (a first-implementation node
  /// does not).
  void delivered(Nid at, const DatagramSource& source, Bytes payload, bool once = true) {
    ++delivered_;
    const Ends ends{source.nid, source.port, at, source.destination_port};
    Known& known = find(ends, payload);
    ++known.delivered;
    known.once = known.once && once;
    if (known.sent == 0) {
      world_.violated(to_string(at) + " got from " + to_string(source.nid) +
                      " what was not sent to it: " + describe(ends, payload) + closest(payload));
    } else {
      judge(known);
    }
  }

  /// Datagrams that were sent so far.
  std::uint64_t sent_count() const noexcept { return sent_; }
  /// Datagrams that were delivered so far.
  std::uint64_t delivered_count() const noexcept { return delivered_; }
  /// How often such a datagram has been delivered so far.
  unsigned deliveries(const Ends& ends, Bytes payload) { return find(ends, payload).delivered; }

 private:
  struct Known {
    Ends ends{};
    std::uint64_t payload = 0;  ///< its hash
    std::size_t size = 0;
    unsigned sent = 0;
    unsigned duplicates = 0;
    unsigned delivered = 0;
    bool once = true;
    std::vector<std::pair<HostId, unsigned>> forwarded{};  ///< how often, by hosts that may repeat
  };
  using Table = boost::unordered_flat_map<std::uint64_t, Known>;

  static std::string describe(const Ends& ends, Bytes payload) { return describe(ends, payload.size()); }
  static std::string describe(const Ends& ends, std::size_t size) {
    return std::to_string(size) + " octets from " + to_string(ends.source) + " port " +
           std::to_string(ends.source_port) + " to " + to_string(ends.destination) + " port " +
           std::to_string(ends.destination_port);
  }

  Known& find(const Ends& ends, Bytes payload) {
    if (world_.now() - turned_ >= memory_) {
      older_ = std::exchange(recent_, {});
      turned_ = world_.now();
    }
    const std::uint64_t content = content_hash(payload, HashKey());
    const std::uint64_t ports = std::uint64_t{ends.source_port} << 16 | ends.destination_port;
    const std::uint64_t key =
        mix64(content + mix64(ends.source.value() + mix64(ends.destination.value() + mix64(ports))));
    if (const auto at = recent_.find(key); at != recent_.end()) return at->second;
    Known known{ends, content, payload.size()};
    if (const auto at = older_.find(key); at != older_.end()) {
      known = at->second;
      older_.erase(at);
    }
    return recent_.emplace(key, known).first->second;
  }

  void judge(const Known& known) {
    unsigned duplicates = known.duplicates;
    for (const auto& [host, times] : known.forwarded) duplicates += times - std::min(times, known.sent);
    if (!known.once || known.delivered <= known.sent + duplicates) return;
    world_.violated("delivered " + std::to_string(known.delivered) + " times, sent " +
                    std::to_string(known.sent) + ", copied on the way " + std::to_string(duplicates) + ": " +
                    describe(known.ends, known.size));
  }

  /// For the message: where a datagram with this content was sent.
  std::string closest(Bytes payload) const {
    for (const Table* table : {&recent_, &older_})
      for (const auto& [key, known] : *table)
        if (known.sent > 0 && known.payload == content_hash(payload, HashKey()))
          return "; such a one was sent: " + describe(known.ends, known.size);
    return "; nothing like it was sent by anybody";
  }

  /// What is known of the datagram in `frame`; null if it holds none.
  Known* find(Bytes frame) {
    const auto header = Format::Header::parse(frame);
    if (!header || header->next_header() != static_cast<std::uint8_t>(wire::NextHeader::stp)) return nullptr;
    const auto ports = wire::StpHeader::parse(header->payload());
    if (!ports) return nullptr;
    const Ends ends{header->source().nid, ports->source_port(), header->destination().nid,
                    ports->destination_port()};
    return &find(ends, ports->payload());
  }

  static void forwarded(Known& known, HostId host) {
    const auto at = std::ranges::find(known.forwarded, host, &std::pair<HostId, unsigned>::first);
    if (at == known.forwarded.end()) {
      known.forwarded.emplace_back(host, 1);
    } else {
      ++at->second;
    }
  }

  World& world_;
  Duration memory_;
  TimePoint turned_{};
  Table recent_;
  Table older_;
  std::vector<HostId> repeating_;
  std::uint64_t sent_ = 0;
  std::uint64_t delivered_ = 0;
};

using DeliveryCheck = BasicDeliveryCheck<wire::Overlay>;

}  // namespace ilnp::sim
