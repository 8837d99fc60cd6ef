#pragma once

#include <array>
#include <cstring>
#include <optional>

#include "../hash_key.hpp"
#include "../layer.hpp"
#include "../wire/ilnp_header.hpp"
#include "interfaces.hpp"

namespace ilnp {

/// For this long a decision for one packet applies to those that follow it, and what that packet confirmed (a route,
/// traffic with a node) need not be noted again. Short compared with all other times of the network layer.
inline constexpr Duration run_hold = std::chrono::milliseconds(10);

/// A flow-cache entry, for packets with the same next header, hop limit and addresses that arrive on the same interface.
struct Run {
  Locator interface;                 ///< where they arrive, and
  const Interface* in = nullptr;     ///< what this node knows of it
  std::optional<Locator> out;        ///< where they are forwarded; none: they are for this node
  std::uint8_t hop_limit = 0;        ///< with which forwarded packets arrived, or should have
  std::uint64_t path_hash = 0;       ///< of all that they have in common except the hop limit
  TimePoint until = long_ago;        ///< the decision is valid until then, and
  std::uint32_t ways = 0;            ///< as long as this has not changed
  std::array<std::byte, 34> path{};  ///< see `wire::IlnpHeader::path`
};

/// The flow cache: recent decisions, by path. Packets that follow need no look-up in any other table, and those that
/// directly follow a packet with the same path need none at all. Of fixed size, without searches: a path has two places,
/// and replaces the entry that expires first.
class Runs {
 public:
  static constexpr std::size_t max_runs = 512;  // a power of two

  Runs() = default;
  Runs(const Runs&) = delete;
  Runs& operator=(const Runs&) = delete;

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// The entry that applies to a packet; null if there is none, or it is no longer valid.
  const Run* find(const wire::IlnpHeader& header, Locator interface, std::uint32_t ways,
                  TimePoint now) noexcept {
    if (continues(*last_, header, interface, ways, now)) return last_;
    const std::size_t place = hash(header, interface) % max_runs;
    for (const std::size_t either : {place, place ^ 1})
      if (continues(runs_[either], header, interface, ways, now)) return last_ = &runs_[either];
    return nullptr;
  }

  /// Adds an entry for packets like this one: forwarded to `out` as if they had arrived with `hop_limit` or, without `out`,
  /// for this node.
  const Run* begin(const wire::IlnpHeader& header, const Interface& in, std::uint32_t ways, TimePoint until,
                   std::optional<Locator> out = {}, std::uint8_t hop_limit = 0) noexcept {
    const std::uint64_t path_hash = hash(header, in.locator);
    const std::size_t place = path_hash % max_runs;
    Run& run = runs_[runs_[place].until <= runs_[place ^ 1].until ? place : place ^ 1];
    run = {in.locator, &in, out, hop_limit, path_hash, until, ways, {}};
    std::memcpy(run.path.data(), header.path().data(), run.path.size());
    return last_ = &run;
  }

 private:
  static bool continues(const Run& run, const wire::IlnpHeader& header, Locator interface, std::uint32_t ways,
                        TimePoint now) noexcept {
    return ways == run.ways && interface == run.interface && now < run.until &&
           std::memcmp(header.path().data(), run.path.data(), run.path.size()) == 0;
  }

  std::uint64_t hash(const wire::IlnpHeader& header, Locator interface) const noexcept {
    return key_(header.source(), header.destination(), interface.value(), header.next_header());
  }

  HashKey key_;
  std::array<Run, max_runs> runs_;
  const Run* last_ = runs_.data();
};

/// A next hop: to which locator, and on which interface, packets reach another node. Valid until `until`, as long as `ways`
/// is unchanged.
struct Way {
  Locator locator;
  Locator out;
  Interface* interface = nullptr;  ///< what this node knows of `out`
  std::uint32_t ways = 0;          ///< see `LocalNode`
  TimePoint until = long_ago;

  bool holds(std::uint32_t present, TimePoint now) const noexcept { return now < until && ways == present; }
};

/// Recent next hops: packets to the same nodes need no look-up in any other table, and those that directly follow a packet
/// to the same node need none at all. Of fixed size, without searches: a node has one place.
class Ways {
 public:
  static constexpr std::size_t max_nodes = 256;  // a power of two

  Ways() = default;
  Ways(const Ways&) = delete;
  Ways& operator=(const Ways&) = delete;

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// True if a next hop for that node is known and valid; then it is `last()`.
  bool find(Nid to, std::uint32_t ways, TimePoint now) noexcept {
    if (last_->to != to) last_ = &place(to);
    return last_->to == to && last_->way.holds(ways, now);
  }
  const Way& last() const noexcept { return last_->way; }
  void begin(Nid to, const Way& way) noexcept {
    last_ = &place(to);
    *last_ = {to, way};
  }

 private:
  struct Entry {
    Nid to;
    Way way;
  };

  Entry& place(Nid to) noexcept { return entries_[key_(to.value()) % max_nodes]; }

  HashKey key_;
  std::array<Entry, max_nodes> entries_;
  Entry* last_ = entries_.data();
};

}  // namespace ilnp
