#pragma once

#include <array>
#include <utility>

#include "../base/epoch.hpp"
#include "../base/hash_key.hpp"
#include "interfaces.hpp"
#include "traffic.hpp"

namespace ilnp {

/// To which locator, and on which interface, packets reach another node.
struct NextHop {
  Locator locator;                 ///< where the other node is
  Locator out;                     ///< the joined locator on which packets leave
  Interface* interface = nullptr;  ///< what this node knows of `out`; not null in a valid next hop
  Traffic* sent = nullptr;         ///< all that was sent to that node; the same
};

/// Recent next hops: packets to the same nodes need no look-up in any other table, and those that directly follow a packet
/// to the same node need none at all. Of fixed size, without searches: a node has one place. A second cache besides
/// `KnownHost::next_hop`, which needs a look-up: with only one of them, sending to 64 nodes in turn takes 165 instructions
/// for each packet instead of 106.
class NextHops {
 public:
  static constexpr std::size_t max_nodes = 256;  ///< places; a power of two

  NextHops() = default;
  NextHops(const NextHops&) = delete;
  NextHops& operator=(const NextHops&) = delete;

  void rekey(const HashKey& key) noexcept { key_ = key; }

  /// True if a next hop for that node is known and valid; then it is `last()`.
  bool find(Nid to, const Epoch& epoch, TimePoint now) noexcept {
    if (last_->to != to) last_ = &place(to);
    return last_->to == to && last_->hop.holds(epoch, now);
  }
  /// What `find` has found, or `add` has added last. Valid until the next call of either.
  const NextHop& last() const noexcept { return last_->hop.value; }
  /// What was sent there.
  Traffic& traffic() noexcept { return last_->sent; }

  /// Calls `f(to, cached next hop, traffic)` for what was sent by the entry that this one replaces, unless it goes the same way.
  template <class F>
  void add(Nid to, const Cached<NextHop>& hop, F&& f) {
    last_ = &place(to);
    if (last_->to != to || last_->hop.value.out != hop.value.out) settle(*last_, f);
    last_->to = to;
    last_->hop = hop;
  }
  /// The same for a caller that counts nothing.
  void add(Nid to, const Cached<NextHop>& hop) {
    add(to, hop, [](Nid, const Cached<NextHop>&, const Traffic&) {});
  }
  /// Calls `f(to, cached next hop, traffic)` for what was sent by each entry since the last time.
  template <class F>
  void settle(F&& f) {
    for (Entry& entry : entries_) settle(entry, f);
  }

 private:
  struct Entry {
    Nid to;
    Cached<NextHop> hop;
    Traffic sent;  // not settled yet
  };
  template <class F>
  static void settle(Entry& entry, F& f) {
    if (entry.sent.packets != 0) f(entry.to, std::as_const(entry.hop), std::exchange(entry.sent, {}));
  }

  Entry& place(Nid to) noexcept { return entries_[key_(to.value()) % max_nodes]; }

  HashKey key_;
  std::array<Entry, max_nodes> entries_;
  Entry* last_ = entries_.data();
};

}  // namespace ilnp
