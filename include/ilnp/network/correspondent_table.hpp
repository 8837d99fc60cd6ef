#pragma once

#include "../base/address.hpp"
#include "../base/bounded_table.hpp"
#include "../base/list.hpp"

namespace ilnp {

/// The nodes with which this node exchanges unicast traffic. They are told of a move, and their moves are believed (RFC
/// 6740, section 5.3: correspondent nodes).
class CorrespondentTable {
 public:
  static constexpr std::size_t max_correspondents = 4096;  ///< when it is full, one gives way to a new one
  static constexpr unsigned max_changes_a_second = 8;      ///< of the locators of one node

  /// When this node has sent nothing to a correspondent for this long, it expects nothing from it.
  static constexpr Duration pause = std::chrono::seconds(5);

  /// `ttl`: a node without traffic for this long is no longer a correspondent.
  explicit CorrespondentTable(Duration ttl) noexcept : ttl_(ttl) {}

  void rekey(const HashKey& key) { correspondents_.rekey(key); }

  /// There was traffic with `nid`: a packet to it (`sent`) or from it. True if it was not active before, so it may not know
  /// where this node is. `sender`: the node that put the packet on the network. Nodes to which this node has sent nothing
  /// give way when strangers fill the table.
  bool touch(Nid nid, bool sent, std::uint64_t sender, TimePoint now) {
    Correspondent& known = correspondents_.insert(nid, sender, now);
    const bool fresh = !active(known, now);
    known.expires = now + ttl_;
    if (sent) {
      if (now - known.sent_at >= pause) known.sending_since = now;
      known.sent_at = now;
    }
    last_traffic_ = now;
    return fresh;
  }

  /// True if there was traffic with `nid` within the time to live.
  bool active(Nid nid, TimePoint now) const noexcept {
    const Correspondent* known = correspondents_.find(nid);
    return known && active(*known, now);
  }

  /// True if `nid` may change its locators again within this second.
  bool admit_change(Nid nid, TimePoint now) noexcept {
    Correspondent* known = correspondents_.find(nid);
    if (!known) return false;
    if (now - known->window >= std::chrono::seconds(1)) known->window = now, known->changes = 0;
    return known->changes++ < max_changes_a_second;
  }

  /// The nodes with traffic within the time to live; those to which this node has sent something come first.
  List<Nid> all_active(TimePoint now) const {
    List<Nid> found;
    for (const bool sent : {true, false})
      correspondents_.for_each([&](Nid nid, const Correspondent& known) {
        if (active(known, now) && (known.sent_at != long_ago) == sent) found.push_back(nid);
      });
    return found;
  }

  /// The same, at most `limit` of them.
  List<Nid> most_active(std::size_t limit, TimePoint now) const {
    List<Nid> found;
    for (const bool sent : {true, false})
      correspondents_.for_each([&](Nid nid, const Correspondent& known) {
        if ((known.sent_at != long_ago) == sent && active(known, now) && found.size() < limit)
          found.push_back(nid);
      });
    return found;
  }

  /// Calls `f(nid, since)` for each node to which this node has been sending without a pause since then.
  template <class F>
  void for_each_addressed(TimePoint now, F&& f) const {
    correspondents_.for_each([&](Nid nid, const Correspondent& known) {
      if (now - known.sent_at < pause) f(nid, known.sending_since);
    });
  }

  /// `nid` has ended. It gets no more locator updates, and its own are ignored.
  void forget(Nid nid) { correspondents_.erase(nid); }

  /// When there was last traffic with any node; `long_ago` if never.
  TimePoint last_traffic() const noexcept { return last_traffic_; }
  std::size_t size() const noexcept { return correspondents_.size(); }

 private:
  struct Correspondent {
    TimePoint expires = long_ago;
    TimePoint window = long_ago;
    unsigned changes = 0;
    TimePoint sent_at = long_ago;        ///< by this node, and
    TimePoint sending_since = long_ago;  ///< without a pause since then

    TimePoint last_used() const noexcept { return sent_at; }
    bool expired(TimePoint now) const noexcept { return now >= expires; }
  };

  bool active(const Correspondent& known, TimePoint now) const noexcept { return now < known.expires; }

  Duration ttl_;
  BoundedTable<Nid, Correspondent> correspondents_{max_correspondents};
  TimePoint last_traffic_ = long_ago;
};

}  // namespace ilnp
