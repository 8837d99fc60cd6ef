#pragma once

#include <array>
#include <cstring>
#include <optional>

#include "../base/epoch.hpp"
#include "../base/hash_key.hpp"
#include "../wire/overlay.hpp"
#include "interfaces.hpp"
#include "traffic.hpp"

namespace ilnp {

/// A flow-cache entry: what was decided for packets with the same next header, hop limit and addresses that arrive on the
/// same interface.
template <class Format>
struct BasicFlowEntry {
  Locator interface;              ///< where they arrive
  const Interface* in = nullptr;  ///< what this node knows of `interface`; valid until the epoch changes
  std::optional<Locator> out;     ///< where they are forwarded; none: they are for this node
  std::uint64_t path_hash = 0;    ///< of all that they have in common except the hop limit
  std::uint8_t hop_limit = 0;     ///< with which forwarded packets are sent on
  std::array<std::byte, Format::path_size> path{};  ///< see `wire::Format`
  Nid source;                                       ///< the node that has sent them
  mutable Traffic received;                         ///< of these, what was delivered and is not settled yet
};

/// The flow cache: recent decisions, by path. Packets that follow need no look-up in any other table, and those that
/// directly follow a packet with the same path need none at all. Of fixed size, without searches: a path has two places,
/// and replaces the entry that expires first.
template <class Format>
class BasicFlowCache {
 public:
  using Header = typename Format::Header;    ///< see `wire::Format`
  using FlowEntry = BasicFlowEntry<Format>;  ///< what it holds

  static constexpr std::size_t max_entries = 512;  ///< places; a power of two

  BasicFlowCache() = default;
  BasicFlowCache(const BasicFlowCache&) = delete;
  BasicFlowCache& operator=(const BasicFlowCache&) = delete;

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// The entry that applies to a packet; null if there is none, or it is stale.
  const FlowEntry* find(const Header& header, Locator interface, const Epoch& epoch, TimePoint now) noexcept {
    if (applies(*last_, header, interface, epoch, now)) return &last_->value;
    const std::size_t place = hash(header, interface) % max_entries;
    for (const std::size_t either : {place, place ^ 1})
      if (applies(entries_[either], header, interface, epoch, now))
        return &(last_ = &entries_[either])->value;
    return nullptr;
  }

  /// Calls `f(entry)` for each entry that has traffic; then it has none.
  template <class F>
  void settle(F&& f) {
    for (Entry& entry : entries_) settle(entry.value, f);
  }

  /// Adds an entry for packets like this one: forwarded to `out` with `hop_limit` or, without `out`, for this node.
  /// Calls `f(entry)` if the entry that it replaces has traffic of another node, or from elsewhere.
  template <class F>
  const FlowEntry* add(const Header& header, const Interface& in, const Epoch& epoch, TimePoint deadline,
                       F&& f, std::optional<Locator> out = {}, std::uint8_t hop_limit = 0) {
    const std::uint64_t path_hash = hash(header, in.locator);
    const Nid source = header.source().nid;
    const std::size_t place = path_hash % max_entries;
    Entry& entry = entries_[entries_[place].deadline <= entries_[place ^ 1].deadline ? place : place ^ 1];
    if (entry.value.source != source || entry.value.interface != in.locator) settle(entry.value, f);
    entry = {{in.locator, &in, out, path_hash, hop_limit, {}, source, entry.value.received},
             epoch.stamp(),
             deadline};
    std::memcpy(entry.value.path.data(), Format::path(header).data(), entry.value.path.size());
    last_ = &entry;
    return &entry.value;
  }

 private:
  using Entry = Cached<FlowEntry>;

  template <class F>
  static void settle(const FlowEntry& entry, F& f) {
    if (entry.received.packets == 0) return;
    f(entry);
    entry.received = {};
  }

  static bool applies(const Entry& entry, const Header& header, Locator interface, const Epoch& epoch,
                      TimePoint now) noexcept {
    return entry.holds(epoch, now) && interface == entry.value.interface &&
           std::memcmp(Format::path(header).data(), entry.value.path.data(), entry.value.path.size()) == 0;
  }

  std::uint64_t hash(const Header& header, Locator interface) const noexcept {
    return key_(header.source(), header.destination(), interface.value(), header.next_header());
  }

  HashKey key_;
  std::array<Entry, max_entries> entries_;
  const Entry* last_ = entries_.data();
};

/// An entry of the flow cache of a node with the default format.
using FlowEntry = BasicFlowEntry<wire::Overlay>;
/// The flow cache of a node with the default format.
using FlowCache = BasicFlowCache<wire::Overlay>;

}  // namespace ilnp
